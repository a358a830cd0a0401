//! Tables of YAML files.

use super::*;

fn section(text: &str) -> Node {
    read(text, "s").unwrap().found.remove(0)
}

#[test]
fn looks_only_into_its_section() {
    let document = read("\u{feff}a: {b: 1, b: 2, c: !tag 5}\n7: x\ns: {k: v}\nz:\n", "s").unwrap();
    assert_eq!(document.names, ["a", "s", "z"]);
    assert_eq!(document.found, [Node::Map(vec![(Node::Text("k".into()), Node::Text("v".into()))])]);
    assert_eq!(read("s: 1\ns: 2\n", "s").unwrap().found.len(), 2);
    assert!(read("a: 1", "s").unwrap().found.is_empty());
}

#[test]
fn refuses_other_files() {
    for (text, expected) in [
        ("s:\n\ta: 1", "; indent with blanks instead of tabs"),
        ("s:\n  a: @b", "quote a value that begins with @"),
        ("s:\n  a: b: c", "quote a value that holds \": \""),
        ("s:\n  a: {b}.c", "quote a value that begins with {"),
        ("s:\n  a: [${b}]", "quote an item that holds a bracket"),
        ("s:\n  a: !b c", "quote a value that begins with !"),
        ("s:\n  a: *b", "quote a value that begins with *"),
        ("s:\n  a: \"\\h\"", "use single quotes"),
        ("s: {}\n---\nt: {}", "remove the line \"---\""),
        ("", "empty"),
        ("# only\n\n", "empty"),
        ("---\n", "not a YAML file"),
        ("[]", "not a YAML file"),
        ("s: [", "not a YAML file"),
        ("s: {a: !tag 5}", "without a YAML tag"),
        ("s: {}\n---\ns: {}", "not a YAML file"),
        ("\ta: 1", "not a YAML file"),
        ("s: {a: *b}", "not a YAML file"),
    ] {
        let problem = read(text, "s").err().unwrap_or_else(|| panic!("{text} was accepted"));
        assert!(problem.contains(expected), "{text}: {problem}");
    }
    assert!(!read("-----BEGIN SECRET-----", "s").err().unwrap().contains("SECRET"));
}

#[test]
fn keeps_what_only_looks_like_a_float() {
    let node = section("s: {a: 1234567e1, b: [12e45678, 2.5, 1], 1e2: {c: 1e5}}");
    let text = |text: &str| Node::Text(text.into());
    let list = Node::List(vec![text("12e45678"), Node::Decimal(2.5, "2.5".into()), Node::Int(1)]);
    let inner = Node::Map(vec![(text("c"), text("1e5"))]);
    assert_eq!(
        node,
        Node::Map(vec![(text("a"), text("1234567e1")), (text("b"), list), (text("1e2"), inner)])
    );
}

#[test]
fn keeps_how_a_whole_number_was_written() {
    let node = section("s: {a: 0x1F, b: [0o17, +5, 5, -0b11], 0x2: {c: 1.5}}");
    let text = |text: &str| Node::Text(text.into());
    let written = |number, text: &str| Node::Written(number, text.into());
    let list =
        Node::List(vec![written(15, "0o17"), written(5, "+5"), Node::Int(5), written(-3, "-0b11")]);
    let inner = Node::Map(vec![(text("c"), Node::Decimal(1.5, "1.5".into()))]);
    assert_eq!(
        node,
        Node::Map(vec![
            (text("a"), written(31, "0x1F")),
            (text("b"), list),
            (written(2, "0x2"), inner)
        ])
    );
}

#[test]
fn lists_entries_with_merge_keys() {
    let node = section("base: &b {x: 1, y: 2}\ns: {<<: *b, x: 3, z: 4}");
    let entries = node.entries().unwrap();
    let shown: Vec<_> =
        entries.iter().map(|(key, value)| (key.as_ref(), (*value).clone())).collect();
    assert_eq!(shown, [("x", Node::Int(3)), ("z", Node::Int(4)), ("y", Node::Int(2))]);
    for (text, expected) in [
        ("s: {a: 1, a: 2}", "duplicate key \"a\""),
        ("s: {12: a}", "quote it: \"12\""),
        ("s: {[]: a}", "expected a string as key, found a list"),
        ("s: {<<: 5}", "mapping"),
        ("s: [a]", "found a list"),
        ("s:", "found nothing"),
    ] {
        let problem = section(text).entries().unwrap_err();
        assert!(problem.contains(expected), "{text}: {problem}");
    }
}
