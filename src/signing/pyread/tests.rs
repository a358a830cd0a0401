//! What is read, what is printed of it, and what is refused.

use super::{reader::MAX_VALUES, *};
use crate::signing::pyjson;

fn printed(text: &str) -> Result<String, String> {
    read(text.into()).map(|json| json.text().to_owned())
}

#[test]
fn reads_what_python_reads() {
    for (text, expected) in [
        ("[NaN, Infinity,-Infinity]", "[null, Infinity, -Infinity]"),
        (r#"{"NaN":"Infinity \"NaN\"","b":NaN}"#, r#"{"NaN": "Infinity \"NaN\"", "b": null}"#),
        (r#"["\ud800","\udc00\ud800x"]"#, r#"["\ufffd", "\ufffd\ufffdx"]"#),
        (r#"["\uD83D\uDE00\ud83d", "\\ud800"]"#, r#"["\ud83d\ude00\ufffd", "\\ud800"]"#),
        (r#""\ud83d\n""#, r#""\ufffd\n""#),
        ("\u{feff}{}", "{}"),
        (" \n{} \r\t", "{}"),
        ("{\"a\" :\n\t[ ],\"b\":{ }\r}", "{\"a\": [], \"b\": {}}"),
        (r#""\u0022\u005c\u002f\u000A\u007f""#, r#""\"\\/\n\u007f""#),
    ] {
        assert_eq!(printed(text).as_deref(), Ok(expected), "{text}");
    }
}

#[test]
fn prints_as_python_does() {
    for (text, expected) in pyjson::tests::CASES {
        assert_eq!(printed(text).as_deref(), Ok(*expected), "{text}");
        assert_eq!(printed(expected).as_deref(), Ok(*expected), "{text}");
        let inside = printed(&format!("{{\"a\":[{text}],\"b\":{text}}}")).unwrap();
        assert_eq!(inside, format!("{{\"a\": [{expected}], \"b\": {expected}}}"));
    }
}

#[test]
fn errors_name_the_problem() {
    for (text, reason) in [
        ("{\"a\": }", "expected a value at line 1 column 7"),
        ("", "expected a value at line 1 column 1"),
        ("{} {}", "expected nothing after the value at line 1 column 4"),
        ("[1,\n 2,\n x]", "expected a value at line 3 column 2"),
        ("[é\n,1,\n}", "expected a value at line 1 column 2"),
        ("{\"é\"\n:1,\n}", "expected a name in quotation marks at line 3 column 1"),
        ("[1,]", "expected a value at line 1 column 4"),
        ("[1 2]", "expected \",\" or \"]\" at line 1 column 4"),
        ("{\"a\":1", "expected \",\" or \"}\" at line 1 column 7"),
        ("{\"a\" 1}", "expected \":\" at line 1 column 6"),
        ("{1:1}", "expected a name in quotation marks at line 1 column 2"),
        ("[1}", "expected \",\" or \"]\" at line 1 column 3"),
        ("-", "expected a number at line 1 column 1"),
        ("[1.]", "expected a number at line 1 column 2"),
        ("01", "expected nothing after the value at line 1 column 2"),
        ("\"a\nb\"", "a control character in a string at line 1 column 3"),
        ("\"\\x\"", "an unknown escape in a string at line 1 column 2"),
        ("\"\\u12\"", "expected four hexadecimal digits after \"\\u\" at line 1 column 2"),
        ("\"abc", "expected the end of a string at line 1 column 5"),
        ("\"\\ud800", "expected the end of a string at line 1 column 8"),
        ("\"\\", "an unknown escape in a string at line 1 column 2"),
        ("nul", "expected a value at line 1 column 1"),
        ("1Infinity", "expected nothing after the value at line 1 column 2"),
        ("1e-Infinity", "expected a number at line 1 column 1"),
        ("--Infinity", "expected a number at line 1 column 1"),
        ("-NaN", "expected a number at line 1 column 1"),
    ] {
        assert_eq!(printed(text), Err(format!("it is not JSON: {reason}")), "{text}");
    }
    for (bytes, place) in
        [(&b"\"\xff\""[..], 1), (b"[1,2,3,\"\xc3\"]", 8), (b"[x, \"\xe2\x82\"]", 5)]
    {
        let expected = format!("it is not UTF-8 from byte {place} on");
        assert_eq!(read(bytes.into()).unwrap_err(), expected, "{bytes:?}");
    }
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
    let many = |count| format!("[{}0]", "0,".repeat(count - 2));
    assert!(printed(&many(MAX_VALUES)).is_ok());
    assert!(printed(&many(MAX_VALUES + 1)).unwrap_err().contains("million"));
    // Those of a text are no values.
    assert!(printed(&format!("\"{}\"", ",".repeat(2 * MAX_VALUES))).is_ok());
}

/// The first place and the last value count.
#[test]
fn a_name_may_come_again() {
    for (text, expected) in [
        (r#"{"a":1,"b":2,"a":3}"#, r#"{"a": 3, "b": 2}"#),
        (r#"[{"é":[{"x":1,"x":{}}],"\u00e9":Infinity}]"#, r#"[{"\u00e9": Infinity}]"#),
        (r#"{"a":{"x":1,"x":{}},"b":[]}"#, r#"{"a": {"x": {}}, "b": []}"#),
        (r#"{"":"","":{}}"#, r#"{"": {}}"#),
    ] {
        assert_eq!(printed(text).as_deref(), Ok(expected), "{text}");
    }
    // In objects of any size.
    for count in [2, 15, 16, 17, 18, 100] {
        let names = (0..count).map(|number| format!("\"{number}\": 0"));
        let names = Vec::from_iter(names).join(", ");
        assert_eq!(printed(&format!("{{{names}}}")), Ok(format!("{{{names}}}")));
        let again = format!("{{{names},\"{}\":7}}", count - 1);
        let expected = format!("{{{}7}}", names.strip_suffix('0').unwrap());
        assert_eq!(printed(&again), Ok(expected), "{count}");
    }
}

/// Where a text grows or shrinks in the memory that it came in, whatever grows or shrinks before.
#[test]
fn everything_is_as_serde_json_has_it() {
    const PIECES: [&str; 34] = [
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "\\",
        "\\u",
        "\\\"",
        "\\/",
        "\\u00e9",
        "\\u0041",
        "é",
        "€",
        "😀",
        "\\ud83d\\ude00",
        "\u{7f}",
        "a",
        "e",
        "E",
        "0",
        "-",
        "+",
        ".",
        "1e5",
        " ",
        "\n",
        "\t",
        "true",
        "null",
        "\"a\":",
        "[1,2],",
        "{\"x\":\"\"}",
    ];
    let mut state = 1_u64;
    let mut random = |below: usize| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    // Half of them are built to be JSON, and the others to be near to it.
    fn value(random: &mut dyn FnMut(usize) -> usize, depth: usize) -> String {
        let blank = ["", "", " ", "\n\t "][random(4)];
        let text = match random(if depth > 4 { 4 } else { 6 }) {
            0 => ["true", "false", "null", "0", "-0", "-1.50", "1e300", "12345678901234567890"]
                [random(8)]
            .to_owned(),
            1..4 => {
                let inner = (0..random(6)).map(|_| PIECES[9 + random(10)]);
                format!("\"{}\"", String::from_iter(inner))
            }
            4 => {
                let items = (0..random(5)).map(|_| value(random, depth + 1));
                format!("[{}]", Vec::from_iter(items).join(","))
            }
            _ => {
                let count = random(5);
                let named = |_| {
                    let name = ["a", "b", "é", "\\u00e9"][random(4)];
                    format!("\"{name}\":{}", value(random, depth + 1))
                };
                let entries = (0..count).map(named);
                format!("{{{}}}", Vec::from_iter(entries).join(","))
            }
        };
        format!("{blank}{text}{blank}")
    }
    let mut good = 0;
    for round in 0..20_000 {
        let text = if round % 2 == 0 {
            let mut text = value(&mut random, 0);
            // Some are damaged.
            if random(4) == 0 && !text.is_empty() {
                let at = (0..=random(text.len())).rev().find(|&at| text.is_char_boundary(at));
                text.insert_str(at.unwrap_or(0), PIECES[random(PIECES.len())]);
            }
            text
        } else {
            (0..random(12)).map(|_| PIECES[random(PIECES.len())]).collect()
        };
        match serde_json::from_str::<serde_json::Value>(&text) {
            Ok(value) => {
                good += 1;
                assert_eq!(printed(&text), Ok(pyjson::to_string(&value)), "{text:?}");
            }
            // Half a pair is the only thing here that it does not read.
            Err(error) if error.to_string().contains("surrogate") => {}
            Err(error) if error.to_string().contains("end of hex escape") => {}
            Err(error) => assert!(printed(&text).is_err(), "{text:?}: {error}"),
        }
    }
    assert!(good > 5_000, "{good}");
}

#[test]
fn parts_are_where_they_are_said_to_be() {
    let text = r#"{"a":"é\n","b":[1,{"c":""},[]],"d":{"":{}},"\u00e9":NaN}"#;
    let json = read(text.into()).unwrap();
    let whole = json.value();
    assert_eq!(whole.get("a").unwrap().text().unwrap(), "é\n");
    let items: Vec<_> = whole.get("b").unwrap().items().map(Value::json).collect();
    assert_eq!(items, ["1", "{\"c\": \"\"}", "[]"]);
    assert_eq!(whole.get("d").unwrap().get("").unwrap().json(), "{}");
    assert_eq!(whole.get("é").unwrap().kind(), Kind::Null);
    assert!(whole.get("c").is_none() && whole.get("a").unwrap().get("a").is_none());
    let names: Vec<_> = whole.entries().map(|(name, _)| name.json()).collect();
    assert_eq!(names, ["\"a\"", "\"b\"", "\"d\"", "\"\\u00e9\""]);
    let inner = whole.get("a").unwrap().inner();
    let list = json.into_list("null");
    assert_eq!(
        (&list[inner], &*list),
        (
            "\\u00e9\\n",
            r#"[{"a": "\u00e9\n", "b": [1, {"c": ""}, []], "d": {"": {}}, "\u00e9": null}, null]"#
        )
    );
    for c in ['\0', '\u{1f}', ' ', '"', '\\', '/', '~', '\u{7f}', 'é', '\u{ffff}', '😀'] {
        let escaped = serde_json::to_string(&c.to_string()).unwrap();
        let text = read(escaped.into()).unwrap().value().text().map(|text| text.into_owned());
        assert_eq!(text, Some(c.to_string()));
    }
}

/// A text that grows much, and one in which a name comes again at each level.
#[test]
fn nothing_is_quadratic() {
    let grows = format!("[{}\"\"]", "\"é\",".repeat(MAX_VALUES - 2));
    let expected = format!("[{}\"\"]", "\"\\u00e9\", ".repeat(MAX_VALUES - 2));
    assert!(printed(&grows).unwrap() == expected);
    let long = "x".repeat(1 << 20);
    let again =
        (0..100).fold(format!("\"{long}\""), |inner, _| format!("{{\"a\":0,\"a\":{inner}}}"));
    assert_eq!(printed(&again).unwrap().len(), long.len() + 2 + 100 * "{\"a\": }".len());
}
