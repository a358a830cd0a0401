//! The parts that all TLS connections of a run share.

use std::{path::Path, sync::Arc};

use openssl::{
    error::ErrorStack,
    ssl::{Ssl, SslContext, SslContextBuilder, SslMethod, SslMode, SslVerifyMode, SslVersion},
    x509::{
        store::X509StoreBuilder,
        verify::{X509CheckFlags, X509VerifyFlags},
    },
};

use super::{authorities::Authorities, host::Host, verification::Verification};
use crate::{
    config::TlsVerify,
    error::Error,
    transport::{
        certificate,
        facts::Certificate,
        identity::{Identity, Remarks},
        library, strength,
    },
};

/// The parts that all TLS connections of a run share.
pub(crate) struct TlsContext {
    context: SslContext,
    authorities: Arc<Authorities>,
    pub(super) verify: TlsVerify,
    /// Why a broker may refuse the client's certificate.
    pub(super) remarks: Remarks,
}

impl TlsContext {
    /// Makes a context that verifies brokers only by the CA certificates of a file or folder, with the client's
    /// identity. `alpn` are the protocol names that it offers; a broker may choose one of them, or none.
    ///
    /// It does not use OpenSSL's ready-made connector, which loads the system's certificates: these must not
    /// verify a broker, and loading them takes longer than the handshake.
    ///
    /// # Errors
    /// [`Error::Certificate`], which names the file: the CA's or, if OpenSSL finds it too weak, the client's.
    pub(crate) fn new(
        ca: Option<&Path>,
        identity: Option<&Identity>,
        verify: TlsVerify,
        alpn: &[String],
    ) -> Result<Self, Error> {
        let authorities = ca.map_or(Ok(Authorities::default()), Authorities::load)?;
        let refused = |stack: ErrorStack| Error::Certificate {
            path: ca.map(Path::to_path_buf).unwrap_or_default(),
            problem: format!("OpenSSL does not accept it: {}", strength::reasons(&stack)),
        };
        let mut context = trusting(&authorities, verify).map_err(refused)?;
        if let Some(identity) = identity {
            identity.show(&mut context)?;
        }
        if !alpn.is_empty() {
            context.set_alpn_protos(&encoded(alpn)).map_err(refused)?;
        }
        let context = context.build();
        library::greeting(&context).map_err(refused)?;
        identity.inspect(|identity| identity.warn(context.security_level()));
        Ok(Self {
            context,
            authorities: Arc::new(authorities),
            verify,
            remarks: Remarks::of(identity),
        })
    }

    /// The certificates that may vouch for brokers, to be shown.
    pub(crate) fn authorities(&self) -> Vec<Certificate> {
        self.authorities.trusted().map(Certificate::of).collect()
    }

    /// A session with a broker, and what the verification of its certificate finds.
    pub(super) fn session(&self, host: &Host) -> Result<(Ssl, Verification), ErrorStack> {
        let mut ssl = Ssl::new(&self.context)?;
        if let Some(name) = host.name() {
            ssl.set_hostname(name)?;
        }
        if self.verify == TlsVerify::Full {
            let check = ssl.param_mut();
            check.set_hostflags(X509CheckFlags::NO_PARTIAL_WILDCARDS);
            match host {
                Host::Address(address) => check.set_ip(*address)?,
                Host::Name(name) => check.set_host(name)?,
            }
        }
        let verification = Verification::new(Arc::clone(&self.authorities));
        if self.verify != TlsVerify::None {
            verification.watch(&mut ssl);
        }
        Ok((ssl, verification))
    }
}

/// Protocol names, each behind its length (RFC 7301, section 3.1). They were checked when they were read.
fn encoded(alpn: &[String]) -> Vec<u8> {
    alpn.iter().flat_map(|name| [name.len() as u8].into_iter().chain(name.bytes())).collect()
}

fn trusting(authorities: &Authorities, verify: TlsVerify) -> Result<SslContextBuilder, ErrorStack> {
    let mut store = X509StoreBuilder::new()?;
    for authority in authorities.trusted() {
        store.add_cert(authority.to_owned())?;
    }
    // Each certificate of the file is trusted, even an intermediate one: the file says which to trust.
    store.set_flags(X509VerifyFlags::PARTIAL_CHAIN)?;
    let mut context = SslContext::builder(SslMethod::tls_client())?;
    context.set_min_proto_version(Some(SslVersion::TLS1_2))?;
    context.set_cert_store(store.build());
    context.set_verify(if verify == TlsVerify::None {
        SslVerifyMode::NONE
    } else {
        SslVerifyMode::PEER
    });
    // Between calls the engine keeps the beginning of its output, but may move it in memory.
    context.set_mode(SslMode::ENABLE_PARTIAL_WRITE | SslMode::ACCEPT_MOVING_WRITE_BUFFER);
    // OpenSSL would also send the issuers of the client's certificate that it finds among the authorities, and verify
    // the signature of each. A broker has no use for others than intermediate ones.
    if authorities.trusted().all(certificate::is_self_issued) {
        context.set_mode(SslMode::NO_AUTO_CHAIN);
    }
    Ok(context)
}
