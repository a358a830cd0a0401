//! ASCII armor (RFC 9580 part 6).

use openssl::base64::encode_block;

/// Text between BEGIN and END lines, with these headers.
pub(crate) fn armored(kind: &str, headers: &[&str], bytes: &[u8]) -> String {
    let mut text = format!("-----BEGIN PGP {kind}-----\n");
    for header in headers {
        text += header;
        text.push('\n');
    }
    text.push('\n');
    let base64 = encode_block(bytes);
    for line in base64.as_bytes().chunks(64) {
        text.extend(line.iter().map(|byte| char::from(*byte)));
        text.push('\n');
    }
    text + "="
        + &encode_block(&crc24(bytes).to_be_bytes()[1..])
        + "\n-----END PGP "
        + kind
        + "-----\n"
}

/// The checksum of part 6.1.1.
fn crc24(bytes: &[u8]) -> u32 {
    let mut crc = 0x00b7_04ce;
    for byte in bytes {
        crc ^= u32::from(*byte) << 16;
        for _ in 0..8 {
            crc <<= 1;
            if crc & 0x0100_0000 != 0 {
                crc ^= 0x0186_4cfb;
            }
        }
    }
    crc
}
