//! Packets and how they are framed (RFC 9580 part 4).

use std::io::Write;

use flate2::{
    Compression,
    write::{DeflateEncoder, ZlibEncoder},
};

/// Types of packets (RFC 9580 part 5).
pub(crate) const SIGNATURE: u8 = 2;
pub(crate) const ONE_PASS: u8 = 4;
pub(crate) const PUBLIC_KEY: u8 = 6;
pub(crate) const COMPRESSED: u8 = 8;
pub(crate) const LITERAL: u8 = 11;
pub(crate) const USER_ID: u8 = 13;
pub(crate) const PUBLIC_SUBKEY: u8 = 14;

/// How the length of a packet is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// The usual header.
    Current,
    /// The header of PGP 2, with a length of four bytes.
    Old,
    /// The header of PGP 2 without a length: the packet lasts until the end.
    Indeterminate,
    /// In pieces of 512 bytes and a rest; small packets in smaller pieces.
    Partial,
}

/// A packet with its header.
pub(crate) fn packet(framing: Framing, kind: u8, body: &[u8]) -> Vec<u8> {
    let length = (body.len() as u32).to_be_bytes();
    match framing {
        Framing::Current => {
            let short = body.len() < 192;
            let length =
                if short { vec![body.len() as u8] } else { [&[255], &length[..]].concat() };
            [&[0xc0 | kind], &length[..], body].concat()
        }
        Framing::Old => [&[0x82 | kind << 2], &length[..], body].concat(),
        Framing::Indeterminate => [&[0x83 | kind << 2], body].concat(),
        Framing::Partial => {
            let mut packet = vec![0xc0 | kind];
            let mut rest = body;
            let exponent = (body.len().max(2).ilog2() - 1).min(9);
            while rest.len() > 1 << exponent {
                let (piece, after) = rest.split_at(1 << exponent);
                packet.push(224 + exponent as u8);
                packet.extend(piece);
                rest = after;
            }
            packet.push(255);
            packet.extend((rest.len() as u32).to_be_bytes());
            packet.extend(rest);
            packet
        }
    }
}

/// The body of a literal packet: binary data of no date (RFC 9580 part 5.9).
pub(crate) fn literal(name: &str, content: &[u8]) -> Vec<u8> {
    [b"b", &[name.len() as u8], name.as_bytes(), &[0; 4], content].concat()
}

/// An algorithm of compression (RFC 9580 part 9.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Algorithm {
    Zip = 1,
    Zlib = 2,
}

/// The body of a compressed packet (RFC 9580 part 5.6).
pub(crate) fn compressed(algorithm: Algorithm, packets: &[u8]) -> Vec<u8> {
    fn written<W: Write>(mut encoder: W, packets: &[u8]) -> W {
        encoder.write_all(packets).expect("memory can be written");
        encoder
    }
    let body = vec![algorithm as u8];
    let body = match algorithm {
        Algorithm::Zip => {
            written(DeflateEncoder::new(body, Compression::default()), packets).finish()
        }
        Algorithm::Zlib => {
            written(ZlibEncoder::new(body, Compression::default()), packets).finish()
        }
    };
    body.expect("memory can be written")
}

/// A multiprecision integer (RFC 9580 part 3.2).
pub(crate) fn mpi(number: &[u8]) -> Vec<u8> {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    let number = &number[zeros..];
    let bits = number.first().map_or(0, |first| number.len() as u32 * 8 - first.leading_zeros());
    [&(bits as u16).to_be_bytes(), number].concat()
}
