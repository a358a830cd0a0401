//! JSON text as Python's `json.dumps` prints it.
//!
//! Servers and scripts were written for that text, so it is the same to the byte: `", "` and `": "` between the
//! parts, ASCII with `\u` escapes, keys in their order, integers of any length, floats as Python's `repr`.

use std::borrow::Cow;

use serde_json::Value;

pub(super) use super::plain::plain;

/// Prints a value.
pub(crate) fn to_string(value: &Value) -> String {
    let mut out = Vec::with_capacity(512);
    write(&mut out, value);
    // It is ASCII.
    String::from_utf8(out).unwrap_or_default()
}

/// Prints a text, in quotes.
#[cfg(any(feature = "cli", test))]
pub(crate) fn quoted(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len() + 2);
    write_text(&mut out, text);
    String::from_utf8(out).unwrap_or_default()
}

/// Appends a printed value.
///
/// The recursion is as deep as the value; values that were parsed here are at most 127 levels deep.
pub(crate) fn write(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Number(value) => out.extend_from_slice(number(value.as_str()).as_bytes()),
        Value::String(text) => write_text(out, text),
        Value::Array(values) => {
            out.push(b'[');
            for (place, value) in values.iter().enumerate() {
                separate(out, place);
                write(out, value);
            }
            out.push(b']');
        }
        Value::Object(map) => {
            let mut object = Object::begin(out);
            map.iter().for_each(|(name, value)| write(object.name(name), value));
            object.end();
        }
    }
}

/// Appends a list of texts.
pub(crate) fn write_texts<'a>(out: &mut Vec<u8>, texts: impl Iterator<Item = &'a str>) {
    out.push(b'[');
    for (place, text) in texts.enumerate() {
        separate(out, place);
        write_text(out, text);
    }
    out.push(b']');
}

/// An object that is written an attribute at a time.
pub(crate) struct Object<'a> {
    out: &'a mut Vec<u8>,
    count: usize,
}

impl<'a> Object<'a> {
    pub(crate) fn begin(out: &'a mut Vec<u8>) -> Self {
        out.push(b'{');
        Self { out, count: 0 }
    }

    /// Appends the name of the next attribute; its value is to be appended to what this returns.
    pub(crate) fn name(&mut self, name: &str) -> &mut Vec<u8> {
        separate(self.out, self.count);
        self.count += 1;
        write_text(self.out, name);
        self.out.extend_from_slice(b": ");
        self.out
    }

    /// Appends an attribute that is a text.
    pub(crate) fn text(&mut self, name: &str, text: &str) {
        write_text(self.name(name), text);
    }

    pub(crate) fn end(self) {
        self.out.push(b'}');
    }
}

/// Appends what stands before the next of several values; `place` is the number of those before it.
pub(crate) fn separate(out: &mut Vec<u8>, place: usize) {
    if place > 0 {
        out.extend_from_slice(b", ");
    }
}

/// Appends a printed text, in quotes.
pub(crate) fn write_text(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    let mut rest = text;
    loop {
        let (run, other) = rest.split_at(plain(rest.as_bytes()));
        out.extend_from_slice(run.as_bytes());
        let mut others = other.chars();
        let Some(c) = others.next() else { break };
        escape(out, c);
        rest = others.as_str();
    }
    out.push(b'"');
}

/// Appends a character that does not stand for itself.
pub(super) fn escape(out: &mut Vec<u8>, c: char) {
    let short = match c {
        '"' | '\\' => c as u8,
        '\u{8}' => b'b',
        '\u{c}' => b'f',
        '\n' => b'n',
        '\r' => b'r',
        '\t' => b't',
        _ => {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let digit = |shift: u32| b"0123456789abcdef"[usize::from(*unit >> shift & 0xf)];
                out.extend_from_slice(b"\\u");
                out.extend_from_slice(&[12, 8, 4, 0].map(digit));
            }
            return;
        }
    };
    out.extend_from_slice(&[b'\\', short]);
}

/// The text of a number, from the text that it was read from.
///
/// A text without fraction and exponent is an integer and stays as it is, whatever its length. Any other is a
/// float: read to the nearest double and printed with the fewest digits that give that double again.
pub(super) fn number(text: &str) -> Cow<'_, str> {
    match text {
        "-0" => "0".into(),
        _ if text.bytes().all(|b| b.is_ascii_digit() || b == b'-') => text.into(),
        // The text of a number always reads as a double; one out of range reads as infinite.
        _ => float(text.parse().unwrap_or(f64::NAN)),
    }
}

