//! Files that hold the right thing in another form.

use super::{
    binary,
    command::{DECODE, Fix, Purpose},
};
use crate::transport::der;

/// JSON within JSON has two backslashes; its names and punctuation are around the PEM.
const UNESCAPE: &str = r"sed -e 's/\\\\*r//g' -e 's/\\\\*n/\n/g' {in} | sed -e 's/^[^-]*-----BEGIN/-----BEGIN/' > {out}";
const UNQUOTE: &str = "sed -e 's/%0[dD]//g' -e 's/%0[aA]/\\n/g' -e 's/%20/ /g' -e 's/%2[bB]/+/g' -e 's/%2[fF]/\\//g' -e 's/%3[dD]/=/g' {in} > {out}";

/// Says what a file is, if that is something else than PEM.
pub(super) fn find(bytes: &[u8], purpose: Purpose) -> Option<Fix> {
    if bytes.trim_ascii().is_empty() {
        return Some(Fix::by_hand("is empty"));
    }
    if let Some(encoding) = wide(bytes) {
        let command = format!("iconv -f {encoding} -t UTF-8 {{in}} > {{out}}");
        return Some(Fix::by_command(format!("is in {encoding}; expected ASCII"), command));
    }
    let begins_with = |magic: &[u8]| bytes.starts_with(magic);
    if begins_with(&[0xfe, 0xed, 0xfe, 0xed]) || begins_with(&[0xce, 0xce, 0xce, 0xce]) {
        return Some(binary::java_store(purpose));
    }
    if begins_with(&[der::SEQUENCE]) && der::first(bytes).is_some() {
        return Some(binary::describe(bytes, purpose));
    }
    let has = |part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
    if has(br"-----\n") || has(br"\n-----") {
        return Some(Fix::by_command(r"has \n in place of line breaks", UNESCAPE));
    }
    if has(b"-----BEGIN ") {
        return None;
    }
    if bytes.contains(&0) {
        return Some(Fix::by_hand("is binary data; expected a PEM file"));
    }
    if begins_with(b"PuTTY-User-Key-File") {
        return Some(Fix::by_hand("is a PuTTY key; expected a PEM file"));
    }
    if begins_with(b"ssh-") || begins_with(b"ecdsa-sha2-") {
        return Some(Fix::by_hand("is an SSH public key; expected a PEM file"));
    }
    if bytes.trim_ascii().starts_with(b"<") {
        return Some(Fix::by_hand("is HTML or XML; expected a PEM file"));
    }
    if has(b"-----BEGIN%20") {
        return Some(Fix::by_command("is percent-encoded; expected the PEM itself", UNQUOTE));
    }
    if bytes.trim_ascii().starts_with(b"{") {
        return Some(Fix::by_hand("is JSON; expected a PEM file"));
    }
    let inside = base64(bytes)?;
    let is_text = inside.starts_with(b"-----BEGIN ");
    match find(&inside, purpose) {
        // Data that only looks like base64.
        Some(_) if !is_text && inside[0] != der::SEQUENCE && base64(&inside).is_none() => None,
        Some(fix) => Some(fix.after_base64()),
        None => is_text.then(|| {
            let command = format!("{DECODE} > {{out}}");
            Fix::by_command("is PEM in base64; expected the PEM itself", command)
        }),
    }
}

/// An encoding with more than one byte a character.
fn wide(bytes: &[u8]) -> Option<&'static str> {
    Some(match *bytes {
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => "UTF-32",
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => "UTF-16",
        [1..=0xff, 0, 0, 0, ..] => "UTF-32LE",
        [0, 0, 0, 1..=0xff, ..] => "UTF-32BE",
        [1..=0xff, 0, 1..=0xff, 0, ..] => "UTF-16LE",
        [0, 1..=0xff, 0, 1..=0xff, ..] => "UTF-16BE",
        _ => return None,
    })
}

/// What a text of at least a line is in base64.
fn base64(bytes: &[u8]) -> Option<zeroize::Zeroizing<Vec<u8>>> {
    let mut text = zeroize::Zeroizing::new(String::with_capacity(bytes.len()));
    for &byte in bytes.trim_ascii() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' | b'=' => text.push(byte.into()),
            b'\n' | b'\r' | b' ' | b'\t' => {}
            _ => return None,
        }
    }
    let is_whole = text.len() >= 64 && text.len().is_multiple_of(4);
    is_whole.then(|| openssl::base64::decode_block(&text).ok().map(zeroize::Zeroizing::new))?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(bytes: &[u8]) -> Option<String> {
        find(bytes, Purpose::Authorities).map(|fix| fix.problem)
    }

    #[test]
    fn what_is_no_pem_is_named() {
        let utf16 = |text: &str, little: bool| -> Vec<u8> {
            let bytes = |unit: u16| if little { unit.to_le_bytes() } else { unit.to_be_bytes() };
            text.encode_utf16().flat_map(bytes).collect()
        };
        let encoded =
            openssl::base64::encode_block(&b"-----BEGIN X-----\nMIIB\n-----END X-----\n".repeat(3));
        for (bytes, expected) in [
            (b"".to_vec(), "is empty"),
            (b" \r\n".to_vec(), "is empty"),
            (utf16("\u{feff}-----BEGIN X-----", true), "is in UTF-16;"),
            (utf16("\u{feff}-----BEGIN X-----", false), "is in UTF-16;"),
            (utf16("-----BEGIN X-----", true), "is in UTF-16LE;"),
            (utf16("-----BEGIN X-----", false), "is in UTF-16BE;"),
            (b"\xfe\xed\xfe\xed\0\0\0\x02".to_vec(), "Java key store"),
            (b"SQLite format 3\0".to_vec(), "binary data"),
            (br"-----BEGIN X-----\nMIIB\n-----END X-----\n".to_vec(), r"has \n in place"),
            (b"PuTTY-User-Key-File-3: ssh-ed25519".to_vec(), "PuTTY"),
            (b"ssh-rsa AAAAB3 me@home".to_vec(), "SSH public key"),
            (b"\n<!DOCTYPE html>".to_vec(), "HTML"),
            (encoded.into_bytes(), "is PEM in base64"),
            (b"\x30\x03\x02\x01\x01".to_vec(), "is binary data"),
        ] {
            let found = problem(&bytes).unwrap_or_default();
            assert!(found.contains(expected), "{bytes:x?}: {found:?}");
        }
    }

    #[test]
    fn pem_and_text_are_left_alone() {
        let padded = "-----BEGIN X-----\nMIIB\n-----END X-----\n\0\0\0";
        for text in
            ["-----BEGIN X-----\nMIIB\n-----END X-----\n", padded, "hello", "MIIB", &"A".repeat(68)]
        {
            assert_eq!(problem(text.as_bytes()), None, "{text:?}");
        }
    }
}
