//! The verification of a broker's certificate: what OpenSSL does not check, and what it finds.

use std::sync::{Arc, OnceLock};

use openssl::{
    ssl::{Ssl, SslRef, SslVerifyMode},
    x509::{X509, X509Ref, X509StoreContextRef, X509VerifyResult},
};

use super::authorities::Authorities;

/// Why a certificate does not verify.
pub(super) struct Finding {
    pub(super) kind: Kind,
    /// The certificate that it is about.
    pub(super) certificate: X509,
    /// The broker's own certificate.
    pub(super) broker: Option<X509>,
    /// How far that is from the broker's own, which is 0.
    pub(super) depth: u32,
}

/// Which check failed.
pub(super) enum Kind {
    /// One of OpenSSL's.
    Result(X509VerifyResult),
    /// The file of the authorities does not trust it for servers.
    Distrusted,
    /// When, and where that is said.
    Revoked(String),
}

/// What is known of the verification of one broker.
pub(super) struct Verification {
    pub(super) authorities: Arc<Authorities>,
    finding: Arc<OnceLock<Finding>>,
}

impl Verification {
    pub(super) fn new(authorities: Arc<Authorities>) -> Self {
        Self { authorities, finding: Arc::default() }
    }

    /// Adds the client's checks to those of OpenSSL.
    pub(super) fn watch(&self, ssl: &mut Ssl) {
        let (authorities, first) = (Arc::clone(&self.authorities), Arc::clone(&self.finding));
        ssl.set_verify_callback(SslVerifyMode::PEER, move |is_good, store| {
            let found = if is_good { objection(&authorities, store) } else { failure(store) };
            let is_right = is_good && found.is_none();
            if let Some(found) = found {
                if is_good {
                    store.set_error(X509VerifyResult::APPLICATION_VERIFICATION);
                }
                let _later = first.set(found);
            }
            is_right
        });
    }

    /// What ended the handshake, if that was the verification.
    pub(super) fn finding(&self) -> Option<&Finding> {
        self.finding.get()
    }

    /// Warns of authorities whose end is near, once they have verified a broker.
    pub(super) fn succeeded(&self, ssl: &SslRef) {
        for certificate in ssl.verified_chain().into_iter().flatten() {
            self.authorities.warn_of_its_end(certificate);
        }
    }
}

fn failure(store: &X509StoreContextRef) -> Option<Finding> {
    Some(Finding {
        kind: Kind::Result(store.error()),
        certificate: store.current_cert()?.to_owned(),
        broker: store.chain().and_then(|chain| chain.get(0)).map(ToOwned::to_owned),
        depth: store.error_depth(),
    })
}

/// Checks the whole chain once it is known, which is when its last certificate, the broker's, has been verified.
fn objection(authorities: &Authorities, store: &X509StoreContextRef) -> Option<Finding> {
    let chain = store.chain().filter(|_| store.error_depth() == 0)?;
    let broker = chain.get(0).map(ToOwned::to_owned);
    let issuers: Vec<_> = chain.iter().chain(authorities.trusted()).collect();
    let (depth, certificate, kind) =
        (0..).zip(chain).find_map(|(depth, certificate): (u32, &X509Ref)| {
            if authorities.distrusts(certificate) {
                return Some((depth, certificate, Kind::Distrusted));
            }
            let revoked = authorities.revocations.of(certificate, &issuers)?;
            Some((depth, certificate, Kind::Revoked(revoked)))
        })?;
    Some(Finding { kind, certificate: certificate.to_owned(), broker, depth })
}
