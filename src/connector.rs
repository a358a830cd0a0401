//! Opens connections to real or simulated brokers: the only place that knows every protocol.

use std::{net::SocketAddr, time::Instant};

use crate::{
    amqp::{self, Means, Mechanisms},
    config::{BrokerUrl, Protocol, Settings},
    connection::{self, Connection, Failure, Opened},
    deadline::Deadline,
    error::{Argument, Error, Phase},
    failover::{Connect, label},
    random,
    session::{Beginning, Login, Purpose, Session},
    transport::Network,
};
#[cfg(feature = "mqtt")]
use crate::{config::MqttVersion, mqtt};

/// The addresses of one run, as the brokers understand them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Route {
    pub(crate) send_to: String,
    pub(crate) listen_to: String,
    /// The client id over MQTT, if the configuration has one.
    pub(crate) client_id: Option<String>,
    /// There is a state file: a later run with this client id may go on with the session at a broker over MQTT.
    pub(crate) is_recorded: bool,
    /// An earlier run had this client id, and may have left its session at a broker over MQTT.
    pub(crate) goes_on: bool,
}

/// Opens connections on a network, for the requests of one run.
pub(crate) struct Connector<'a, N> {
    pub(crate) network: &'a N,
    pub(crate) settings: &'a Settings,
    pub(crate) route: &'a Route,
    pub(crate) password: Option<&'a str>,
}

/// What a session leaves for the next one at its broker; with AMQP nothing.
#[cfg(feature = "mqtt")]
pub(crate) type Memory = mqtt::Memory;
#[cfg(not(feature = "mqtt"))]
pub(crate) type Memory = ();

impl<N: Network> Connect for Connector<'_, N> {
    type Connection = Connection<Box<dyn Session>, N::Wire>;

    type Memory = Memory;

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
        memory: &Memory,
        deadline: &Deadline,
    ) -> Result<Opened<Self::Connection>, Failure> {
        let broker = label(url, address);
        let wire = self.network.connect(address, url.tls.then_some(url.host.as_str()), deadline);
        let wire = wire.map_err(|(phase, fault)| {
            let deadline = deadline.during(phase);
            Failure::OfBroker(connection::unconnected(fault, &broker, url.tls, &deadline))
        })?;
        let session = self.session(url, beginning, Purpose::Sign, first_reply, memory)?;
        Connection::open(broker, url.tls, session, wire, deadline)
    }
}

impl<N: Network> Connector<'_, N> {
    /// A session with a broker, which has not begun.
    ///
    /// # Errors
    /// A text that the protocol cannot carry.
    pub(crate) fn session(
        &self,
        url: &BrokerUrl,
        beginning: Beginning,
        purpose: Purpose,
        first_reply: u64,
        #[cfg_attr(not(feature = "mqtt"), allow(unused_variables))] memory: &Memory,
    ) -> Result<Box<dyn Session>, Failure> {
        let session: Result<Box<dyn Session>, _> = match url.protocol {
            Protocol::Amqp => self
                .amqp(url, beginning, purpose, first_reply)
                .map(|session| -> Box<dyn Session> { Box::new(session) }),
            #[cfg(feature = "mqtt")]
            Protocol::Mqtt => self
                .mqtt(purpose, first_reply, memory)
                .map(|session| -> Box<dyn Session> { Box::new(session) }),
            #[cfg(not(feature = "mqtt"))]
            Protocol::Mqtt => {
                Err("contains a broker of MQTT, without which this program is built".into())
            }
        };
        // This should not happen: the configuration, with addresses and passwords, is checked when it is read.
        session.map_err(|problem| Failure::OfRun(Error::argument(Argument::Address, problem)))
    }

    fn amqp(
        &self,
        url: &BrokerUrl,
        beginning: Beginning,
        purpose: Purpose,
        first_reply: u64,
    ) -> Result<amqp::Session, String> {
        let settings = self.settings;
        // The dot at the end of a name is no part of a virtual host's.
        let host = url.host.strip_suffix('.').unwrap_or(&url.host);
        let container_id = random::uuid_of(self.bits());
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
        session.map_err(|_| "contains a NUL character".into())
    }

    #[cfg(feature = "mqtt")]
    fn mqtt(
        &self,
        purpose: Purpose,
        first_reply: u64,
        memory: &Memory,
    ) -> Result<mqtt::Session, String> {
        let settings = self.settings;
        let silence = settings.longest_silence();
        mqtt::Session::new(&mqtt::Options {
            version: match settings.mqtt_version {
                MqttVersion::V5 => mqtt::Version::V5,
                MqttVersion::V311 => mqtt::Version::V311,
            },
            client_id: &self.client_id(),
            username: settings.username.as_deref(),
            password: self.password,
            idle_timeout: settings.idle_timeout,
            max_message_size: settings.max_message_size,
            purpose,
            listen_to: &self.route.listen_to,
            send_to: &self.route.send_to,
            ttl: settings.time_to_live(),
            // Replies extend a run, but silence does not: no run goes on for longer without a connection. The deadline ends
            // one run, but not those that follow with its state file.
            session_expiry: match settings.deadline {
                Some(deadline) if !self.route.is_recorded => deadline.min(silence),
                _ => silence,
            },
            goes_on: self.route.goes_on,
            first_reply,
            memory,
            decode: amqp::reply_of,
            now: self.network.now(),
        })
    }

    #[cfg(feature = "mqtt")]
    fn client_id(&self) -> String {
        let given = self.route.client_id.clone();
        given.unwrap_or_else(|| random::letters_of(self.bits()))
    }

    fn bits(&self) -> u128 {
        u128::from(self.network.random()) << 64 | u128::from(self.network.random())
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
