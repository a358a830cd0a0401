//! `${NAME}` in strings and `~` in paths.

use std::path::PathBuf;

use crate::error::printable;

/// Looks up an environment variable; unset, or not UTF-8, is `None`.
pub(super) type Env<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Replaces every `${NAME}` by the variable's value, in which nothing is replaced.
///
/// A single `$` stays. Defaults (`${NAME:-x}`) do not exist, as in pubtools-sign.
pub(super) fn variables(text: &str, env: Env<'_>) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let (name, after) = after.split_once('}').ok_or("a \"${\" is not closed; write ${NAME}")?;
        if name.is_empty() || name.contains(['{', ':', '^']) {
            // What follows may be the secret itself: ${PASSWORD:-hunter2}.
            let end = name.find([':', '^']).map_or(name.len(), |end| end + 1);
            let shown = printable(&name[..end]) + if end < name.len() { "…" } else { "" };
            return Err(format!(
                "${{{shown}}} is not the name of a variable; write ${{NAME}} (there are no defaults)"
            ));
        }
        let value = env(name).ok_or_else(|| {
            let name = printable(name);
            format!("the environment variable {name} is not set (or not UTF-8); set it, or write the value itself")
        })?;
        out.push_str(before);
        out.push_str(&value);
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

/// Replaces a leading `~` by the home directory.
pub(super) fn home(path: &str, env: Env<'_>) -> Result<PathBuf, String> {
    let Some(rest) = path.strip_prefix('~') else { return Ok(path.into()) };
    let shown = printable(path);
    if !rest.is_empty() && !rest.starts_with('/') {
        return Err(format!(
            "\"{shown}\": only your own home directory (\"~\") is supported; write the path in full, or ./{shown}"
        ));
    }
    let home = env("HOME").filter(|home| !home.is_empty());
    let home = home.ok_or_else(|| {
        format!("\"{shown}\" needs HOME, which is not set; write the path in full")
    })?;
    Ok(PathBuf::from(
        home.trim_end_matches('/').to_string() + if rest.is_empty() { "/" } else { rest },
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(name: &str) -> Option<String> {
        [("A", "1"), ("EMPTY", ""), ("NEST", "${A}"), ("HOME", "/home/me")]
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| value.to_string())
    }

    #[test]
    fn expands_variables() {
        for (text, expected) in [
            ("plain", Ok("plain")),
            ("${A}", Ok("1")),
            ("x${A}y${A}", Ok("x1y1")),
            ("${EMPTY}", Ok("")),
            ("${NEST}", Ok("${A}")),
            ("$A $", Ok("$A $")),
            ("{A}", Ok("{A}")),
            ("${B}", Err("variable B is not set")),
            (
                "${A:-hunter2}",
                Err("${A:…} is not the name of a variable; write ${NAME} (there are no defaults)"),
            ),
            ("${A^hunter2}", Err("${A^…} is not")),
            ("${A${B}", Err("${A${B} is not")),
            ("${}", Err("not the name")),
            ("${A", Err("not closed")),
        ] {
            match (variables(text, &env), expected) {
                (Ok(got), Ok(expected)) => assert_eq!(got, expected),
                (Err(got), Err(expected)) => assert!(got.contains(expected), "{got}"),
                (got, _) => panic!("{text}: {got:?}"),
            }
        }
    }

    #[test]
    fn expands_the_home_directory() {
        for (path, expected) in [
            ("~/a/b", "/home/me/a/b"),
            ("~", "/home/me/"),
            ("/a/~", "/a/~"),
            ("a", "a"),
            ("./~x", "./~x"),
        ] {
            assert_eq!(home(path, &env).unwrap(), PathBuf::from(expected));
        }
        assert!(home("~root/x", &env).unwrap_err().contains("in full"));
        assert!(home("~/x", &|_| None).unwrap_err().contains("HOME"));
    }
}
