//! A TLS connection: the handshake, and bytes without waiting.

use std::{io, net::TcpStream, os::fd::AsFd};

use openssl::{
    ssl::{ErrorCode, SslStream},
    x509::X509Ref,
};

use super::{context::TlsContext, distrust, fault, host::Host, verification::Verification};
use crate::{
    config::TlsVerify,
    deadline::Deadline,
    stop::Stop,
    transport::{
        clock,
        facts::Tls,
        identity::Remarks,
        network::{Fault, Turn},
        poll::{self, Readiness, Woken},
        ration::Rationed,
    },
};

/// A TLS connection to a broker.
pub(in crate::transport) struct TlsStream {
    stream: SslStream<Rationed<TcpStream>>,
    /// Why the broker may refuse the client's certificate, which it may do long after the handshake.
    remarks: Remarks,
    verification: Verification,
    verify: TlsVerify,
    host: String,
    /// How the stream ended after the bytes that were handed out last.
    ended: Option<Result<Turn, Fault>>,
}

impl TlsStream {
    /// A connection with a host, before its handshake.
    pub(in crate::transport) fn new(
        context: &TlsContext,
        host: &str,
        tcp: Rationed<TcpStream>,
    ) -> Result<Self, Fault> {
        let (ssl, verification) = context.session(&Host::of(host)).map_err(fault::unmade)?;
        let stream = SslStream::new(ssl, tcp).map_err(fault::unmade)?;
        let (remarks, verify) = (context.remarks.clone(), context.verify);
        Ok(Self { stream, remarks, verification, verify, host: host.into(), ended: None })
    }

    /// Does the handshake. Waits for the broker until `deadline`.
    pub(in crate::transport) fn handshake(
        &mut self,
        deadline: &Deadline,
        stop: &Stop,
    ) -> Result<(), Fault> {
        loop {
            let Err(error) = self.stream.connect() else {
                self.verification.succeeded(self.stream.ssl());
                return Ok(());
            };
            let want = match error.code() {
                ErrorCode::WANT_READ => Readiness { read: true, write: false },
                ErrorCode::WANT_WRITE => Readiness { read: false, write: true },
                _ => {
                    return Err(match self.verification.finding() {
                        Some(finding) if self.verify != TlsVerify::None => {
                            let level = self.stream.ssl().security_level();
                            let authorities = &self.verification.authorities;
                            let (cause, words) =
                                distrust::words(finding, &self.host, level, authorities);
                            Fault::Untrusted(cause, words)
                        }
                        _ => self.fault(error),
                    });
                }
            };
            let woken = poll::wait(self.tcp().as_fd(), want, deadline.at(), stop)?;
            // A peer may send useless bytes forever.
            if woken == Woken::Passed || deadline.has_passed(clock::now()) {
                return Err(Fault::Timeout);
            }
            self.stream.get_mut().waits();
        }
    }

    /// What is known of it, before and after a handshake that succeeded or failed.
    pub(in crate::transport) fn facts(&self) -> Tls {
        let refused = self.verification.finding().and_then(|finding| finding.broker.as_ref());
        let doubt = |x509: &X509Ref| self.verification.authorities.end_of(x509);
        Tls::of(self.stream.ssl(), self.verify, refused, doubt)
    }

    /// Reads the available bytes, of several records if there are any.
    pub(in crate::transport) fn read(&mut self, buffer: &mut [u8]) -> Result<Turn, Fault> {
        if let Some(ended) = self.ended.take() {
            return ended;
        }
        self.stream.get_mut().begin();
        let mut count = 0;
        while count < buffer.len() {
            let result = self.stream.ssl_read(&mut buffer[count..]);
            match self.turn(result) {
                Ok(Turn::Done(more)) => count += more,
                other if count == 0 => return other,
                Ok(Turn::Blocked(_)) => break,
                ended => {
                    self.ended = Some(ended);
                    break;
                }
            }
        }
        Ok(Turn::Done(count))
    }

    /// Writes as many bytes as the connection accepts.
    pub(in crate::transport) fn write(&mut self, bytes: &[u8]) -> Result<Turn, Fault> {
        self.stream.get_mut().begin();
        let result = self.stream.ssl_write(bytes);
        self.turn(result)
    }

    /// Notes that the caller waits for the connection.
    pub(in crate::transport) fn waits(&mut self) {
        self.stream.get_mut().waits();
    }

    /// The connection below.
    pub(in crate::transport) fn tcp(&self) -> &TcpStream {
        self.stream.get_ref().get_ref()
    }

    /// Why the broker may not accept the client's certificate, if that can be seen in it.
    pub(in crate::transport) fn remark(&self) -> Option<&str> {
        self.remarks.on_a_hang_up()
    }

    /// Ends the client's side. Failures no longer matter.
    pub(in crate::transport) fn shutdown(&mut self) {
        drop(self.stream.shutdown());
    }

    /// Translates the result of a read or write on an established connection.
    fn turn(&self, result: Result<usize, openssl::ssl::Error>) -> Result<Turn, Fault> {
        let error = match result {
            Ok(count) => return Ok(Turn::Done(count)),
            Err(error) => error,
        };
        match error.code() {
            ErrorCode::WANT_READ => Ok(Turn::Blocked(Readiness { read: true, write: false })),
            ErrorCode::WANT_WRITE => Ok(Turn::Blocked(Readiness { read: false, write: true })),
            ErrorCode::ZERO_RETURN => Ok(Turn::Ended),
            _ => match self.fault(error) {
                // Many peers close TCP without a close_notify of TLS; the engine knows whether that was too early.
                Fault::Io(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(Turn::Ended),
                fault => Err(fault),
            },
        }
    }

    fn fault(&self, error: openssl::ssl::Error) -> Fault {
        match fault::of(error, self.stream.ssl().security_level()) {
            Fault::Alert(number, words) => match self.remarks.on_an_alert(number) {
                Some(remark) => Fault::Alert(number, format!("{words}; {remark}")),
                None => Fault::Alert(number, words),
            },
            fault => fault,
        }
    }
}
