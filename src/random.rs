//! Random ids.

use uuid::Builder;

/// Draws a UUID of version 4 (RFC 9562).
///
/// From OpenSSL's generator, which asks the kernel itself: it works on a host without `/dev` too.
///
/// # Panics
/// Where the kernel has no randomness to give; nothing could be signed then, TLS included.
pub(crate) fn uuid() -> String {
    let mut bytes = [0; 16];
    openssl::rand::rand_bytes(&mut bytes)
        .expect("OpenSSL's random generator is seeded by the kernel");
    Builder::from_random_bytes(bytes).into_uuid().to_string()
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
