//! Armor (RFC 9580 part 6.2): OpenPGP data as text.

use openssl::base64;

/// The data of an armored text, which may stand between blank lines; `None` if it is damaged or cut off, or if anything else is
/// with it.
pub(super) fn decoded(text: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(text).ok()?.trim_ascii();
    let mut lines = text.lines().map(str::trim_ascii_end);
    let kind = lines.next()?.strip_prefix("-----BEGIN PGP ")?.strip_suffix("-----")?;
    if !["MESSAGE", "SIGNATURE"].contains(&kind) {
        return None;
    }
    // Headers end with an empty line.
    lines.find(|line| !line.contains(": "))?.is_empty().then_some(())?;
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
