//! Why a login failed, by the mechanisms that the broker offers (AMQP 1.0 part 5.3.3.1).

use crate::error::{Condition, printable};

/// What the client could log in with if it were configured so.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Means {
    /// The connection is encrypted.
    pub(crate) tls: bool,
    /// The client shows a certificate in TLS.
    pub(crate) certificate: bool,
    /// A user name is configured.
    pub(crate) username: bool,
}

/// The most bytes that are kept. A frame of SASL has at most 512 (AMQP 1.0 part 5.3.1).
const LONGEST: usize = 1024;

/// The protocol header comes before the first frame (AMQP 1.0 part 5.3.1).
const HEADER: usize = 8;

/// The first bytes of a broker that is asked for SASL, as far as the mechanisms that it offers.
#[derive(Default)]
pub(super) struct Offer(Vec<u8>);

impl Offer {
    /// Keeps the bytes that may still belong to the offer.
    pub(super) fn extend(&mut self, bytes: &[u8]) {
        let missing = LONGEST.saturating_sub(self.0.len()).min(bytes.len());
        self.0.extend(&bytes[..missing]);
    }

    /// Why a login by one of the `allowed` mechanisms failed, with the remedy if it is known.
    pub(super) fn explain(
        &self,
        allowed: &str,
        means: Means,
        may_succeed_later: bool,
    ) -> Condition {
        let offered = self.mechanisms();
        let has =
            |name: &str| offered.as_ref().is_none_or(|offered| offered.iter().any(|m| m == name));
        let words = match (allowed.split(' ').find(|name| has(name)), offered.as_deref()) {
            (Some(name), _) if may_succeed_later => {
                format!("the broker cannot check the {name} login at the moment")
            }
            (Some(name), _) => format!("the broker does not accept this {name} login"),
            (None, Some([])) => "the broker offers no mechanism to log in with".into(),
            (None, offered) => {
                let offered = offered.unwrap_or_default();
                format!(
                    "the broker offers only {}; {}",
                    listed(offered, "and"),
                    remedy(offered, means)
                )
            }
        };
        Condition::new("", &words)
    }

    /// The mechanisms on offer, as far as the bytes say.
    pub(super) fn names(&self) -> Vec<String> {
        self.mechanisms().unwrap_or_default()
    }

    /// The mechanisms on offer; `None` if the bytes do not say.
    fn mechanisms(&self) -> Option<Vec<String>> {
        let frame = self.0.get(HEADER..)?;
        // A frame: its size, the offset of its body in words, and its type (AMQP 1.0 part 2.3.1).
        let (size, begin) = (number(frame.get(..4)?), 4 * usize::from(*frame.get(4)?));
        let mut body = frame.get(begin..size)?;
        // The descriptor, and a list whose first field is one symbol or an array of symbols (part 1.6.23).
        let is_offer = take(&mut body, 3)? == [0x00, 0x53, 0x40];
        let list = take(&mut body, 1)?[0];
        take(&mut body, if list == 0xc0 { 2 } else { 8 })?;
        let constructor = take(&mut body, 1)?[0];
        let (count, element) = match constructor {
            0xa3 | 0xb3 => (1, constructor),
            0xe0 => (usize::from(take(&mut body, 2)?[1]), take(&mut body, 1)?[0]),
            0xf0 => (number(&take(&mut body, 8)?[4..]), take(&mut body, 1)?[0]),
            _ => return None,
        };
        let symbol = |body: &mut &[u8]| {
            let length = take(body, if element == 0xa3 { 1 } else { 4 })?;
            let length = number(length);
            Some(printable(&String::from_utf8_lossy(take(body, length)?)))
        };
        (0..count).map(|_| symbol(&mut body)).collect::<Option<_>>().filter(|_| is_offer)
    }
}

fn take<'a>(bytes: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(count)?;
    *bytes = rest;
    Some(taken)
}

fn number(bytes: &[u8]) -> usize {
    bytes.iter().fold(0, |number, byte| number << 8 | usize::from(*byte))
}

fn listed(names: &[String], last: &str) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [others @ .., one] => format!("{} {last} {one}", others.join(", ")),
    }
}

/// What to set so that the client uses what is on offer.
fn remedy(offered: &[String], means: Means) -> String {
    let url = if means.tls { "" } else { " with amqps://" };
    let without_user = if means.username { ", and remove username and password_file" } else { "" };
    let ways: Vec<_> = [
        (
            "EXTERNAL",
            if means.certificate {
                format!("set sasl: external{without_user}")
            } else {
                format!("set messaging_cert_key{url}{without_user}")
            },
        ),
        ("PLAIN", format!("set username and password_file{url}")),
        ("ANONYMOUS", format!("set sasl: anonymous{without_user}")),
    ]
    .into_iter()
    .filter(|(name, _)| offered.iter().any(|offered| offered == name))
    .map(|(_, way)| way)
    .collect();
    if ways.is_empty() {
        return "the client supports only EXTERNAL, PLAIN and ANONYMOUS".into();
    }
    listed(&ways, "or")
}

#[cfg(test)]
mod tests {
    use amqp_frames::{SASL_HEADER, sasl_mechanisms};

    use super::*;

    const NOTHING: Means = Means { tls: false, certificate: false, username: false };
    const TLS: Means = Means { tls: true, ..NOTHING };
    const CERTIFICATE: Means = Means { certificate: true, ..TLS };
    const USER: Means = Means { username: true, ..TLS };
    const BOTH: Means = Means { username: true, ..CERTIFICATE };

