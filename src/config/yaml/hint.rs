//! What to do about the parser's errors, which name only its rules.

/// Parts of errors, and their remedies.
const HINTS: [(&str, &str); 9] = [
    (
        "cannot start any token",
        "indent with blanks instead of tabs, and quote a value that begins with @, % or `",
    ),
    (
        "mapping values are not allowed",
        "check the indentation, and quote a value that holds \": \"",
    ),
    (
        "did not find expected key",
        "check the indentation, and quote a value that begins with { or [",
    ),
    (
        "did not find expected ',' or",
        "close the bracket, and quote an item that holds a bracket or a comma",
    ),
    ("could not find expected ':'", "expected \"key: value\" in each line"),
    ("without a YAML tag", "quote a value that begins with !"),
    ("unknown anchor", "quote a value that begins with *"),
    ("unknown escape character", "use single quotes, in which a backslash means itself"),
    ("more than one document", "remove the line \"---\" and what follows"),
];

/// The remedy for an error, to be put behind it.
pub(super) fn hint(problem: &str) -> String {
    let known = HINTS.iter().find(|(part, _)| problem.contains(part));
    known.map_or_else(String::new, |(_, remedy)| format!("; {remedy}"))
}
