//! Signatures made by GnuPG 2.2 (`fixtures/`), and by hand.

use super::*;

const FINGERPRINT: &str = "fb589b067cb1e4f96c245de6bdf405af49d8d964";

macro_rules! fixture {
    ($name:literal) => {
        include_bytes!(concat!("fixtures/", $name))
    };
}

const CLAIM: &[u8] = fixture!("claim");
const TEXT: &[u8] = fixture!("text");

/// What it is, the file, and the content.
type Made = (&'static str, &'static [u8], Option<&'static [u8]>);

const MADE_BY_GPG: [Made; 7] = [
    ("not compressed", fixture!("message-0.gpg"), Some(CLAIM)),
    ("ZIP", fixture!("message-1.gpg"), Some(CLAIM)),
    ("ZLIB", fixture!("message-2.gpg"), Some(CLAIM)),
    ("armored", fixture!("message.asc"), Some(CLAIM)),
    ("detached", fixture!("detached.sig"), None),
    ("detached, armored", fixture!("detached.asc"), None),
    ("cleartext", fixture!("text.asc"), Some(b"- dash\n-----BEGIN\nplain\nend")),
];

#[test]
fn what_gpg_makes_is_read() {
    for (name, bytes, content) in MADE_BY_GPG {
        let signed = read(bytes).unwrap_or_else(|| panic!("{name}"));
        assert_eq!(signed.issuers, [FINGERPRINT], "{name}");
        assert_eq!(signed.content.as_deref(), content, "{name}");
    }
    assert_eq!(read(fixture!("message-3.gpg")), None, "BZip2");
}

#[test]
fn a_key_has_its_fingerprint_or_the_end_of_it() {
    let signed = read(fixture!("detached.sig")).unwrap();
    for (id, is_by) in [
        (FINGERPRINT, true),
        (&FINGERPRINT.to_uppercase(), true),
        ("BDF405AF49D8D964", true),
        ("49d8d964", true),
        ("9d8d964", false),
        ("", false),
        ("49D8D965", false),
        ("FB589B06", false),
        ("0000000000000000000000000000000049d8d964", false),
    ] {
        assert_eq!(signed.is_by(id), is_by, "{id}");
    }
    // Version 3 has only an id.
    let signed = read(&packet(2, &version_3(0))).unwrap();
    for (id, is_by) in
        [("0102030405060708", true), ("00000102030405060708", true), ("05060708", true)]
    {
        assert_eq!(signed.is_by(id), is_by, "{id}");
    }
    assert!(!signed.is_by("0000000005060708"));
}

#[test]
fn a_text_is_the_same_but_for_blanks_at_ends_of_lines() {
    let signed = read(fixture!("text.asc")).unwrap();
    for (text, is_of) in [
        (TEXT, true),
        (b"- dash\n-----BEGIN\nplain\nend", true),
        (b"- dash\r\n-----BEGIN\r\nplain\t\r\nend \r\n", true),
        (b"- dash\n-----BEGIN\nplain  \nend\n\n", false),
        (b"- dash\n-----BEGIN\nplain  \n", false),
        (b"- dash\n-----BEGIN\n plain\nend\n", false),
        (b"dash\n-----BEGIN\nplain\nend\n", false),
        (b"", false),
    ] {
        assert_eq!(signed.is_of(text), is_of, "{:?}", String::from_utf8_lossy(text));
    }
    assert!(!read(fixture!("detached.sig")).unwrap().is_of(b""));
}

/// A packet in today's format.
fn packet(tag: u8, body: &[u8]) -> Vec<u8> {
    [&[0xc0 | tag, 255][..], &(body.len() as u32).to_be_bytes(), body].concat()
}

fn version_3(kind: u8) -> Vec<u8> {
    [&[3, 5, kind, 0, 0, 0, 0][..], &[1, 2, 3, 4, 5, 6, 7, 8], &[1, 8, 0, 0, 0, 1, 1]].concat()
}

fn version_4(hashed: &[u8], unhashed: &[u8]) -> Vec<u8> {
    let length = |area: &[u8]| (area.len() as u16).to_be_bytes();
    [&[4, 0, 1, 8][..], &length(hashed), hashed, &length(unhashed), unhashed, &[0, 0, 0, 1, 1]]
        .concat()
}

fn version_6(hashed: &[u8]) -> Vec<u8> {
    let length = (hashed.len() as u32).to_be_bytes();
    [&[6, 0, 27, 8][..], &length, hashed, &[0, 0, 0, 0], &[0, 0, 16], &[7; 16], &[9; 64]].concat()
}

fn literal(data: &[u8]) -> Vec<u8> {
    packet(11, &[b"b\x04name\0\0\0\0", data].concat())
}

#[test]
fn every_version_of_a_signature_is_read() {
    let id = |kind: u8, last: u8| [&[9, kind][..], &[0; 7], &[last]].concat();
    let fingerprint = |version: u8, length: usize| {
        [&[length as u8 + 2, 33, version][..], &vec![0xab; length]].concat()
    };
    // Of a length of two and of five bytes.
    let long = [&[192, 8, 20][..], &[0; 199]].concat();
    let longer = [&[255, 0, 0, 1, 0, 20][..], &[0; 255]].concat();
    for (name, body, expected) in [
        ("version 3", version_3(1), Some("0102030405060708")),
        ("id", version_4(&[], &id(16, 5)), Some("0000000000000005")),
        ("critical id", version_4(&[], &id(144, 5)), Some("0000000000000005")),
        ("hashed id first", version_4(&id(16, 1), &id(16, 2)), Some("0000000000000001")),
        (
            "hashed id before all",
            version_4(&id(16, 1), &fingerprint(4, 20)),
            Some("0000000000000001"),
        ),
        (
            "long",
            version_4(&[&long[..], &longer, &id(16, 3)].concat(), &[]),
            Some("0000000000000003"),
        ),
        ("fingerprint", version_4(&fingerprint(4, 20), &id(16, 2)), Some(&*"ab".repeat(20))),
        (
            "fingerprint of no length",
            version_4(&fingerprint(4, 19), &id(16, 2)),
            Some("0000000000000002"),
        ),
        ("version 6", version_6(&fingerprint(6, 32)), Some(&*"ab".repeat(32))),
        ("no key", version_4(&[], &[]), None),
        ("cut off", version_4(&[], &id(16, 5)[..9]), None),
        ("without a signature", version_4(&[], &id(16, 5))[..20].to_vec(), None),
        ("empty subpacket", version_4(&[0], &id(16, 5)), None),
        ("of a key", version_3(0x13), None),
        ("unknown version", [&[9][..], &version_3(0)[1..]].concat(), None),
        ("empty", vec![], None),
    ] {
        let signed = read(&packet(2, &body));
        assert_eq!(
            signed.map(|signed| signed.issuers),
            expected.map(|key| vec![key.into()]),
            "{name}"
        );
    }
}

#[test]
fn the_order_of_packets_is_that_of_a_signed_message() {
    let announced = |last: u8| packet(4, &[3, 0, 8, 1, 0, 0, 0, 0, 0, 0, 0, last, 1]);
    let of_version_6 = packet(4, &[&[6, 0, 8, 27, 2, 1, 1][..], &[0xab; 32], &[1]].concat());
    let (named, unnamed) = (packet(2, &version_3(0)), packet(2, &version_4(&[], &[])));
    let (data, other) = (literal(b"data"), literal(b"other"));
    let compressed = |packets: &[u8]| packet(8, &[&[0][..], packets].concat());
    let (marker, padding) = (packet(10, b"PGP"), packet(21, b"anything"));
    let (v3, one, two) = ("0102030405060708", "0000000000000001", "0000000000000002");
    let ab = "ab".repeat(32);
    let whole = [announced(1), data.clone(), named.clone()].concat();
    for (name, packets, keys) in [
        ("signature first", vec![&named, &data], &[v3][..]),
        ("announced", vec![&announced(1), &data, &unnamed], &[one]),
        ("brackets", vec![&announced(1), &announced(2), &data, &unnamed, &unnamed], &[two, one]),
        ("version 6", vec![&of_version_6, &data, &unnamed], &[&ab]),
        ("two detached", vec![&named, &named], &[v3, v3]),
        ("ignored packets", vec![&marker, &named, &padding, &data], &[v3]),
        ("compressed", vec![&marker, &compressed(&whole)], &[v3]),
        ("compressed twice", vec![&compressed(&compressed(&whole))], &[]),
        ("compressed, and more", vec![&compressed(&whole), &named], &[]),
        ("signature missing", vec![&announced(1), &data], &[]),
        ("one of two missing", vec![&announced(1), &announced(2), &data, &unnamed], &[]),
        ("content missing", vec![&announced(1), &named], &[]),
        ("two contents", vec![&announced(1), &data, &other, &named], &[]),
        ("announced too late", vec![&data, &announced(1), &named], &[]),
        ("not signed", vec![&data], &[]),
        ("a key", vec![&packet(6, b"key"), &named], &[]),
        ("only ignored", vec![&marker], &[]),
    ] {
        let bytes = packets.into_iter().flatten().copied().collect::<Vec<_>>();
        let signed = read(&bytes).map(|signed| signed.issuers).unwrap_or_default();
        assert_eq!(signed, keys, "{name}");
    }
}

#[test]
fn lengths_are_read_in_every_format() {
    let data = vec![b'x'; 70_000];
    let body = [b"b\0\0\0\0\0", &data[..]].concat();
    let old = |size: u8, length: &[u8]| [&[0x80 | 11 << 2 | size][..], length, &body].concat();
    let pieces =
        [&[0xcb, 0xe0 | 16][..], &body[..65_536], &[0xe0], &body[65_536..65_537], &[0xd0, 0xb5]];
    let pieces = [&pieces.concat()[..], &body[65_537..]].concat();
    let length = (body.len() as u32).to_be_bytes();
    let signature = packet(2, &version_3(0));
    for (name, literal) in [
        ("four bytes", old(2, &length)),
        ("to the end", old(3, &[])),
        ("today's", packet(11, &body)),
        ("in pieces", pieces),
    ] {
        let signed =
            read(&[signature.clone(), literal].concat()).unwrap_or_else(|| panic!("{name}"));
        assert!(signed.content.unwrap() == data, "{name}");
    }
    for short in [&[0x80 | 11 << 2, 7][..], &[0x80 | 11 << 2 | 1, 0, 7], &[0xcb, 7]] {
        let literal = [short, b"b\0\0\0\0\0x"].concat();
        let signed = read(&[signature.clone(), literal].concat()).unwrap();
        assert_eq!(signed.content.unwrap(), b"x");
    }
}

#[test]
fn compressed_content_is_bounded() {
    use std::io::Write;

    use flate2::{Compression, write::ZlibEncoder};

    let compressed = |size: usize| {
        let data = [packet(2, &version_3(0)), literal(&vec![0; size])].concat();
        let mut encoder = ZlibEncoder::new(vec![2], Compression::best());
        encoder.write_all(&data).unwrap();
        packet(8, &encoder.finish().unwrap())
    };
    assert!(read(&compressed(MAX_DECOMPRESSED as usize - 1000)).is_some());
    assert_eq!(read(&compressed(MAX_DECOMPRESSED as usize + 1000)), None);
}

#[test]
fn armor_is_read_as_a_whole() {
    let good = std::str::from_utf8(fixture!("detached.asc")).unwrap();
    let body = good.find("\n\n").unwrap();
    let checksum = good.find("\n=").unwrap();
    for (name, text, is_read) in [
        ("blank lines around it", format!("\n\n{good}\n\n"), true),
        ("a header", good.replacen("\n\n", "\nVersion: 1\nComment: a: b\n\n", 1), true),
        ("line breaks of Windows", good.replace('\n', "\r\n"), true),
        ("no checksum", format!("{}{}", &good[..checksum], &good[checksum + 6..]), true),
        ("no empty line", format!("{}{}", &good[..body], &good[body + 1..]), false),
        ("no end", good[..checksum].to_owned(), false),
        ("another end", good.replace("END PGP SIGNATURE", "END PGP MESSAGE"), false),
        ("more after it", format!("{good}more"), false),
        ("more before it", format!("more\n{good}"), false),
        ("of a key", good.replace("SIGNATURE", "PUBLIC KEY BLOCK"), false),
        ("a character that is not base64", good.replacen("\n\n", "\n\n!", 1), false),
        ("nothing in it", format!("{}{}", &good[..body + 1], &good[checksum..]), false),
        ("not UTF-8", good.replacen("\n\n", "\nComment: \u{0}\n\n", 1), true),
    ] {
        assert_eq!(read(text.as_bytes()).is_some(), is_read, "{name}: {text}");
    }
    for nothing in
        [&b""[..], b"\n", b"text", b"\xff", b"-----BEGIN PGP ", b"-----BEGIN PGP MESSAGE-----"]
    {
        assert_eq!(read(nothing), None);
    }
}

/// Nothing panics, and nothing that is cut off is a signature.
#[test]
fn damage_is_no_signature() {
    for (name, bytes, _) in MADE_BY_GPG {
        let end = bytes.trim_ascii_end().len();
        for length in 0..end {
            assert_eq!(read(&bytes[..length]), None, "{name}: {length} of {end} bytes");
        }
        let mut changed = bytes.to_vec();
        for bit in 0..bytes.len() * 8 {
            changed[bit / 8] ^= 1 << (bit % 8);
            let _ = read(&changed);
            changed[bit / 8] ^= 1 << (bit % 8);
        }
    }
}

/// What gpg signed is the claim.
#[test]
fn a_detached_signature_says_how_the_digest_begins() {
    for signature in [&fixture!("detached.sig")[..], fixture!("detached.asc")] {
        assert!(may_be_of(signature, CLAIM));
        assert!(!may_be_of(signature, b"another"));
        assert!(!may_be_of(signature, b""));
    }
    // A version that does not say it in this way.
    assert!(may_be_of(&packet(2, &version_3(0)), b"another"));
    assert!(!may_be_of(b"no signature", b""));
}
