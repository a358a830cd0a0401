//! JSON as Python reads it, within limits.
//!
//! serde_json reads the standard; Python's `json.loads` reads a little more, and a server in Python can send it. The
//! differences:
//!
//! | text | Python | here |
//! |---|---|---|
//! | `Infinity`, `-Infinity` | read, printed as such | the same |
//! | `NaN` | read, printed as `NaN` | `null`: serde_json has no such number, and the output stays standard JSON |
//! | half a surrogate pair (`"\ud800"`) | read, printed as such | U+FFFD: no Rust text can hold it |
//! | a byte order mark at the start | refused | ignored |
//! | 128 levels and deeper | up to about 1,000 | refused |
//! | a million values and more | read | refused: each costs up to a hundred bytes of memory |

use std::borrow::Cow;

use serde_json::Value;

/// More commas than this are refused, in texts or between values; the replies of signing servers have far fewer.
const MAX_COMMAS: usize = 1_000_000;

/// Reads one JSON text.
///
/// # Errors
///
/// The reason in one clause, for the log: not UTF-8, not JSON (with the position), too deep or too many values.
pub(crate) fn read(bytes: &[u8]) -> Result<Value, String> {
    let text = std::str::from_utf8(bytes)
        .map_err(|e| format!("it is not UTF-8 from byte {} on", e.valid_up_to()))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.bytes().filter(|b| *b == b',').count() > MAX_COMMAS {
        return Err("it holds more than a million values".to_owned());
    }
    serde_json::from_str(text).or_else(|error| match to_standard(text) {
        Cow::Owned(standard) => serde_json::from_str(&standard).map_err(|e| reason(&e)),
        Cow::Borrowed(_) => Err(reason(&error)),
    })
}

/// Reads the first element of a list printed by [`super::pyjson`], an object, and leaves the rest unread.
pub(crate) fn read_first(list: &str) -> Option<Value> {
    let text = list.strip_prefix('[')?;
    let first = |text: &str| serde_json::Deserializer::from_str(text).into_iter().next()?.ok();
    first(text).or_else(|| match to_standard(text) {
        Cow::Owned(standard) => first(&standard),
        Cow::Borrowed(_) => None,
    })
}

/// What follows the first element of a list printed by [`super::pyjson`], an object.
#[cfg(feature = "cli")]
pub(crate) fn after_first(list: &str) -> &str {
    let (mut depth, mut quoted, mut escaped) = (0, false, false);
    for (at, byte) in list.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = quoted,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth -= 1;
                if depth == 0 {
                    return &list[at + 1..];
                }
            }
            _ => {}
        }
    }
    ""
}

fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    // Only the text distinguishes this error of serde_json.
    if text.starts_with("recursion limit") {
        "its JSON is nested 128 levels deep or deeper".to_owned()
    } else {
        format!("it is not JSON: {text}")
    }
}

/// Rewrites what only Python reads into standard JSON; borrowed if there is nothing of that kind.
///
/// serde_json has refused the text, so it may be anything: a text that is wrong for another reason stays wrong.
fn to_standard(text: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let (mut kept, mut at, mut quoted) = (0, 0, false);
    let bytes = text.as_bytes();
    while at < bytes.len() {
        let rest = &bytes[at..];
        let (length, replacement) = match bytes[at] {
            b'"' => {
                quoted = !quoted;
                (1, None)
            }
            b'\\' if quoted => {
                match (surrogate(rest), surrogate(rest.get(6..).unwrap_or_default())) {
                    (None, _) => (2, None),
                    (Some(0xd800..0xdc00), Some(0xdc00..)) => (12, None),
                    (Some(_), _) => (6, Some("\\ufffd")),
                }
            }
            b'N' if !quoted && rest.starts_with(b"NaN") => (3, Some("null")),
            // Not within a number: `1Infinity` must stay wrong.
            b'I' if !quoted && rest.starts_with(b"Infinity") && starts_value(&bytes[..at]) => {
                (8, Some("1e999"))
            }
            _ => (1, None),
        };
        if let Some(replacement) = replacement {
            out.push_str(&text[kept..at]);
            out.push_str(replacement);
            kept = at + length;
        }
        at += length;
    }
    if kept == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[kept..]);
    Cow::Owned(out)
}

