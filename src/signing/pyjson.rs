//! JSON text as Python's `json.dumps` prints it.
//!
//! Servers and scripts were written against that text, so it is kept to the byte: `", "` and `": "` between the
//! parts, ASCII with `\u` escapes, keys in their order, integers of any length, floats as Python's `repr`.

use std::fmt::Write;

use serde_json::{Map, Number, Value};

/// Prints a value.
pub(crate) fn to_string(value: &Value) -> String {
    let mut out = String::new();
    write(value, &mut out);
    out
}

/// Appends the text of a value.
///
/// The recursion is as deep as the value, and what was parsed here is at most 127 levels deep.
pub(crate) fn write(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Number(number) => write_number(number, out),
        Value::String(text) => write_text(text, out),
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push_str(", ");
                }
                write(item, out);
            }
            out.push(']');
        }
        Value::Object(map) => write_map(map, out),
    }
}

/// Appends the text of an object.
pub(crate) fn write_map(map: &Map<String, Value>, out: &mut String) {
    out.push('{');
    for (index, (key, value)) in map.iter().enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        write_text(key, out);
        out.push_str(": ");
        write(value, out);
    }
    out.push('}');
}

/// Appends a quoted text; everything but printable ASCII is escaped, DEL included.
fn write_text(text: &str, out: &mut String) {
    out.reserve(text.len() + 2);
    out.push('"');
    // Runs of plain characters are copied whole: a signature of some megabytes is one run.
    let mut rest = text;
    while let Some(at) =
        rest.bytes().position(|b| !matches!(b, b' '..=b'~') || b == b'"' || b == b'\\')
    {
        let (plain, tail) = rest.split_at(at);
        out.push_str(plain);
        let mut chars = tail.chars();
        if let Some(c) = chars.next() {
            write_escape(c, out);
        }
        rest = chars.as_str();
    }
    out.push_str(rest);
    out.push('"');
}

fn write_escape(c: char, out: &mut String) {
    match c {
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\u{c}' => out.push_str("\\f"),
        '\u{8}' => out.push_str("\\b"),
        _ => {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        }
    }
}

/// Appends a number from the text it was read from.
///
/// A text without fraction and exponent is an integer and stays as it is, whatever its length. Any other is a
/// float: read to the nearest double and printed with the fewest digits that give that double again.
fn write_number(number: &Number, out: &mut String) {
    let text = number.as_str();
    match text {
        "-0" => out.push('0'),
        _ if text.bytes().all(|b| b.is_ascii_digit() || b == b'-') => out.push_str(text),
        // The text of a number always reads as a double; one out of range reads as infinite.
        _ => write_float(text.parse().unwrap_or(f64::NAN), out),
    }
}

fn write_float(value: f64, out: &mut String) {
    if value.is_nan() {
        return out.push_str("NaN");
    }
    if value.is_infinite() {
        return out.push_str(if value > 0.0 { "Infinity" } else { "-Infinity" });
    }
    // Two shortest texts may be equally near, such as ….2 and ….3 for ….25: Python takes the one with the even last
    // digit, as formatting to a fixed number of digits does, where Rust's shortest text has the larger one.
    let nearest =
        |text: String, shortest: String| if text.parse() == Ok(value) { text } else { shortest };
    let shortest = format!("{value:e}");
    let (mantissa, exponent) = shortest.split_once('e').unwrap_or((&shortest, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let digits = mantissa.bytes().filter(u8::is_ascii_digit).count();
    // Python's `repr` changes to an exponent below 1e-4 and from 1e16 on, and writes it with two digits at least.
    if (-4..16).contains(&exponent) {
        let decimals = (digits as i32 - 1 - exponent).max(1) as usize;
        out.push_str(&nearest(format!("{value:.decimals$}"), format!("{value:?}")));
    } else {
        let text = nearest(format!("{value:.*e}", digits - 1), shortest.clone());
        let mantissa = text.split('e').next().unwrap_or(&text);
        let sign = if exponent < 0 { '-' } else { '+' };
        let _ = write!(out, "{mantissa}e{sign}{:02}", exponent.abs());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signing::pyread;

    /// Text, and what Python 3.11 makes of `json.dumps(json.loads(text))`.
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
        assert_eq!(to_string(&value), "[1, -7, 18446744073709551615, 2.5, 1e+16, 60.0, 1e-05]");
    }

    #[test]
    fn what_is_printed_reads_as_the_same_again() {
        for (text, _) in CASES {
            let once = to_string(&pyread::read(text.as_bytes()).unwrap());
            assert_eq!(to_string(&pyread::read(once.as_bytes()).unwrap()), once);
        }
    }
}
