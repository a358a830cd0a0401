//! Whether OpenSSL itself works here; otherwise a file would be blamed for it.

use std::{
    io::{self, Read, Write},
    path::PathBuf,
};

use openssl::{
    error::ErrorStack,
    md::Md,
    ssl::{ErrorCode, Ssl, SslContext, SslMethod, SslStream, SslVersion},
};

use super::strength;
use crate::error::Error;

/// Checks that OpenSSL has random numbers.
///
/// # Errors
/// [`Error::Config`], which names OpenSSL's configuration file.
pub(crate) fn check_openssl() -> Result<(), Error> {
    openssl::init();
    random().map_err(unusable)
}

/// The cause of an error about certificates or TLS: OpenSSL's configuration, if that leaves too little for these.
pub(crate) fn or_openssl(error: Error) -> Error {
    tls().map_or_else(unusable, |()| error)
}

fn unusable(problem: String) -> Error {
    Error::Config {
        path: configuration(),
        key: String::new(),
        problem: format!("OpenSSL cannot work with its configuration, this file: {problem}"),
    }
}

fn random() -> Result<(), String> {
    openssl::rand::rand_bytes(&mut [0; 1]).map_err(|stack| {
        format!(
            "no random numbers ({}); check its providers and default_properties, and that the system allows getrandom(2)",
            strength::reasons(&stack)
        )
    })
}

fn tls() -> Result<(), String> {
    let remedy = "check its providers and default_properties";
    Md::fetch(None, "SHA2-256", None)
        .map_err(|stack| format!("no SHA-256 ({}); {remedy}", strength::reasons(&stack)))?;
    let mut context = SslContext::builder(SslMethod::tls_client())
        .map_err(|stack| format!("no TLS ({}); {remedy}", strength::reasons(&stack)))?;
    let old = [SslVersion::SSL3, SslVersion::TLS1, SslVersion::TLS1_1];
    match context.max_proto_version() {
        Some(newest) if old.contains(&newest) => {
            Err("MaxProtocol allows no version of TLS from 1.2 on".into())
        }
        _ => context
            .set_min_proto_version(Some(SslVersion::TLS1_2))
            .and_then(|()| greeting(&context.build()))
            .map_err(|stack| format!("no TLS ({}); check its ssl_conf", strength::reasons(&stack))),
    }
}

/// Tries whether protocols, ciphers and groups are left for a client to offer.
pub(super) fn greeting(context: &SslContext) -> Result<(), ErrorStack> {
    let mut stream = SslStream::new(Ssl::new(context)?, Silent)?;
    match stream.connect() {
        Err(error) if error.code() == ErrorCode::SSL => {
            Err(error.ssl_error().cloned().unwrap_or_else(ErrorStack::get))
        }
        _ => Ok(()),
    }
}

/// A peer that never says anything.
struct Silent;

impl Read for Silent {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::ErrorKind::WouldBlock.into())
    }
}

impl Write for Silent {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The file that OpenSSL reads when it starts.
fn configuration() -> PathBuf {
    if let Some(named) = std::env::var_os("OPENSSL_CONF").filter(|named| !named.is_empty()) {
        return named.into();
    }
    // Such as: OPENSSLDIR: "/usr/lib/ssl"
    let folder = openssl::version::dir().split('"').nth(1).unwrap_or_default();
    PathBuf::from(folder).join("openssl.cnf")
}