/// The half of a surrogate pair that an escape at the start of `bytes` stands for.
fn surrogate(bytes: &[u8]) -> Option<u16> {
    let digits = bytes.strip_prefix(b"\\u")?.get(..4)?;
    if !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let unit = u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    (0xd800..0xe000).contains(&unit).then_some(unit)
}

fn starts_value(before: &[u8]) -> bool {
    let before = before.strip_suffix(b"-").unwrap_or(before);
    !before.last().is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'+' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signing::pyjson;

    fn printed(text: &str) -> Result<String, String> {
        read(text.as_bytes()).map(|value| pyjson::to_string(&value))
    }

    #[test]
    fn reads_what_python_reads() {
        for (text, expected) in [
            ("[NaN, Infinity,-Infinity]", "[null, Infinity, -Infinity]"),
            (r#"{"NaN":"Infinity \"NaN\"","b":NaN}"#, r#"{"NaN": "Infinity \"NaN\"", "b": null}"#),
            (r#"["\ud800","\udc00\ud800x"]"#, r#"["\ufffd", "\ufffd\ufffdx"]"#),
            (r#"["\uD83D\uDE00\ud83d", "\\ud800"]"#, r#"["\ud83d\ude00\ufffd", "\\ud800"]"#),
            ("\u{feff}{}", "{}"),
            (" \n{} \r\t", "{}"),
        ] {
            assert_eq!(printed(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn errors_name_the_problem() {
        for (text, reason) in [
            ("{\"a\": }", "it is not JSON: expected value at line 1 column 7"),
            ("", "it is not JSON: EOF while parsing a value at line 1 column 0"),
            ("{} {}", "it is not JSON: trailing characters at line 1 column 4"),
        ] {
            assert_eq!(printed(text), Err(reason.to_owned()), "{text}");
        }
        for text in [
            "1Infinity",
            "1.Infinity",
            "1e-Infinity",
            "--Infinity",
            "-NaN",
            "xNaN",
            "\"\\ud800",
            "\"\\ud80\"",
            "\"\\",
        ] {
            assert!(printed(text).unwrap_err().starts_with("it is not JSON: "), "{text}");
        }
        assert_eq!(read(b"\"\xff\"").unwrap_err(), "it is not UTF-8 from byte 1 on");
    }

    #[test]
    fn depth_and_number_of_values_are_limited() {
        let nested = |depth| "[".repeat(depth) + &"]".repeat(depth);
        assert!(printed(&nested(127)).is_ok());
        for depth in [128, 200, 1_000_000] {
            assert_eq!(
                printed(&nested(depth)).unwrap_err(),
                "its JSON is nested 128 levels deep or deeper"
            );
        }
        assert!(
            printed(&format!("[{}0]", "0,".repeat(MAX_COMMAS + 1)))
                .unwrap_err()
                .contains("million")
        );
    }

    #[test]
    fn only_the_first_of_a_list_is_read() {
        let deep = format!("[{{\"a\": {}{}}}, null]", "[".repeat(126), "]".repeat(126));
        assert!(read_first(&deep).is_some());
        assert_eq!(
            read_first("[{\"a\": Infinity}, {}]").map(|v| pyjson::to_string(&v)).unwrap(),
            "{\"a\": Infinity}"
        );
        assert_eq!(read_first("nothing"), None);
    }

    #[cfg(feature = "cli")]
    #[test]
    fn the_rest_of_a_list_follows_its_first_element() {
        for (first, rest) in
            [("{}", ", null]"), (r#"{"a]}": ["}", {"\\\"]": Infinity}]}"#, r#", {"a": "]"}]"#)]
        {
            assert_eq!(after_first(&format!("[{first}{rest}")), rest);
        }
        assert_eq!(after_first(""), "");
    }
}
