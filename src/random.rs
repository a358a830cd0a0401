//! Random ids and numbers.

use uuid::Builder;

/// Draws a UUID of version 4 (RFC 9562).
///
/// It uses OpenSSL's generator, which asks the kernel directly, and so works on a host without `/dev`.
///
/// # Panics
/// If the kernel provides no random bytes; neither requests nor TLS are possible then.
pub(crate) fn uuid() -> String {
    uuid_of(u128::from_ne_bytes(bytes()))
}

/// Makes a UUID of version 4 from random bits.
pub(crate) fn uuid_of(bits: u128) -> String {
    Builder::from_random_bytes(bits.to_ne_bytes()).into_uuid().to_string()
}

/// Draws a number, as [`uuid()`] does.
pub(crate) fn number() -> u64 {
    u64::from_ne_bytes(bytes())
}

fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    let drawn = openssl::rand::rand_bytes(&mut bytes);
    drawn.expect("OpenSSL's random generator is seeded by the kernel");
    bytes
}

#[cfg(test)]
mod tests {
    #[test]
    fn ids_are_of_version_4_and_differ() {
        let (one, other) = (super::uuid(), super::uuid());
        assert_ne!(one, other);
        assert_eq!((one.len(), one.as_bytes()[14]), (36, b'4'));
    }
}