    fn explained(offered: &[&str], allowed: &str, means: Means) -> String {
        let mut offer = Offer::default();
        // Bytes may come one by one, and more follow.
        for byte in [&SASL_HEADER[..], &sasl_mechanisms(offered).encode(), b"more"].concat() {
            offer.extend(&[byte]);
        }
        offer.explain(allowed, means, false).to_string()
    }

    #[test]
    fn every_offer_without_a_mechanism_of_the_client_s_has_its_remedy() {
        const BOTH_WAYS: &str = "EXTERNAL ANONYMOUS";
        for (offered, allowed, means, expected) in [
            (&["PLAIN"][..], BOTH_WAYS, CERTIFICATE, "only PLAIN; set username and password_file"),
            (&["PLAIN"], "ANONYMOUS", TLS, "only PLAIN; set username and password_file"),
            (
                &["PLAIN"],
                "ANONYMOUS",
                NOTHING,
                "only PLAIN; set username and password_file with amqps://",
            ),
            (
                &["SCRAM-SHA-256", "GSSAPI"],
                BOTH_WAYS,
                CERTIFICATE,
                "only SCRAM-SHA-256 and GSSAPI; the client supports only EXTERNAL, PLAIN and ANONYMOUS",
            ),
            (
                &["XOAUTH2"],
                "ANONYMOUS",
                NOTHING,
                "only XOAUTH2; the client supports only EXTERNAL, PLAIN and ANONYMOUS",
            ),
            (
                &["PLAIN", "SCRAM-SHA-1", "SCRAM-SHA-256"],
                BOTH_WAYS,
                CERTIFICATE,
                "only PLAIN, SCRAM-SHA-1 and SCRAM-SHA-256; set username and password_file",
            ),
            (&["EXTERNAL"], "ANONYMOUS", CERTIFICATE, "only EXTERNAL; set sasl: external"),
            (&["EXTERNAL"], "ANONYMOUS", TLS, "only EXTERNAL; set messaging_cert_key"),
            (
                &["EXTERNAL"],
                "ANONYMOUS",
                NOTHING,
                "only EXTERNAL; set messaging_cert_key with amqps://",
            ),
            (
                &["EXTERNAL"],
                "PLAIN",
                USER,
                "only EXTERNAL; set messaging_cert_key, and remove username and password_file",
            ),
            (
                &["EXTERNAL"],
                "PLAIN",
                BOTH,
                "only EXTERNAL; set sasl: external, and remove username and password_file",
            ),
            (
                &["ANONYMOUS"],
                "PLAIN",
                USER,
                "only ANONYMOUS; set sasl: anonymous, and remove username and password_file",
            ),
            (&["ANONYMOUS"], "EXTERNAL", CERTIFICATE, "only ANONYMOUS; set sasl: anonymous"),
            (
                &["EXTERNAL", "PLAIN"],
                "ANONYMOUS",
                CERTIFICATE,
                "only EXTERNAL and PLAIN; set sasl: external or set username and password_file",
            ),
        ] {
            let expected = format!("the broker offers {expected}");
            assert_eq!(explained(offered, allowed, means), expected, "{offered:?}");
        }
        let nothing = "the broker offers no mechanism to log in with";
        assert_eq!(explained(&[], BOTH_WAYS, TLS), nothing);
    }

    #[test]
    fn a_login_that_was_tried_is_named() {
        let words = explained(&["PLAIN", "EXTERNAL"], "EXTERNAL ANONYMOUS", CERTIFICATE);
        assert_eq!(words, "the broker does not accept this EXTERNAL login");
        let words = explained(&["PLAIN", "ANONYMOUS"], "EXTERNAL ANONYMOUS", CERTIFICATE);
        assert_eq!(words, "the broker does not accept this ANONYMOUS login");
        let words = Offer::default().explain("PLAIN", USER, true).to_string();
        assert_eq!(words, "the broker cannot check the PLAIN login at the moment");
    }

    #[test]
    fn an_offer_is_read_in_every_encoding_and_nothing_else_is() {
        let read = |body: &[u8]| {
            let size = (8 + body.len() as u32).to_be_bytes();
            let mut offer = Offer::default();
            offer.extend(&[&SASL_HEADER[..], &size, &[2, 1, 0, 0], body].concat());
            offer.mechanisms().map(|names| names.join(" "))
        };
        for (body, expected) in [
            (&b"\x00\x53\x40\xc0\x08\x01\xa3\x05PLAIN"[..], Some("PLAIN")),
            (b"\x00\x53\x40\xc0\x0b\x01\xb3\0\0\0\x05PLAIN", Some("PLAIN")),
            (b"\x00\x53\x40\xd0\0\0\0\x0b\0\0\0\x01\xa3\x05PLAIN", Some("PLAIN")),
            (b"\x00\x53\x40\xc0\x09\x01\xe0\x06\x02\xa3\x01A\x01B", Some("A B")),
            (
                b"\x00\x53\x40\xc0\x14\x01\xf0\0\0\0\x0f\0\0\0\x02\xb3\0\0\0\x01A\0\0\0\x01B",
                Some("A B"),
            ),
            (b"\x00\x53\x40\xc0\x05\x01\xa3\x02\x1b\n", Some("\\u{1b}\\n")),
            (b"\x00\x53\x44\xc0\x03\x01\x50\x01", None),
            (b"\x00\x53\x40\xc0\x08\x01\xa3\x09PLAIN", None),
            (b"\x00\x53\x40\xc0\x02\x01\x40", None),
            (b"\x00\x53\x40\x45", None),
            (b"", None),
        ] {
            assert_eq!(read(body).as_deref(), expected, "{}", body.escape_ascii());
        }
    }
}
