//! The network of the operating system.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use super::{
    clock,
    network::{Fault, Network},
    poll,
    resolve::resolve,
    socket::Socket,
    tls::TlsContext,
};
use crate::{
    deadline::Deadline,
    error::{Error, Phase},
    random,
    stop::Stop,
};

/// Opens sockets; every wait also watches for an interrupt and for the deadline of the run.
pub(crate) struct Sockets<'a> {
    tls: Option<&'a TlsContext>,
    stop: Stop,
}

impl<'a> Sockets<'a> {
    /// The network for one run, which `stop` ends; it lasts at most `total` from now if it has not begun before.
    /// Without `tls`, connecting over TLS panics.
    pub(crate) fn new(tls: Option<&'a TlsContext>, stop: Stop, total: Option<Duration>) -> Self {
        Self { tls, stop: Stop { total: stop.total.or_else(|| begin(total)), ..stop } }
    }
}

/// The deadline of a run that begins now.
pub(crate) fn begin(total: Option<Duration>) -> Option<Deadline> {
    // Every run reaches this phase; the error of this deadline names no phase.
    total.map(|after| Deadline::after(clock::now(), after, Phase::Reply))
}

impl Network for Sockets<'_> {
    type Wire = Socket;

    fn now(&self) -> Instant {
        clock::now()
    }

    fn random(&self) -> u64 {
        random::number()
    }

    fn sleep(&self, until: Instant) -> Result<(), Error> {
        poll::sleep(until, &self.stop)
    }

    fn resolve(
        &self,
        host: &str,
        port: u16,
        deadline: &Deadline,
    ) -> Result<Vec<SocketAddr>, Fault> {
        resolve(host, port, deadline, &self.stop)
    }

    fn connect(
        &self,
        address: SocketAddr,
        tls: Option<&str>,
        deadline: &Deadline,
    ) -> Result<Socket, (Phase, Fault)> {
        // Without TLS, an eavesdropper would get the password.
        let tls = tls.map(|host| (self.context(), host));
        let socket = self.tcp(address, deadline).map_err(|fault| (Phase::Tcp, fault))?;
        let Some((context, host)) = tls else { return Ok(socket) };
        let shaken = socket.over_tls(context, host).and_then(|mut socket| {
            socket.handshake(deadline)?;
            Ok(socket)
        });
        shaken.map_err(|fault| (Phase::Tls, fault))
    }
}

/// The steps of [`Network::connect`].
impl Sockets<'_> {
    /// Opens a TCP connection to an address. Waits until `deadline`.
    pub(crate) fn tcp(&self, address: SocketAddr, deadline: &Deadline) -> Result<Socket, Fault> {
        Socket::connect(address, deadline, &self.stop)
    }

    /// The same connection for TLS with a host, before the handshake.
    pub(crate) fn over_tls(&self, socket: Socket, host: &str) -> Result<Socket, Fault> {
        socket.over_tls(self.context(), host)
    }

    fn context(&self) -> &TlsContext {
        self.tls.expect("a context for the brokers that need TLS")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "a context for the brokers that need TLS")]
    fn tls_is_never_left_out() {
        let network = Sockets::new(None, Stop::default(), None);
        let deadline = Deadline::after(network.now(), Duration::ZERO, Phase::Open);
        let _ = network.connect(([127, 0, 0, 1], 1).into(), Some("b"), &deadline);
    }
}
