//! Why a broker's certificate does not verify, in words.

use openssl::x509::{X509ExtendedKeyUsage, X509Ref, X509VerifyResult};

use super::{
    authorities::Authorities,
    verification::{Finding, Kind},
};
use crate::{
    error::{TlsCause, printable},
    transport::{certificate, strength},
};

/// How many of a certificate's names are shown.
const NAMES: usize = 8;

/// Says which check of the broker's certificate failed; `host` is the one in the URL.
pub(super) fn words(
    finding: &Finding,
    host: &str,
    level: u32,
    authorities: &Authorities,
) -> (TlsCause, String) {
    let Finding { certificate, depth, .. } = finding;
    let which = Which::of(finding, authorities);
    let subject = which.subject();
    let result = match &finding.kind {
        Kind::Revoked(when) => return (which.cause(), format!("{subject} {when}")),
        Kind::Distrusted => {
            let problem = format!("messaging_ca_cert does not trust {subject} for servers");
            return (TlsCause::UnknownAuthority, problem);
        }
        Kind::Result(result) => *result,
    };
    // Numbers of OpenSSL's x509_vfy.h, which the crate does not name.
    match result.as_raw() {
        18 => (
            TlsCause::UnknownAuthority,
            "the broker's certificate is self-signed and not in messaging_ca_cert".into(),
        ),
        // 7: an authority of the same name with another key, such as a renewed one.
        2 | 7 | 19 | 20 | 21 | 27 | 28 => {
            (TlsCause::UnknownAuthority, unknown(certificate, *depth, result, authorities))
        }
        9 => (
            which.cause(),
            format!("{subject} is not valid yet: it will be from {}", certificate.not_before()),
        ),
        10 => (
            which.cause(),
            format!("{subject} has expired: it was valid until {}", certificate.not_after()),
        ),
        62 | 64 => (
            TlsCause::OtherHost,
            format!(
                "the broker's certificate is not for \"{}\", the host in the URL; it is for {}",
                printable(host),
                names(certificate)
            ),
        ),
        26 => (
            which.cause(),
            match certificate.extended_key_usage() {
                Some(uses) if !uses.contains(X509ExtendedKeyUsage::SSL_SERVER) => format!(
                    "{subject} does not verify: its extended key usage does not include serverAuth"
                ),
                _ => format!("{subject} does not verify: its key usage is not that of servers"),
            },
        ),
        66..=68 => match strength::weakness(certificate, level) {
            Some(weakness) => (which.cause(), format!("{subject} {weakness}")),
            None => (which.cause(), unverified(&subject, result)),
        },
        _ => (which.cause(), unverified(&subject, result)),
    }
}

fn unverified(subject: &str, result: X509VerifyResult) -> String {
    format!("{subject} does not verify: {}", result.error_string())
}

/// A certificate in the chain from the broker's to an authority.
enum Which {
    Broker,
    /// Sent by the broker.
    Intermediate(String),
    /// Its name, and the file that it is in.
    Authority(String, String),
}

impl Which {
    fn of(finding: &Finding, authorities: &Authorities) -> Self {
        let name = || certificate::name(finding.certificate.subject_name());
        match authorities.file_of(&finding.certificate) {
            // A broker's own certificate may be in the file, too.
            Some(file) if finding.depth > 0 => Self::Authority(name(), file),
            _ if finding.depth > 0 => Self::Intermediate(name()),
            _ => Self::Broker,
        }
    }

    fn subject(&self) -> String {
        match self {
            Self::Broker => "the broker's certificate".into(),
            Self::Intermediate(name) => {
                format!("the broker's intermediate certificate \"{name}\"")
            }
            Self::Authority(name, file) => format!("the authority \"{name}\" in {file}"),
        }
    }

    fn cause(&self) -> TlsCause {
        match self {
            Self::Broker | Self::Intermediate(_) => TlsCause::BrokerCertificate,
            Self::Authority(..) => TlsCause::UnknownAuthority,
        }
    }
}

/// The end of a chain that leads to no authority.
fn unknown(
    last: &X509Ref,
    depth: u32,
    result: X509VerifyResult,
    authorities: &Authorities,
) -> String {
    let issuer = last.issuer_name();
    let name = certificate::name(issuer);
    let unverified = format!(
        "the broker's certificate is not verified by messaging_ca_cert ({})",
        result.error_string()
    );
    if authorities.distrusts_name(issuer) {
        return format!("{unverified}: it does not trust the authority \"{name}\" for servers");
    }
    if authorities.has_name(issuer) {
        return format!(
            "{unverified}: it has another key of the authority \"{name}\", which may have been renewed"
        );
    }
    // A chain that ends with its authority, sent by the broker.
    if certificate::is_self_issued(last) {
        return format!("{unverified}: its authority \"{name}\" is missing in it");
    }
    let missing = if depth == 0 {
        "; if that is an intermediate authority, the broker does not send it as it should"
    } else {
        ""
    };
    format!("{unverified}: the issuer \"{name}\" is neither in it nor sent by the broker{missing}")
}

/// Some of the names that a certificate is for.
fn names(certificate: &X509Ref) -> String {
    let names = certificate::hosts(certificate);
    if names.is_empty() {
        return "no host at all".into();
    }
    let shown: Vec<_> = names.iter().take(NAMES).map(|name| format!("\"{name}\"")).collect();
    let more = match names.len().saturating_sub(NAMES) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    shown.join(", ") + &more
}
