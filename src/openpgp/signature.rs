//! The keys that signatures name.

use std::fmt::Write;

/// The key that a signature is by.
pub(super) enum Issuer {
    /// Its fingerprint, or else its id.
    Named(String),
    /// The signature does not say.
    Unnamed,
}

/// Types of subpackets (RFC 9580 part 5.2.3.7).
const ISSUER_KEY_ID: u8 = 16;
const ISSUER_FINGERPRINT: u8 = 33;

/// The key of a signature packet (RFC 9580 part 5.2); `None` if it is damaged, or is no signature of data.
pub(super) fn issuer(body: &[u8]) -> Option<Issuer> {
    let (&version, rest) = body.split_first()?;
    let signs_data = |kind: u8| kind <= 1;
    match version {
        2 | 3 => {
            // The type and the time have 5 bytes.
            let (&[5, kind, _, _, _, _], rest) = rest.split_first_chunk()? else { return None };
            let (id, rest) = rest.split_first_chunk::<8>()?;
            (signs_data(kind) && rest.len() > 4).then(|| Issuer::Named(hex(id)))
        }
        4 | 6 => {
            let (&[kind, _, _], rest) = rest.split_first_chunk()?;
            let (hashed, rest) = area(version, rest)?;
            let (unhashed, rest) = area(version, rest)?;
            // What is not hashed can be changed.
            let (hashed, unhashed) = (named(hashed)?, named(unhashed)?);
            let name = hashed.0.or(hashed.1).or(unhashed.0).or(unhashed.1);
            let issuer = name.map_or(Issuer::Unnamed, Issuer::Named);
            (signs_data(kind) && rest.len() > 2).then_some(issuer)
        }
        _ => None,
    }
}

/// The key of the packet that announces a signature before what is signed (RFC 9580 part 5.4).
pub(super) fn announced(body: &[u8]) -> Option<String> {
    match body {
        [3, _, _, _, id @ .., _] if id.len() == 8 => Some(hex(id)),
        [6, _, _, _, salt, rest @ ..] => {
            let (fingerprint, [_]) = rest.get(usize::from(*salt)..)?.split_first_chunk::<32>()?
            else {
                return None;
            };
            Some(hex(fingerprint))
        }
        _ => None,
    }
}

/// An area of subpackets, and what follows it.
fn area(version: u8, bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_at_checked(if version == 6 { 4 } else { 2 })?;
    rest.split_at_checked(number(length))
}

/// The fingerprint and the id in an area of subpackets.
fn named(mut area: &[u8]) -> Option<(Option<String>, Option<String>)> {
    let (mut fingerprint, mut id) = (None, None);
    while let Some((&first, rest)) = area.split_first() {
        let (length, rest) = match first {
            ..192 => (usize::from(first), rest),
            192..255 => {
                let (&second, rest) = rest.split_first()?;
                ((usize::from(first - 192) << 8) + usize::from(second) + 192, rest)
            }
            255 => {
                let (length, rest) = rest.split_first_chunk::<4>()?;
                (number(length), rest)
            }
        };
        let (subpacket, rest) = rest.split_at_checked(length)?;
        match subpacket {
            // The first bit says whether it must be understood.
            [kind, key @ ..] if kind & 0x7f == ISSUER_KEY_ID && key.len() == 8 => {
                id = Some(hex(key))
            }
            [kind, version, key @ ..] if kind & 0x7f == ISSUER_FINGERPRINT => {
                let expected = if *version == 4 { 20 } else { 32 };
                fingerprint = (key.len() == expected).then(|| hex(key)).or(fingerprint);
            }
            [] => return None,
            _ => {}
        }
        area = rest;
    }
    Some((fingerprint, id))
}

fn number(bytes: &[u8]) -> usize {
    bytes.iter().fold(0, |number, &byte| number << 8 | usize::from(byte))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut digits, byte| {
        let _ = write!(digits, "{byte:02x}");
        digits
    })
}
