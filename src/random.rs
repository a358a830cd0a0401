//! Random ids and numbers.
//!
//! They come from OpenSSL's generator, which asks the kernel directly, and so works on a host without `/dev`.

use uuid::Builder;

/// Makes a UUID of version 4 (RFC 9562) from random bits.
pub(crate) fn uuid_of(bits: u128) -> String {
    Builder::from_random_bytes(bits.to_ne_bytes()).into_uuid().to_string()
}

/// Makes a text of 20 letters and digits from random bits, as every MQTT broker accepts it as a client's id (MQTT 5.0, 3.1.3.1).
#[cfg(feature = "mqtt")]
pub(crate) fn letters_of(mut bits: u128) -> String {
    const LETTERS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let letter = |_| {
        let letter = LETTERS[(bits % 62) as usize];
        bits /= 62;
        char::from(letter)
    };
    (0..20).map(letter).collect()
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

    #[cfg(feature = "mqtt")]
    #[test]
    fn a_client_s_id_has_20_letters_and_digits_of_all_the_bits() {
        let all: HashSet<String> = (0..128).map(|bit| letters_of(1 << bit)).collect();
        assert!(all.len() > 110, "the highest bits do not count");
        let fits = |id: &String| id.len() == 20 && id.bytes().all(|b| b.is_ascii_alphanumeric());
        assert!(all.iter().chain([&letters_of(u128::MAX)]).all(fits));
    }

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
