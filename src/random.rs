//! Random ids and numbers.
//!
//! They come from OpenSSL's generator, which asks the kernel directly, and so works on a host without `/dev`.

use uuid::Builder;

/// Makes a UUID of version 4 (RFC 9562) from random bits.
pub(crate) fn uuid_of(bits: u128) -> String {
    Builder::from_random_bytes(bits.to_ne_bytes()).into_uuid().to_string()
}

/// Draws a number.
///
/// # Panics
/// If the kernel provides no random bytes; neither requests nor TLS are possible then.
pub(crate) fn number() -> u64 {
    u64::from_ne_bytes(bytes())
}

/// Draws UUIDs of version 4. The generator is called once for 64 of them: a call costs 6,600 instructions.
///
/// It is made where ids are needed and not kept: a forked process would draw the same ids from its copy.
#[derive(Default)]
pub(crate) struct Uuids {
    drawn: Vec<[u8; 16]>,
}

impl Uuids {
    /// # Panics
    /// As [`number()`].
    pub(crate) fn draw(&mut self) -> [u8; 16] {
        if self.drawn.is_empty() {
            self.drawn.extend_from_slice(bytes::<1024>().as_chunks().0);
        }
        let bytes = self.drawn.pop().expect("64 were drawn");
        Builder::from_random_bytes(bytes).into_uuid().into_bytes()
    }
}

fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    let drawn = openssl::rand::rand_bytes(&mut bytes);
    drawn.expect("OpenSSL's random generator is seeded by the kernel");
    bytes
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn ids_are_of_version_4_and_differ() {
        let one = uuid_of(7);
        assert_eq!((one.len(), one.as_bytes()[14]), (36, b'4'));
        let mut uuids = Uuids::default();
        let drawn: HashSet<[u8; 16]> = HashSet::from_iter((0..1000).map(|_| uuids.draw()));
        assert_eq!(drawn.len(), 1000);
        assert!(drawn.iter().all(|uuid| uuid[6] >> 4 == 4 && uuid[8] >> 6 == 2));
    }
}
