//! Files that are no lists, known by their first bytes.

/// How many bytes are needed to know one.
pub(super) const LONGEST: u64 = 8;

/// What some programs put before UTF-8 text.
pub(super) const UTF_8_MARK: &[u8] = b"\xef\xbb\xbf";

/// The first bytes of compressed files, with the program that decompresses them.
const COMPRESSED: [(&[u8], &str); 5] = [
    (b"\x1f\x8b", "gzip"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"\xfd7zXZ", "xz"),
    (b"BZh", "bzip2"),
    (b"PK\x03\x04", "zip"),
];

/// What a file is that begins with these bytes, if it is no text in UTF-8, and what to do.
pub(super) fn problem(head: &[u8]) -> Option<String> {
    // Text in UTF-16 has a NUL in every other byte.
    let is_utf_16 = head.starts_with(b"\xff\xfe")
        || head.starts_with(b"\xfe\xff")
        || matches!(head, [0, a, 0, b, ..] | [a, 0, b, 0, ..] if *a > 0 && *b > 0);
    if is_utf_16 {
        return Some("is UTF-16 text; convert it to UTF-8 (iconv -f UTF-16 -t UTF-8)".into());
    }
    compressed(head)
}

/// The same, if it is compressed.
pub(super) fn compressed(head: &[u8]) -> Option<String> {
    let (_, by) = COMPRESSED.iter().find(|(magic, _)| head.starts_with(magic))?;
    Some(format!("is compressed ({by}); decompress it first"))
}