fn float(value: f64) -> Cow<'static, str> {
    if value.is_nan() {
        return "NaN".into();
    }
    if value.is_infinite() {
        return if value > 0.0 { "Infinity".into() } else { "-Infinity".into() };
    }
    // Two shortest texts may be equally near, such as ….2 and ….3 for ….25: Python takes the one with the even last
    // digit, as formatting to a fixed number of digits does, while Rust's shortest text has the larger one.
    let nearest =
        |text: String, shortest: String| if text.parse() == Ok(value) { text } else { shortest };
    let shortest = format!("{value:e}");
    let (mantissa, exponent) = shortest.split_once('e').unwrap_or((&shortest, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let digits = mantissa.bytes().filter(u8::is_ascii_digit).count();
    // Python's `repr` changes to an exponent below 1e-4 and from 1e16 on, and writes it with at least two digits.
    if (-4..16).contains(&exponent) {
        let decimals = (digits as i32 - 1 - exponent).max(1) as usize;
        nearest(format!("{value:.decimals$}"), format!("{value:?}")).into()
    } else {
        let text = nearest(format!("{value:.*e}", digits - 1), shortest.clone());
        let mantissa = text.split('e').next().unwrap_or(&text);
        let sign = if exponent < 0 { '-' } else { '+' };
        format!("{mantissa}e{sign}{:02}", exponent.abs()).into()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Texts, and the results of `json.dumps(json.loads(text))` in Python 3.11.
    pub(in crate::signing) const CASES: &[(&str, &str)] = &[
        ("{}", "{}"),
        ("[]", "[]"),
        (r#"{"b":[1,true,null,{}],"a":""}"#, r#"{"b": [1, true, null, {}], "a": ""}"#),
        (r#"{"a":1,"b":2,"a":3}"#, r#"{"a": 3, "b": 2}"#),
        (r#""\"\\\/\b\f\n\r\t""#, r#""\"\\/\b\f\n\r\t""#),
        ("\"\u{7f}\"", r#""\u007f""#),
        ("\"</é\u{2028}😀\u{ffff}\"", r#""</\u00e9\u2028\ud83d\ude00\uffff""#),
        (r#""\u0000\u001f\ud83d\ude00\u0041""#, r#""\u0000\u001f\ud83d\ude00A""#),
        ("0", "0"),
        ("-0", "0"),
        ("-0.0", "-0.0"),
        ("0e5", "0.0"),
        ("-1", "-1"),
        ("123456789012345678901234567890", "123456789012345678901234567890"),
        ("1.0", "1.0"),
        ("1E5", "100000.0"),
        ("1.0E+2", "100.0"),
        ("1e15", "1000000000000000.0"),
        ("9999999999999998.0", "9999999999999998.0"),
        ("1e16", "1e+16"),
        ("12345678901234567890.0", "1.2345678901234567e+19"),
        ("1e22", "1e+22"),
        ("1.5e300", "1.5e+300"),
        ("0.0001", "0.0001"),
        ("0.00001", "1e-05"),
        ("0.000012345", "1.2345e-05"),
        ("1e-7", "1e-07"),
        ("1e-100", "1e-100"),
        ("5e-324", "5e-324"),
        ("1e-999", "0.0"),
        ("-1e-999", "-0.0"),
        ("0.1", "0.1"),
        ("0.30000000000000004", "0.30000000000000004"),
        // Half-way between two shortest texts, and a power of two, where the neighbours are not equally far.
        ("1885719426977139.25", "1885719426977139.2"),
        ("1125899906842624.25", "1125899906842624.2"),
        ("5.684341886080801486968994140625e-14", "5.684341886080802e-14"),
        ("5.684341886080801e-14", "5.684341886080801e-14"),
        ("1.7976931348623157e308", "1.7976931348623157e+308"),
        ("1e999", "Infinity"),
        ("-1e999", "-Infinity"),
    ];

    #[test]
    fn prints_as_python_does() {
        for (text, expected) in CASES {
            let value: Value = serde_json::from_str(text).unwrap();
            assert_eq!(to_string(&value), *expected, "{text}");
        }
    }

    #[test]
    fn numbers_made_here_print_as_python_does() {
        let value = serde_json::json!([1, -7, u64::MAX, 2.5, 1e16, 60.0, 1e-5]);
        let expected = "[1, -7, 18446744073709551615, 2.5, 1e+16, 60.0, 1e-05]";
        assert_eq!(to_string(&value), expected);
    }

    #[test]
    fn every_character_is_escaped_at_every_place_of_a_run() {
        for c in (0..=0x1ff).chain(0xffff..=0x10000).filter_map(char::from_u32) {
            for place in (0..70).step_by(if c < '\u{80}' { 1 } else { 23 }) {
                let text = format!("{}{c}{}", "a".repeat(place), "z".repeat(40));
                let printed = quoted(&text);
                assert!(printed.bytes().all(|byte| matches!(byte, b' '..=b'~')), "{printed}");
                assert_eq!(serde_json::from_str::<String>(&printed).unwrap(), text);
                let is_plain = matches!(c, ' '..='~') && !"\"\\".contains(c);
                assert_eq!(printed.len() == text.len() + 2, is_plain, "{printed}");
            }
        }
    }
}
