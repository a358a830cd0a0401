//! TLS as a client: which brokers are trusted, and what OpenSSL's failures mean.

use std::{fs, io, net::TcpStream, os::fd::AsFd, path::Path};

use openssl::{
    error::ErrorStack,
    ssl::{
        ErrorCode, Ssl, SslContext, SslContextBuilder, SslMethod, SslMode, SslStream,
        SslVerifyMode, SslVersion,
    },
    x509::{
        X509, X509VerifyResult,
        store::X509StoreBuilder,
        verify::{X509CheckFlags, X509VerifyFlags},
    },
};

use super::{
    clock,
    host::Host,
    identity::Identity,
    network::{Fault, Turn},
    poll::{self, Readiness, Woken},
    ration::Rationed,
};
use crate::{
    config::TlsVerify,
    deadline::Deadline,
    error::{Error, TlsCause},
    stop::Stop,
};

/// The parts that all TLS connections of a run share.
pub(crate) struct TlsContext {
    context: SslContext,
    verify: TlsVerify,
}

impl TlsContext {
    /// Makes a context that verifies brokers only by the CA certificates in a file, with the client's identity.
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
    ) -> Result<Self, Error> {
        let authorities = ca.map_or(Ok(Vec::new()), authorities)?;
        let refused = |path: Option<&Path>| {
            let path = path.map(Path::to_path_buf).unwrap_or_default();
            |stack| Error::Certificate {
                path,
                problem: format!("OpenSSL does not accept it: {stack}"),
            }
        };
        let mut context = Self::trusting(authorities, verify).map_err(refused(ca))?;
        if let Some(identity) = identity {
            show(&mut context, identity).map_err(refused(Some(&identity.path)))?;
        }
        Ok(Self { context: context.build(), verify })
    }

    fn trusting(
        authorities: Vec<X509>,
        verify: TlsVerify,
    ) -> Result<SslContextBuilder, ErrorStack> {
        let mut store = X509StoreBuilder::new()?;
        for authority in authorities {
            store.add_cert(authority)?;
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
        Ok(context)
    }

    fn session(&self, host: &str) -> Result<Ssl, ErrorStack> {
        let mut ssl = Ssl::new(&self.context)?;
        let host = Host::of(host);
        if let Host::Name(name) = host {
            ssl.set_hostname(name)?;
        }
        if self.verify == TlsVerify::Full {
            let check = ssl.param_mut();
            check.set_hostflags(X509CheckFlags::NO_PARTIAL_WILDCARDS);
            match host {
                Host::Address(address) => check.set_ip(address)?,
                Host::Name(name) => check.set_host(name)?,
            }
        }
        Ok(ssl)
    }
}

/// Makes the context present the client's certificate if the broker asks for it.
fn show(context: &mut SslContextBuilder, identity: &Identity) -> Result<(), ErrorStack> {
    context.set_certificate(&identity.certificate)?;
    for intermediate in &identity.intermediates {
        context.add_extra_chain_cert(intermediate.clone())?;
    }
    context.set_private_key(&identity.key)
}

fn authorities(path: &Path) -> Result<Vec<X509>, Error> {
    let wrong = |problem: String| Error::Certificate { path: path.into(), problem };
    let pem = fs::read(path)
        .map_err(|error| wrong(format!("cannot read the CA certificates: {error}")))?;
    match X509::stack_from_pem(&pem) {
        Ok(stack) if stack.is_empty() => Err(wrong(
            "holds no certificate; expected PEM with \"-----BEGIN CERTIFICATE-----\"".into(),
        )),
        Ok(stack) => Ok(stack),
        Err(stack) => Err(wrong(format!("holds a damaged certificate: {stack}"))),
    }
}

/// Does the handshake. Waits for the broker until `deadline`.
pub(super) fn handshake(
    context: &TlsContext,
    host: &str,
    tcp: TcpStream,
    deadline: &Deadline,
    stop: &Stop,
) -> Result<SslStream<Rationed<TcpStream>>, Fault> {
    let start = || SslStream::new(context.session(host)?, Rationed::new(tcp));
    let mut stream = start().map_err(io::Error::other)?;
    loop {
        let Err(error) = stream.connect() else { return Ok(stream) };
        let want = match error.code() {
            ErrorCode::WANT_READ => Readiness { read: true, write: false },
            ErrorCode::WANT_WRITE => Readiness { read: false, write: true },
            _ => {
                return Err(match stream.ssl().verify_result() {
                    X509VerifyResult::OK => fault(error),
                    // OpenSSL records a failed check, but it did not end the handshake.
                    _ if context.verify == TlsVerify::None => fault(error),
                    result => distrust(result, host),
                });
            }
        };
        let woken = poll::wait(stream.get_ref().get_ref().as_fd(), want, deadline.at(), stop)?;
        // A peer may send useless bytes forever.
        if woken == Woken::Passed || deadline.has_passed(clock::now()) {
            return Err(Fault::Timeout);
        }
        stream.get_mut().refill();
    }
}

