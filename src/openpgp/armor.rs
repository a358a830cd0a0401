//! Armor (RFC 9580 part 6.2): OpenPGP data as text.

use openssl::base64;

/// The data of an armored message or signature, which may stand between blank lines; `None` if it is damaged or cut off, or if
/// anything else is with it.
pub(super) fn decoded(text: &[u8]) -> Option<Vec<u8>> {
    data(std::str::from_utf8(text).ok()?, &["MESSAGE", "SIGNATURE"])
}

/// The data of each block of a kind in a text, whatever is between them; `None` for one that is damaged or cut off.
#[cfg(feature = "verify")]
pub(super) fn blocks<'a>(text: &'a str, kind: &'a str) -> impl Iterator<Item = Option<Vec<u8>>> {
    let end = format!("-----END PGP {kind}-----");
    let begins = text.match_indices("-----BEGIN PGP ").map(|(at, _)| &text[at..]);
    let blocks = begins.filter(move |rest| rest["-----BEGIN PGP ".len()..].starts_with(kind));
    blocks.map(move |rest| data(&rest[..rest.find(&end)? + end.len()], &[kind]))
}

fn data(text: &str, kinds: &[&str]) -> Option<Vec<u8>> {
    let text = text.trim_ascii();
    let mut lines = text.lines().map(str::trim_ascii_end);
    let kind = lines.next()?.strip_prefix("-----BEGIN PGP ")?.strip_suffix("-----")?;
    if !kinds.contains(&kind) {
        return None;
    }
    // Headers end with an empty line.
    lines.find(|line| !line.contains(':'))?.is_empty().then_some(())?;
    let mut data = String::with_capacity(text.len());
    let end = loop {
        match lines.next()? {
            line if line.starts_with('-') => break line,
            // The checksum, which is the last line.
            line if line.starts_with('=') => break lines.next()?,
            line => data.push_str(line),
        }
    };
    let is_end = end.strip_prefix("-----END PGP ")?.strip_suffix("-----")? == kind;
    if !is_end || lines.next().is_some() || data.is_empty() {
        return None;
    }
    base64::decode_block(&data).ok()
}
