//! The task that signatures are for.

use std::fmt;

use crate::error::{Argument, Error};

/// The id of the task that signatures are for.
///
/// It becomes part of a queue's name, in which brokers interpret `*`, `>` and `#` as wildcards. So it contains none of
/// these, no blank and no control character, and is not empty.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TaskId(Box<str>);

impl TaskId {
    /// Checks a task id.
    ///
    /// # Errors
    /// [`Error::Argument`] if it is empty or holds a wildcard, a blank or a control character.
    pub fn new(id: impl Into<Box<str>>) -> Result<Self, Error> {
        let id = id.into();
        if id.is_empty() {
            return Err(Error::argument(Argument::TaskId, "is empty"));
        }
        let unfit = |c: &char| matches!(c, '*' | '>' | '#') || c.is_whitespace() || c.is_control();
        match id.chars().find(unfit) {
            Some(c) => Err(Error::argument(
                Argument::TaskId,
                format!("holds {c:?}: expected no wildcard (*, >, #), blank or control character"),
            )),
            None => Ok(Self(id)),
        }
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_without_a_special_meaning_are_accepted() {
        for id in ["1", "a-b.c_d/ü:{}"] {
            assert_eq!(TaskId::new(id).unwrap().as_str(), id);
        }
    }

    #[test]
    fn an_id_that_could_reach_other_queues_is_refused() {
        for (id, expected) in [
            ("", "task_id: is empty"),
            ("a*", "task_id: holds '*'"),
            (">", "task_id: holds '>'"),
            ("#1", "task_id: holds '#'"),
            ("a b", "task_id: holds ' '"),
            ("a\u{a0}b", "task_id: holds '\\u{a0}'"),
            ("a\u{1}", "task_id: holds '\\u{1}'"),
        ] {
            let error = TaskId::new(id).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{error}");
        }
    }
}