/// Reports which check of the broker's certificate failed.
fn distrust(result: X509VerifyResult, host: &str) -> Fault {
    // Numbers of OpenSSL's x509_vfy.h, which the crate does not name.
    let (cause, problem) = match result.as_raw() {
        18 => (
            TlsCause::UnknownAuthority,
            "the broker's certificate is self-signed and not in messaging_ca_cert".into(),
        ),
        // 7: an authority of the same name with another key, such as a renewed one.
        2 | 7 | 19 | 20 | 21 => (
            TlsCause::UnknownAuthority,
            format!(
                "the broker's certificate is not verified by messaging_ca_cert ({})",
                result.error_string()
            ),
        ),
        9 => (TlsCause::BrokerCertificate, "the broker's certificate is not valid yet".into()),
        10 => (TlsCause::BrokerCertificate, "the broker's certificate has expired".into()),
        62 | 64 => (
            TlsCause::OtherHost,
            format!("the broker's certificate is not for \"{host}\", the host in the URL"),
        ),
        _ => (
            TlsCause::BrokerCertificate,
            format!("the broker's certificate does not verify: {}", result.error_string()),
        ),
    };
    Fault::Untrusted(cause, problem)
}

/// Translates the result of a read or write on an established connection.
pub(super) fn turn(result: Result<usize, openssl::ssl::Error>) -> Result<Turn, Fault> {
    let error = match result {
        Ok(count) => return Ok(Turn::Done(count)),
        Err(error) => error,
    };
    match error.code() {
        ErrorCode::WANT_READ => Ok(Turn::Blocked(Readiness { read: true, write: false })),
        ErrorCode::WANT_WRITE => Ok(Turn::Blocked(Readiness { read: false, write: true })),
        ErrorCode::ZERO_RETURN => Ok(Turn::Ended),
        _ => match fault(error) {
            // Many peers close TCP without a close_notify of TLS; the engine knows whether that was too early.
            Fault::Io(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(Turn::Ended),
            fault => Err(fault),
        },
    }
}

/// OpenSSL's reasons for an alert of the peer are this plus the alert's number (ssl.h, `SSL_AD_REASON_OFFSET`).
const ALERTS: i32 = 1000;

/// Interprets an OpenSSL failure other than a failed verification.
fn fault(error: openssl::ssl::Error) -> Fault {
    let errors = error.ssl_error().map_or(&[][..], |stack| stack.errors());
    let Some(reason) = errors.first().and_then(|first| first.reason()) else {
        return match error.into_io_error() {
            Ok(error) => Fault::Io(error),
            Err(error) if error.code() == ErrorCode::SYSCALL => {
                Fault::Io(io::ErrorKind::UnexpectedEof.into())
            }
            Err(error) => Fault::Io(io::Error::other(error)),
        };
    };
    if reason.contains("unexpected eof") {
        return Fault::Io(io::ErrorKind::UnexpectedEof.into());
    }
    if reason.contains("protocol version") || reason.contains("unsupported protocol") {
        return Fault::Untrusted(
            TlsCause::Handshake,
            format!("the broker does not support TLS 1.2 or newer ({reason})"),
        );
    }
    if let Some(number) =
        errors[0].reason_code().checked_sub(ALERTS).and_then(|code| u8::try_from(code).ok())
    {
        // Named such as "tlsv1 alert unknown ca", "ssl/tls alert bad certificate", "tlsv1 unrecognized name".
        let alert = reason
            .split_once(" alert ")
            .or(reason.split_once(' '))
            .map_or(reason, |(_, alert)| alert);
        return Fault::Alert(number, alert.to_owned());
    }
    if [
        "wrong version number",
        "packet length too long",
        "http request",
        "record layer failure",
        "unexpected message",
    ]
    .iter()
    .any(|sign| reason.contains(sign))
    {
        return Fault::NotTls;
    }
    Fault::Io(io::Error::other(error))
}
