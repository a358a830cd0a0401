//! A byte stream to a broker that never blocks.

use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpStream},
    os::fd::AsFd,
    time::Instant,
};

use openssl::ssl::SslStream;
use socket2::{Domain, Protocol, SockRef, Socket, Type};

use super::{
    poll::{self, Want, Woken},
    ration::Rationed,
    resolve::resolve,
    tls::{self, TlsContext},
};
use crate::{
    deadline::Deadline,
    error::{Error, Phase, TlsCause},
    stop::Stop,
};

/// Why a byte stream could not be opened, or ended.
#[derive(Debug)]
pub(crate) enum Fault {
    Io(io::Error),
    /// The deadline passed.
    Timeout,
    /// The broker's certificate did not verify, or the broker has no TLS that is safe; in words.
    Untrusted(TlsCause, String),
    /// The broker sent a TLS alert: its number (RFC 8446, 6), and in words.
    Alert(u8, String),
    /// What the peer speaks is not TLS.
    NotTls,
    /// The run was ended from outside.
    Stopped(Error),
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// What came of reading or writing without waiting.
#[derive(Debug)]
pub(crate) enum Turn {
    /// So many bytes went through.
    Done(usize),
    /// Nothing goes until the socket is ready for this. TLS may want to write in order to read.
    Blocked(Want),
    /// The peer sends no more.
    Ended,
}

pub(super) enum Stream {
    Tcp(TcpStream),
    Tls(SslStream<Rationed<TcpStream>>),
}

/// A connected byte stream, over TCP or TLS.
pub(crate) struct Wire {
    stream: Stream,
}

impl Wire {
    /// Looks up the host, connects to the first of its addresses that answers, and does the TLS
    /// handshake where a context is given. Waits until `deadline` in all.
    ///
    /// # Errors
    /// What failed, and in which phase.
    pub(crate) fn connect(
        host: &str,
        port: u16,
        tls: Option<&TlsContext>,
        deadline: &Deadline,
        stop: &Stop,
    ) -> Result<Self, (Phase, Fault)> {
        let addresses =
            resolve(host, port, deadline, stop).map_err(|fault| (Phase::Resolve, fault))?;
        let tcp = connect_any(&addresses, deadline, stop).map_err(|fault| (Phase::Tcp, fault))?;
        let stream = match tls {
            None => Stream::Tcp(tcp),
            Some(context) => Stream::Tls(
                tls::handshake(context, host, tcp, deadline, stop)
                    .map_err(|fault| (Phase::Tls, fault))?,
            ),
        };
        Ok(Self { stream })
    }

    /// Reads what is there.
    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> Result<Turn, Fault> {
        match &mut self.stream {
            Stream::Tcp(tcp) => plain(tcp.read(buffer), Want { read: true, write: false }),
            Stream::Tls(tls) => {
                tls.get_mut().refill();
                tls::turn(tls.ssl_read(buffer))
            }
        }
    }

    /// Writes what the socket takes. After [`Turn::Blocked`] the same bytes must come first again.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<Turn, Fault> {
        match &mut self.stream {
            Stream::Tcp(tcp) => plain(tcp.write(bytes), Want { read: false, write: true }),
            Stream::Tls(tls) => {
                tls.get_mut().refill();
                tls::turn(tls.ssl_write(bytes))
            }
        }
    }

    /// Waits until the socket is ready or `until` is reached.
    pub(crate) fn wait(&self, want: Want, until: Instant, stop: &Stop) -> Result<Woken, Error> {
        let tcp = match &self.stream {
            Stream::Tcp(tcp) => tcp,
            Stream::Tls(tls) => tls.get_ref().get_ref(),
        };
        poll::wait(tcp.as_fd(), want, until, stop)
    }

    /// Says that nothing more is sent. Failures no longer matter.
    pub(crate) fn shutdown(&mut self) {
        match &mut self.stream {
            Stream::Tcp(tcp) => drop(tcp.shutdown(std::net::Shutdown::Write)),
            Stream::Tls(tls) => drop(tls.shutdown()),
        }
    }
}

fn plain(result: io::Result<usize>, want: Want) -> Result<Turn, Fault> {
    match result {
        Ok(0) if want.read => Ok(Turn::Ended),
        Ok(count) => Ok(Turn::Done(count)),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(Turn::Blocked(want)),
        Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(Turn::Done(0)),
        Err(error) => Err(error.into()),
    }
}

/// Tries the addresses in turn, each with its share of the time that is left.
fn connect_any(
    addresses: &[SocketAddr],
    deadline: &Deadline,
    stop: &Stop,
) -> Result<TcpStream, Fault> {
    let mut last = Fault::Timeout;
    for (index, address) in addresses.iter().enumerate() {
        match connect(*address, &deadline.share(addresses.len() - index), stop) {
            Err(Fault::Stopped(error)) => return Err(Fault::Stopped(error)),
            Err(fault) => {
                log::debug!("{address}: {fault:?}");
                last = fault;
            }
            connected => return connected,
        }
    }
    Err(last)
}

fn connect(address: SocketAddr, deadline: &Deadline, stop: &Stop) -> Result<TcpStream, Fault> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_nonblocking(true)?;
    match socket.connect(&address.into()) {
        Ok(()) => {}
        Err(error) if error.raw_os_error() == Some(libc::EINPROGRESS) => {
            if poll::wait(socket.as_fd(), Want { read: false, write: true }, deadline.at(), stop)?
                == Woken::Passed
            {
                return Err(Fault::Timeout);
            }
            if let Some(error) = socket.take_error()? {
                return Err(error.into());
            }
        }
        Err(error) => return Err(error.into()),
    }
    let tcp = TcpStream::from(socket);
    // Small frames must not wait for the acknowledgement of earlier ones.
    SockRef::from(&tcp).set_tcp_nodelay(true)?;
    Ok(tcp)
}
