//! Opens connections to real or simulated brokers: the only place that knows every protocol.

use std::{ffi::NulError, net::SocketAddr, time::Instant};

use crate::{
    amqp::{self, Means, Mechanisms},
    config::{BrokerUrl, Settings},
    connection::{self, Connection, Failure, Opened},
    deadline::Deadline,
    error::{Argument, Error, Phase},
    failover::{Connect, label},
    random,
    session::{Beginning, Login, Purpose, Session},
    transport::Network,
};

/// The addresses of one run, as the brokers understand them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Route {
    pub(crate) send_to: String,
    pub(crate) listen_to: String,
    /// The client id over MQTT, if the configuration has one.
    pub(crate) client_id: Option<String>,
}

/// Opens connections on a network, for the requests of one run.
pub(crate) struct Connector<'a, N> {
    pub(crate) network: &'a N,
    pub(crate) settings: &'a Settings,
    pub(crate) route: &'a Route,
    pub(crate) password: Option<&'a str>,
}

impl<N: Network> Connect for Connector<'_, N> {
    type Connection = Connection<Box<dyn Session>, N::Wire>;

    /// An AMQP session leaves nothing for the next one.
    type Memory = ();

    fn now(&self) -> Instant {
        self.network.now()
    }

    fn sleep(&self, until: Instant) -> Result<(), Error> {
        self.network.sleep(until)
    }

    fn addresses(&self, url: &BrokerUrl, deadline: &Deadline) -> Result<Vec<SocketAddr>, Error> {
        self.network.resolve(&url.host, url.port, deadline).map_err(|fault| {
            let deadline = deadline.during(Phase::Resolve);
            connection::unconnected(fault, &url.to_string(), url.tls, &deadline)
        })
    }

    fn open(
        &self,
        url: &BrokerUrl,
        address: SocketAddr,
        beginning: Beginning,
        first_reply: u64,
        _memory: &(),
        deadline: &Deadline,
    ) -> Result<Opened<Self::Connection>, Failure> {
        let broker = label(url, address);
        let wire = self.network.connect(address, url.tls.then_some(url.host.as_str()), deadline);
        let wire = wire.map_err(|(phase, fault)| {
            let deadline = deadline.during(phase);
            Failure::OfBroker(connection::unconnected(fault, &broker, url.tls, &deadline))
        })?;
        let session = self.session(url, beginning, Purpose::Sign, first_reply)?;
        Connection::open(broker, url.tls, session, wire, deadline)
    }
}

impl<N: Network> Connector<'_, N> {
    /// A session with a broker, which has not begun.
    ///
    /// # Errors
    /// An address that C cannot hold.
    pub(crate) fn session(
        &self,
        url: &BrokerUrl,
        beginning: Beginning,
        purpose: Purpose,
        first_reply: u64,
    ) -> Result<Box<dyn Session>, Failure> {
        let settings = self.settings;
        let bits = u128::from(self.network.random()) << 64 | u128::from(self.network.random());
        // The dot at the end of a name is no part of a virtual host's.
        let host = url.host.strip_suffix('.').unwrap_or(&url.host);
        let container_id = random::uuid_of(bits);
        let session = amqp::Session::new(&amqp::Options {
            container_id: &container_id,
            receiver_name: &format!("{container_id}-{}", self.route.listen_to),
            sender_name: &format!("{container_id}-{}", self.route.send_to),
            mechanisms: self.mechanisms(beginning.login),
            means: Means {
                tls: url.tls,
                certificate: url.tls && settings.certificate.is_some(),
                username: settings.username.is_some(),
            },
            hostname: settings.open_hostname.as_deref().unwrap_or(host),
            idle_timeout: settings.idle_timeout,
            max_message_size: settings.max_message_size,
            purpose,
            listen_to: &self.route.listen_to,
            source_capability: settings.receiver_capability.symbol(),
            target_capability: settings.sender_capability.symbol(),
            send_to: &self.route.send_to,
            target: beginning.target,
            durable: settings.durable,
            ttl: settings.time_to_live(),
            first_reply,
            now: self.network.now(),
        });
        match session {
            Ok(session) => Ok(Box::new(session)),
            Err(nul) => Err(Failure::OfRun(holds_nul(&nul))),
        }
    }
}

impl<N> Connector<'_, N> {
    /// The SASL mechanisms of a login; `None`: no SASL layer.
    fn mechanisms(&self, login: Login) -> Option<Mechanisms<'_>> {
        Some(match login {
            Login::Bare => return None,
            Login::Anonymous => Mechanisms::Anonymous,
            Login::External => Mechanisms::External,
            Login::ExternalOrAnonymous => Mechanisms::ExternalOrAnonymous,
            Login::Plain => Mechanisms::Plain {
                user: self.settings.username.as_deref().unwrap_or_default(),
                password: self.password.unwrap_or_default(),
            },
        })
    }
}

/// An error that should not happen: the configuration, with addresses and passwords, is checked for NUL when it is read.
fn holds_nul(_: &NulError) -> Error {
    Error::argument(Argument::Address, "contains a NUL character")
}
