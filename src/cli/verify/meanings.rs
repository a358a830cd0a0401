//! What the options mean to `verify`, if that differs from what they mean to the commands that sign.

/// Options, and their meanings as `--help` has them.
pub(in crate::cli) const MEANINGS: [(&str, &str); 9] = [
    ("--signing-key", "id or alias of a key that should have signed; repeatable"),
    ("--signing-key-name", "name of a key, as the run had it; repeatable"),
    ("--blob-file", "file that was signed, or - for standard input; repeatable"),
    (
        "--from",
        "list of what was signed, or - for standard input, in the forms that the command that signed reads",
    ),
    ("--signer-type", "that of the run: single (the default) or batch"),
    ("--raw", "the results are values in base64, one a line, as --raw prints them"),
    (
        "--format",
        "form of the results: json, ndjson or raw; json and ndjson need not be given; summary has no signatures",
    ),
    ("--output", "file with the results, instead of standard input; it is only read"),
    ("--output-dir", "folder with the signatures, which are read if --output is not given"),
];
