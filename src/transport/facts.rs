//! What is shown of certificates and of TLS connections.

use openssl::{
    asn1::Asn1Time,
    ssl::SslRef,
    x509::{X509, X509Ref},
};

use super::{certificate, validity};
use crate::{config::TlsVerify, error::printable};

/// A certificate, as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Certificate {
    /// Its subject, such as `CN=broker, O=Example`.
    pub subject: String,
    /// Its issuer.
    pub issuer: String,
    /// The host names and addresses that it is for.
    pub hosts: Vec<String>,
    /// When it ends.
    pub until: String,
    /// How many seconds are left until then; negative once it has expired.
    pub seconds_left: i64,
}

impl Certificate {
    pub(super) fn of(x509: &X509Ref) -> Self {
        let left = Asn1Time::days_from_now(0).and_then(|now| now.diff(x509.not_after()));
        let seconds = |diff: openssl::asn1::TimeDiff| {
            i64::from(diff.days) * SECONDS_OF_A_DAY + i64::from(diff.secs)
        };
        Self {
            subject: certificate::name(x509.subject_name()),
            issuer: certificate::name(x509.issuer_name()),
            hosts: certificate::hosts(x509),
            until: x509.not_after().to_string(),
            seconds_left: left.map(seconds).unwrap_or_default(),
        }
    }

    /// Returns the whole days that are left; none once it has expired.
    pub fn days_left(&self) -> i64 {
        self.seconds_left.max(0) / SECONDS_OF_A_DAY
    }

    /// Returns whether it has expired.
    pub fn has_expired(&self) -> bool {
        self.seconds_left < 0
    }

    /// Whether its end is so near that every run warns of it.
    pub(crate) fn ends_soon(&self) -> bool {
        self.days_left() < i64::from(validity::WARNING_DAYS)
    }
}

const SECONDS_OF_A_DAY: i64 = 24 * 60 * 60;

/// A TLS connection to a broker.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tls {
    /// The version, such as `TLSv1.3`.
    pub version: String,
    /// The cipher, once one was chosen.
    pub cipher: Option<String>,
    /// The protocol that the broker chose of those that the client offered (ALPN), if it chose one.
    pub alpn: Option<String>,
    /// The broker's certificate, once it is known.
    pub broker: Option<Certificate>,
    /// What was verified.
    pub verify: TlsVerify,
    /// The certificate of `messaging_ca_cert` that verified the broker's, if one did.
    pub verified_by: Option<String>,
    /// What is said of an authority whose end is near, if that verified the broker's.
    pub(crate) doubt: Option<String>,
}

impl Tls {
    /// What is known of a connection, of which `refused` is the certificate that did not verify, if there is one.
    pub(super) fn of(
        ssl: &SslRef,
        verify: TlsVerify,
        refused: Option<&X509>,
        doubt: impl Fn(&X509Ref) -> Option<String>,
    ) -> Self {
        let broker = ssl.peer_certificate().or(refused.cloned());
        let is_verified = refused.is_none() && verify != TlsVerify::None;
        let chain = ssl.verified_chain().filter(|_| is_verified);
        let chain = || chain.into_iter().flatten();
        Self {
            version: ssl.version_str().into(),
            cipher: ssl.current_cipher().map(|cipher| cipher.name().into()),
            alpn: ssl
                .selected_alpn_protocol()
                .map(|name| printable(&String::from_utf8_lossy(name))),
            broker: broker.map(|x509| Certificate::of(&x509)),
            verify,
            verified_by: chain().last().map(|x509| certificate::name(x509.subject_name())),
            doubt: chain().find_map(doubt),
        }
    }
}
