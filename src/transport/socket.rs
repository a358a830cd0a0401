//! A socket to a broker, over TCP or TLS; only waiting blocks.

use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpStream},
    os::fd::AsFd,
    time::Instant,
};

use socket2::{Domain, Protocol, SockRef, Type};

use super::{
    clock,
    facts::Tls,
    network::{Fault, Turn, Wire},
    poll::{self, Readiness, Woken},
    ration::Rationed,
    tls::{TlsContext, TlsStream},
};
use crate::{deadline::Deadline, error::Error, stop::Stop};

/// The bytes that may wait in the kernel for the line, before more are written.
const MOST_UNSENT: u32 = 128 * 1024;

pub(super) enum Stream {
    Tcp(Rationed<TcpStream>),
    Tls(TlsStream),
}

/// A connected byte stream, over TCP or TLS.
pub(crate) struct Socket {
    stream: Stream,
    stop: Stop,
}

impl Socket {
    /// Connects to an address. Waits until `deadline`.
    pub(super) fn connect(
        address: SocketAddr,
        deadline: &Deadline,
        stop: &Stop,
    ) -> Result<Self, Fault> {
        let stream = Stream::Tcp(Rationed::new(connect(address, deadline, stop)?));
        Ok(Self { stream, stop: stop.clone() })
    }

    /// The same connection for TLS with a host, before the handshake.
    pub(super) fn over_tls(self, context: &TlsContext, host: &str) -> Result<Self, Fault> {
        let stream = match self.stream {
            Stream::Tcp(tcp) => Stream::Tls(TlsStream::new(context, host, tcp)?),
            tls @ Stream::Tls(_) => tls,
        };
        Ok(Self { stream, ..self })
    }

    /// Does the handshake of TLS. Waits until `deadline`.
    pub(crate) fn handshake(&mut self, deadline: &Deadline) -> Result<(), Fault> {
        match &mut self.stream {
            Stream::Tcp(_) => Ok(()),
            Stream::Tls(tls) => tls.handshake(deadline, &self.stop),
        }
    }

    /// What is known of the TLS connection, if it is one, whether its handshake succeeded or failed.
    pub(crate) fn tls(&self) -> Option<Tls> {
        match &self.stream {
            Stream::Tcp(_) => None,
            Stream::Tls(tls) => Some(tls.facts()),
        }
    }
}

impl Wire for Socket {
    fn now(&self) -> Instant {
        clock::now()
    }

    fn read(&mut self, buffer: &mut [u8]) -> Result<Turn, Fault> {
        match &mut self.stream {
            Stream::Tcp(tcp) => {
                tcp.begin();
                plain(tcp.read(buffer), Readiness { read: true, write: false })
            }
            Stream::Tls(tls) => tls.read(buffer),
        }
    }

    fn write(&mut self, bytes: &[u8]) -> Result<Turn, Fault> {
        match &mut self.stream {
            Stream::Tcp(tcp) => plain(tcp.write(bytes), Readiness { read: false, write: true }),
            Stream::Tls(tls) => tls.write(bytes),
        }
    }

    fn wait(&mut self, want: Readiness, until: Instant) -> Result<(), Error> {
        let tcp = match &mut self.stream {
            Stream::Tcp(tcp) => {
                tcp.waits();
                tcp.get_ref()
            }
            Stream::Tls(tls) => {
                tls.waits();
                tls.tcp()
            }
        };
        poll::wait(tcp.as_fd(), want, until, &self.stop).map(drop)
    }

    fn shutdown(&mut self) {
        match &mut self.stream {
            Stream::Tcp(tcp) => drop(tcp.get_ref().shutdown(std::net::Shutdown::Write)),
            Stream::Tls(tls) => tls.shutdown(),
        }
    }

    fn remark(&self) -> Option<&str> {
        match &self.stream {
            Stream::Tcp(_) => None,
            Stream::Tls(tls) => tls.remark(),
        }
    }
}

fn plain(result: io::Result<usize>, want: Readiness) -> Result<Turn, Fault> {
    match result {
        Ok(0) if want.read => Ok(Turn::Ended),
        Ok(count) => Ok(Turn::Done(count)),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(Turn::Blocked(want)),
        Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(Turn::Done(0)),
        Err(error) => Err(error.into()),
    }
}

fn connect(address: SocketAddr, deadline: &Deadline, stop: &Stop) -> Result<TcpStream, Fault> {
    let domain = Domain::for_address(address);
    let socket = socket2::Socket::new(domain, Type::STREAM, Some(Protocol::TCP))?;
    socket.set_nonblocking(true)?;
    match socket.connect(&address.into()) {
        Ok(()) => {}
        Err(error) if error.raw_os_error() == Some(libc::EINPROGRESS) => {
            if poll::wait(
                socket.as_fd(),
                Readiness { read: false, write: true },
                deadline.at(),
                stop,
            )? == Woken::Passed
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
    // What waits in the kernel looks as if it were sent: this much at most, so that a slow line is seen to move. A system
    // that does not know the option only shows less.
    let _ = SockRef::from(&tcp).set_tcp_notsent_lowat(MOST_UNSENT);
    Ok(tcp)
}
