//! Tables of values.

use super::*;

fn string(text: &str) -> Node {
    Node::Text(text.into())
}

#[test]
fn takes_counts_as_pubtools_sign() {
    for (node, expected) in [
        (Node::Int(2), Some(2)),
        (Node::Float(2.5), Some(2)),
        (string("2"), Some(2)),
        (string(" +2 "), Some(2)),
        (string("1_0"), Some(10)),
        (Node::Int(1), Some(1)),
        (Node::Int(u32::MAX.into()), Some(u32::MAX)),
        (Node::Int(0), None),
        (Node::Int(-1), None),
        (Node::Float(0.9), None),
        (Node::Float(f64::INFINITY), None),
        (Node::Float(1e30), None),
        (Node::Int(1 << 32), None),
        (string("2.5"), None),
        (string("1e2"), None),
        (string("0x10"), None),
        (string("1:30"), None),
        (string("010"), None),
        (string("_1"), None),
        (string(""), None),
        (string(&"9".repeat(60)), None),
        (Node::Bool(true), None),
        (Node::Null, None),
    ] {
        assert_eq!(count(&node, "a count").ok(), expected, "{node:?}");
    }
    assert!(count(&string("010"), "a count").unwrap_err().contains("\"10\""));
}

#[test]
fn takes_strings_only_as_strings() {
    assert_eq!(text(&string("12345678"), "a name").as_deref(), Ok("12345678"));
    for (node, expected) in [
        (
            Node::Int(12_345_678),
            "expected a name, found the number 12345678; quote it: \"12345678\"",
        ),
        (Node::Float(1.5), "a number; quote it"),
        (Node::Bool(true), "quote it: \"true\""),
        (Node::Null, "expected a name, found nothing"),
        (Node::List(vec![]), "expected a name, found a list"),
    ] {
        let problem = text(&node, "a name").unwrap_err();
        assert!(problem.contains(expected), "{problem}");
    }
}

#[test]
fn a_number_is_shown_as_it_was_written() {
    let decimal = |number, text: &str| Node::Decimal(number, text.into());
    for (problem, expected) in [
        (count(&decimal(0.5, ".5"), "a count").map(drop), "found .5"),
        (count(&Node::Written(0, "0x0".into()), "a count").map(drop), "found 0x0"),
        (
            count(&Node::Written(1 << 40, "0x10000000000".into()), "a count").map(drop),
            "0x10000000000 is too",
        ),
        (
            seconds(&Node::Int(99_999_999_999_999_999_999), "s").map(drop),
            "99999999999999999999 s is too",
        ),
        (count(&string("00"), "a count").map(drop), "write it without (\"0\")"),
    ] {
        let problem = problem.unwrap_err();
        assert!(problem.contains(expected), "{problem}");
    }
}

#[test]
fn names_hold_nothing_that_nobody_sees() {
    assert_eq!(name(&string("request id"), "a name").as_deref(), Ok("request id"));
    for (text, expected) in [
        ("request_id\n", "\"request_id\\n\" holds '\\n'; remove it"),
        (" request_id", "\" request_id\" begins or ends with a blank; remove it"),
        (" ", "begins or ends with a blank"),
        ("", "the value is empty"),
    ] {
        let problem = name(&string(text), "a name").unwrap_err();
        assert!(problem.contains(expected), "{problem}");
    }
}

#[test]
fn takes_seconds() {
    for (node, zero, expected) in [
        (Node::Int(10), false, Some(10.0)),
        (Node::Float(0.25), false, Some(0.25)),
        (string("1.5"), false, Some(1.5)),
        (Node::Int(0), true, Some(0.0)),
        (Node::Int(0), false, None),
        (Node::Int(-1), true, None),
        (Node::Float(f64::NAN), true, None),
        (Node::Float(f64::INFINITY), true, None),
        (Node::Int(1 << 40), true, None),
        (Node::Float(1e-12), false, None),
        (string("inf"), true, None),
        (string("1e3"), true, None),
        (string("1_000"), true, Some(1000.0)),
        (string("010"), true, None),
        (string("00"), true, None),
        (string("0.5"), true, Some(0.5)),
        (string("10 s"), true, None),
        (Node::Null, true, None),
    ] {
        let expected = expected.map(Duration::from_secs_f64);
        let read = if zero { seconds_or_zero } else { seconds };
        assert_eq!(read(&node, "seconds").ok(), expected, "{node:?}");
    }
}

#[test]
fn takes_sizes() {
    for (node, expected) in [
        (Node::Int(1), Some(1)),
        (string("1048576"), Some(1 << 20)),
        (string("1_048_576"), Some(1 << 20)),
        (string("010"), None),
        (string("_1"), None),
        (string("64 MiB"), Some(64 << 20)),
        (string("512KiB"), Some(512 << 10)),
        (string(" 1 gib "), Some(1 << 30)),
        (string("7 B"), Some(7)),
        (Node::Int(0), None),
        (string("0 MiB"), None),
        (Node::Int(-5), None),
        (Node::Float(1.5), None),
        (string("1.5 MiB"), None),
        (string("64 MB"), None),
        (string("MiB"), None),
        (string("99999999999999999999"), None),
        (string("99999999999 GiB"), None),
        (Node::Null, None),
    ] {
        assert_eq!(size(&node, "a size").ok(), expected, "{node:?}");
    }
}

#[test]
fn takes_booleans_and_choices() {
    for (node, expected) in [
        (Node::Bool(false), Some(false)),
        (string("yes"), Some(true)),
        (string("OFF"), Some(false)),
        (string("1"), None),
        (Node::Int(1), None),
    ] {
        assert_eq!(boolean(&node, "yes or no").ok(), expected, "{node:?}");
    }
    let words = ["full", "none"];
    assert_eq!(word(&string(" NONE"), &words, "a word"), Ok(1));
    for (node, found) in [(string("some"), "\"some\""), (Node::Bool(false), "false")] {
        let problem = word(&node, &words, "a word").unwrap_err();
        assert_eq!(problem, format!("expected a word, found {found}"));
    }
}
