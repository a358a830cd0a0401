//! Addresses, and client ids, with fields in them.

/// An address with `{field}` places, as Python's `str.format` reads it: `{{` and `}}` are braces.
///
/// Conversions, format specifications, attributes, indices and positional fields are refused:
/// an address needs none of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Field(String),
}

impl Template {
    /// Reads a template.
    ///
    /// Field names are checked when rendering, because they depend on the operation.
    ///
    /// # Errors
    /// The problem, and what is expected.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.trim().is_empty() {
            return Err("the value is empty; write one".into());
        }
        if let Some(c) = text.chars().find(|c| c.is_control()) {
            return Err(format!("holds the control character {c:?}; remove it"));
        }
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            literal.push_str(&rest[..at]);
            let (brace, after) = rest[at..].split_at(1);
            if let Some(after) = after.strip_prefix(brace) {
                literal.push_str(brace);
                rest = after;
            } else if brace == "}" {
                return Err("a \"}\" closes nothing; write \"}}\" for a brace".into());
            } else {
                let end = after
                    .find(['{', '}'])
                    .filter(|end| after[*end..].starts_with('}'))
                    .ok_or("a \"{\" is not closed; write \"{{\" for a brace")?;
                if !literal.is_empty() {
                    parts.push(Part::Text(std::mem::take(&mut literal)));
                }
                parts.push(Part::Field(field_name(&after[..end])?));
                rest = &after[end + 1..];
            }
        }
        literal.push_str(rest);
        if !literal.is_empty() {
            parts.push(Part::Text(literal));
        }
        Ok(Self { parts })
    }

    /// Whether it begins with a literal `queue://`, `topic://` or the like.
    pub(crate) fn begins_with_scheme(&self) -> bool {
        let Some(Part::Text(text)) = self.parts.first() else { return false };
        let scheme = text.split_once("://").map_or("", |(scheme, _)| scheme);
        !scheme.is_empty() && scheme.bytes().all(|b| b.is_ascii_alphabetic() || b == b'-')
    }

    /// The field that ends it, if one does.
    pub(crate) fn last_field(&self) -> Option<&str> {
        match self.parts.last() {
            Some(Part::Field(name)) => Some(name),
            _ => None,
        }
    }

    /// Puts the fields' values into their places; `field` returns the value of a name, or the
    /// reason why there is none.
    ///
    /// # Errors
    /// The first reason that `field` gives.
    pub(crate) fn render<E>(&self, field: impl Fn(&str) -> Result<String, E>) -> Result<String, E> {
        self.parts
            .iter()
            .map(|part| match part {
                Part::Text(text) => Ok(text.clone()),
                Part::Field(name) => field(name),
            })
            .collect()
    }
}

/// Checks the text between braces.
fn field_name(name: &str) -> Result<String, String> {
    let problem = if name.is_empty() {
        "\"{}\" names no field; write {task_id}, say, or \"{{}}\" for braces"
    } else if name.contains('!') {
        "conversions (\"!\") are not supported; write only the field's name"
    } else if name.contains(':') {
        "format specifications (\":\") are not supported; write only the field's name"
    } else if name.contains(['.', '[', ']']) {
        "attributes and indices are not supported; write only the field's name"
    } else if name.bytes().all(|b| b.is_ascii_digit()) {
        "fields have names, not numbers; write {task_id}, say"
    } else if !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        "a field's name holds only letters, digits and \"_\""
    } else {
        return Ok(name.into());
    };
    Err(if name.is_empty() {
        problem.into()
    } else {
        format!("{{{}}}: {problem}", crate::error::printable(name))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn renders_as_python_does() {
        let field = |name: &str| match name {
            "a" => Ok("1".to_string()),
            "b_2" => Ok("{a}".into()),
            _ => Err(format!("no {name}")),
        };
        for (text, expected) in [
            ("queue://x", "queue://x"),
            ("x.{a}", "x.1"),
            ("{a}{b_2}{a}", "1{a}1"),
            ("{{a}}", "{a}"),
            ("{{{a}}}", "{1}"),
            ("}}{{", "}{"),
            ("a::b.>", "a::b.>"),
            ("é{a}ü", "é1ü"),
        ] {
            assert_eq!(
                Template::parse(text).unwrap().render(field).as_deref(),
                Ok(expected),
                "{text}"
            );
        }
        assert_eq!(Template::parse("{a}{c}").unwrap().render(field), Err("no c".into()));
    }

    #[test]
    fn knows_its_beginning_and_its_end() {
        for (text, scheme, last) in [
            ("queue://{a}", true, Some("a")),
            ("temp-queue://x.{a}.y", true, None),
            ("{a}://x", false, None),
            ("/queue/a://{b}", false, Some("b")),
            ("://{b}", false, Some("b")),
            ("x.{a}", false, Some("a")),
            ("x", false, None),
        ] {
            let template = Template::parse(text).unwrap();
            assert_eq!(template.begins_with_scheme(), scheme, "{text}");
            assert_eq!(template.last_field(), last, "{text}");
        }
    }

    #[test]
    fn refuses_what_it_does_not_support() {
        for (text, expected) in [
            ("", "empty"),
            (" ", "empty"),
            ("{}", "names no field"),
            ("{0}", "numbers"),
            ("{a!r}", "conversions"),
            ("{a:>5}", "format spec"),
            ("{a.b}", "attributes"),
            ("{a[0]}", "indices"),
            ("{ a }", "letters"),
            ("{a-b}", "letters"),
            ("{a", "not closed"),
            ("{", "not closed"),
            ("{a{b}}", "not closed"),
            ("a}", "closes nothing"),
            ("{a}}", "closes nothing"),
            ("{{a}", "closes nothing"),
            ("a\nb", "control"),
        ] {
            let problem = Template::parse(text).unwrap_err();
            assert!(problem.contains(expected), "{text}: {problem}");
        }
    }
}
