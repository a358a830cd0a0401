//! JSON text as Python's `json.dumps` prints it.
//!
//! Servers and scripts were written for that text, so it is the same to the byte: `", "` and `": "` between the
//! parts, ASCII with `\u` escapes, keys in their order, integers of any length, floats as Python's `repr`.

use std::{
    borrow::Cow,
    io::{self, Write},
};

use serde::Serialize;
use serde_json::{Serializer, ser::Formatter};

/// Prints a value.
///
/// The recursion is as deep as the value; values that were parsed here are at most 127 levels deep.
pub(crate) fn to_string(value: &(impl Serialize + ?Sized)) -> String {
    let mut text = Vec::with_capacity(512);
    // Writing to memory cannot fail, and all keys are strings.
    let printed = value.serialize(&mut Serializer::with_formatter(&mut text, Python));
    debug_assert!(printed.is_ok(), "{printed:?}");
    String::from_utf8(text).unwrap_or_default()
}

/// The differences between Python's text and serde_json's.
struct Python;

impl Formatter for Python {
    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { out.write_all(b", ") }
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { out.write_all(b", ") }
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(b": ")
    }

    /// Escapes what serde_json leaves as it is and Python does not: everything beyond ASCII, and DEL.
    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        out: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        // In one pass without branches, since a signature of some megabytes is one fragment: with 1 added, only DEL and
        // the bytes of UTF-8 beyond ASCII have their highest bit set.
        if fragment.bytes().fold(0, |bits, byte| bits | byte.wrapping_add(1)) < 0x80 {
            return out.write_all(fragment.as_bytes());
        }
        let mut kept = 0;
        for (at, c) in fragment.char_indices().filter(|(_, c)| !matches!(c, '\0'..='~')) {
            out.write_all(&fragment.as_bytes()[kept..at])?;
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04x}")?;
            }
            kept = at + c.len_utf8();
        }
        out.write_all(&fragment.as_bytes()[kept..])
    }

    fn write_f64<W: ?Sized + Write>(&mut self, out: &mut W, value: f64) -> io::Result<()> {
        out.write_all(float(value).as_bytes())
    }

    fn write_number_str<W: ?Sized + Write>(&mut self, out: &mut W, text: &str) -> io::Result<()> {
        out.write_all(number(text).as_bytes())
    }
}

/// The text of a number, from the text that it was read from.
///
/// A text without fraction and exponent is an integer and stays as it is, whatever its length. Any other is a
/// float: read to the nearest double and printed with the fewest digits that give that double again.
fn number(text: &str) -> Cow<'_, str> {
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
mod tests {
    use super::*;
    use crate::signing::pyread;

    /// Texts, and the results of `json.dumps(json.loads(text))` in Python 3.11.
    const CASES: &[(&str, &str)] = &[
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
            let value = pyread::read(text.as_bytes()).unwrap_or_else(|e| panic!("{text}: {e}"));
            assert_eq!(to_string(&value), *expected, "{text}");
        }
    }

    #[test]
    fn numbers_made_here_print_as_python_does() {
        let value = serde_json::json!([1, -7, u64::MAX, 2.5, 1e16, 60.0, 1e-5]);
        let expected = "[1, -7, 18446744073709551615, 2.5, 1e+16, 60.0, 1e-05]";
        assert_eq!(to_string(&value), expected);
        assert_eq!(to_string(&(1, -7, u64::MAX, 2.5, 1e16, 60.0, 1e-5)), expected);
    }

    #[test]
    fn a_printed_text_reads_as_the_same_value() {
        for (text, _) in CASES {
            let once = to_string(&pyread::read(text.as_bytes()).unwrap());
            assert_eq!(to_string(&pyread::read(once.as_bytes()).unwrap()), once);
        }
    }
}
