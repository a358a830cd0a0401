//! What a TLS alert of the broker means for the run, in one table.

/// What an alert in the TLS handshake means (RFC 8446, 6.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AlertMeaning {
    /// The broker does not accept the client's certificate.
    Certificate,
    /// The broker and the client cannot agree on the parameters of TLS, and could not the next time.
    Handshake,
    /// The broker has a problem, or bytes were damaged.
    Passing,
}

/// The table of alerts, by their numbers.
pub(super) fn meaning(number: u8) -> AlertMeaning {
    match number {
        // no, bad, unsupported, revoked, expired and unknown certificate; unknown CA, access denied, bad
        // signature; certificate required.
        41..=46 | 48 | 49 | 51 | 116 => AlertMeaning::Certificate,
        // close notify, unexpected message, bad record, decryption, overflow, decompression; decode
        // error; internal error, user canceled.
        0 | 10 | 20 | 21 | 22 | 30 | 50 | 80 | 90 => AlertMeaning::Passing,
        _ => AlertMeaning::Handshake,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_table_of_alerts() {
        for (numbers, expected) in [
            (&[41, 42, 43, 44, 45, 46, 48, 49, 51, 116][..], AlertMeaning::Certificate),
            (&[0, 10, 20, 21, 22, 30, 50, 80, 90], AlertMeaning::Passing),
            (
                &[40, 47, 60, 70, 71, 86, 100, 109, 110, 112, 113, 115, 120, 255],
                AlertMeaning::Handshake,
            ),
        ] {
            for &number in numbers {
                assert_eq!(meaning(number), expected, "{number}");
            }
        }
    }
}
