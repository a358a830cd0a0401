//! Why a broker may refuse the client's certificate, as far as that can be seen in it.

use openssl::{
    pkey::Id,
    x509::{X509, X509ExtendedKeyUsage, X509KeyUsage, X509Ref, X509VerifyResult},
};

use super::Identity;
use crate::transport::certificate;

/// What to say beside the broker's own words.
#[derive(Clone)]
pub(in crate::transport) struct Remarks {
    usage: Option<String>,
    issuer: Option<String>,
    unsent: String,
}

impl Remarks {
    pub(in crate::transport) fn of(identity: Option<&Identity>) -> Self {
        Self {
            usage: identity.and_then(|identity| {
                let (usage, missing) = missing_usage(&identity.certificate)?;
                let path = identity.shown();
                Some(format!(
                    "{path}: the certificate's {usage} does not include {missing}; have one issued that does"
                ))
            }),
            issuer: identity.and_then(missing_issuer),
            unsent: identity.map_or("set messaging_cert_key".into(), unsent),
        }
    }

    /// For a broker that only hangs up.
    pub(in crate::transport) fn on_a_hang_up(&self) -> Option<&str> {
        self.usage.as_deref()
    }

    /// For an alert with this number (RFC 8446, 6.2); brokers differ in the word for a certificate that they refuse.
    pub(in crate::transport) fn on_an_alert(&self, number: u8) -> Option<&str> {
        match number {
            // Bad and unknown certificate; unknown authority.
            42 | 46 | 48 => self.usage.as_deref().or(self.issuer.as_deref()),
            // Failed handshake, unsupported certificate, access denied.
            40 | 43 | 49 => self.usage.as_deref(),
            // Certificate required.
            116 => Some(&self.unsent),
            _ => None,
        }
    }
}

/// The extension that does not allow clients, and what it lacks.
pub(super) fn missing_usage(certificate: &X509Ref) -> Option<(&'static str, &'static str)> {
    let for_clients = X509ExtendedKeyUsage::SSL_CLIENT | X509ExtendedKeyUsage::ANYEKU;
    if certificate.extended_key_usage().is_some_and(|uses| !uses.intersects(for_clients)) {
        return Some(("extended key usage", "clientAuth"));
    }
    let signs = X509KeyUsage::DIGITAL_SIGNATURE | X509KeyUsage::KEY_AGREEMENT;
    let uses = certificate.key_usage()?;
    (!uses.intersects(signs)).then_some(("key usage", "digitalSignature"))
}

/// The issuer at which the chain in the file ends, which a broker must know itself.
fn missing_issuer(identity: &Identity) -> Option<String> {
    let mut last: &X509 = &identity.certificate;
    let issued = |issuer: &X509, last: &X509| issuer.issued(last) == X509VerifyResult::OK;
    // Certificates that issue each other would lead on forever.
    for _ in 0..identity.intermediates.len() {
        match identity.intermediates.iter().find(|other| issued(other, last)) {
            Some(issuer) => last = issuer,
            None => break,
        }
    }
    (!issued(last, last)).then(|| {
        let (path, issuer) = (identity.shown(), certificate::name(last.issuer_name()));
        format!(
            "{path}: the chain in this file ends below \"{issuer}\"; if that is an intermediate authority, add its certificate"
        )
    })
}

/// OpenSSL sends no certificate whose key is of no use there.
fn unsent(identity: &Identity) -> String {
    let key = &identity.key;
    let curve = key.ec_key().ok().and_then(|key| key.group().curve_name());
    let curve = curve.and_then(|curve| curve.short_name().ok());
    let kind = match key.id() {
        Id::EC => format!("EC, {}", curve.unwrap_or("a curve without a name")),
        Id::DSA => "DSA".into(),
        Id::RSA | Id::RSA_PSS => "RSA".into(),
        _ => "neither RSA nor EC".into(),
    };
    let unsent = format!(
        "{}: OpenSSL did not send it, since the broker accepts no signature by its key ({kind})",
        identity.shown()
    );
    match (key.id(), curve) {
        (Id::RSA | Id::RSA_PSS, _) | (_, Some("prime256v1")) => unsent,
        _ => format!("{unsent}; have one issued for an RSA key or for one on the curve P-256"),
    }
}
