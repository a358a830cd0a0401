//! The sandbox as a whole: files, broker and signing server, from start to stop.

use std::{
    fs, io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, mpsc},
    time::Duration,
};

use openssl::{hash::MessageDigest, ssl::SslContext};
use tokio::runtime::Runtime;

use crate::{
    body::{self, Body},
    broker::{Broker, Door, Item, listen, tls_context},
    config,
    faults::Rule,
    openpgp::KeyKind,
    options::{Options, Weakness},
    pki::{Authority, Subject, Validity, write_private},
    record::Record,
    signing::{Keys, Signer},
};

/// How long dropping waits until the ports are closed.
const STOP_LIMIT: Duration = Duration::from_secs(2);

/// A running broker with its signing server, on its own threads. Dropping it stops everything.
#[derive(Debug)]
pub struct Sandbox {
    broker: Arc<Broker>,
    authority: Authority,
    /// Each name of a signing key, with its fingerprint.
    fingerprints: Vec<(String, String)>,
    dir: PathBuf,
    /// Of each broker.
    amqps: Vec<SocketAddr>,
    amqp: Option<SocketAddr>,
    /// Of each broker.
    mqtts: Vec<SocketAddr>,
    mqtt: Option<SocketAddr>,
    /// Taken when it stops.
    runtime: Option<Runtime>,
    /// Ends when the last port is closed.
    closed: Mutex<mpsc::Receiver<()>>,
    listeners: Vec<tokio::task::JoinHandle<()>>,
}

impl Sandbox {
    /// Writes certificates, keys and `config.yaml`, and listens on free ports of 127.0.0.1.
    ///
    /// # Errors
    ///
    /// If files cannot be written, keys cannot be made or ports cannot be opened.
    pub fn start(options: Options) -> io::Result<Self> {
        let dir = prepare_dir(&options.dir)?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(options.workers)
            .max_blocking_threads(options.workers)
            .thread_name("amqp-sandbox")
            .enable_all()
            .build()?;

        let authority = match &options.authority {
            Some(authority) => authority.clone(),
            None => Authority::new("amqp-sandbox CA")?,
        };
        let tls = prepare_tls(&options, &authority, &dir)?;
        let names = options.keys.iter().map(|name| (name.clone(), KeyKind::default()));
        let names: Vec<_> = names.chain(options.more_keys.iter().cloned()).collect();
        let keys = Keys::generate(&names).map_err(io::Error::other)?;
        fs::write(dir.join(PUBLIC_KEYS), keys.public_armoured())?;
        let fingerprints = keys.fingerprints();

        let broker = Arc::new(Broker::new(options));
        let options = &broker.options;
        let context = runtime.enter();
        let (done, closed) = mpsc::channel();
        let closed = Mutex::new(closed);
        let mut listeners = Vec::new();
        let mut open = |port: u16, tls: Option<SslContext>, door: Door| -> io::Result<SocketAddr> {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
            listener.set_nonblocking(true)?;
            let address = listener.local_addr()?;
            let listener = tokio::net::TcpListener::from_std(listener)?;
            let listening = listen(listener, tls, door, Arc::clone(&broker), done.clone());
            listeners.push(runtime.spawn(listening));
            Ok(address)
        };
        // Of each broker, the first is given.
        let ports = |first: u16, wanted: bool| {
            let ports = std::iter::once(first).chain(std::iter::repeat_n(0, options.more_brokers));
            ports.filter(move |_| wanted).enumerate()
        };
        let amqps = ports(options.amqps_port, options.amqps)
            .map(|(_, port)| open(port, Some(tls.clone()), Door::Amqp))
            .collect::<Result<_, _>>()?;
        let amqp = options.amqp.then(|| open(options.amqp_port, None, Door::Amqp)).transpose()?;
        let mqtts = ports(options.mqtts_port, options.mqtts)
            .map(|(number, port)| open(port, Some(tls.clone()), Door::Mqtt(number)))
            .collect::<Result<_, _>>()?;
        // Without TLS, it is the first broker.
        let mqtt =
            options.mqtt.then(|| open(options.mqtt_port, None, Door::Mqtt(0))).transpose()?;

        let signer = Arc::new(Signer::new(keys, Arc::clone(&broker)));
        for (requests, replies) in &options.signing {
            signer.start(requests, replies);
        }
        drop(context);

        let runtime = Some(runtime);
        let sandbox = Self {
            broker,
            authority,
            fingerprints,
            dir,
            amqps,
            amqp,
            mqtts,
            mqtt,
            runtime,
            closed,
            listeners,
        };
        sandbox.write_config(config::Protocol::Amqp)?;
        sandbox.write_config(config::Protocol::Mqtt)?;
        Ok(sandbox)
    }

    /// Writes the configuration of a client, if there is a broker for it.
    fn write_config(&self, protocol: config::Protocol) -> io::Result<()> {
        let (urls, path) = match protocol {
            config::Protocol::Amqp => (self.amqp_urls(), self.config_file()),
            config::Protocol::Mqtt => (self.mqtt_urls(), self.mqtt_config_file()),
        };
        if urls.is_empty() {
            return Ok(());
        }
        let yaml = config::yaml(&config::Client {
            protocol,
            broker_urls: &urls,
            client_pem: &self.client_pem(),
            ca_file: &self.ca_file(),
            certificates: &self.public_key_file(),
            keys: &self.fingerprints,
        });
        fs::write(path, yaml)
    }

    /// `amqps://localhost:PORT`, of the first broker
    ///
    /// # Panics
    ///
    /// If the options have no such listener.
    pub fn amqps_url(&self) -> String {
        self.amqps_urls().into_iter().next().expect("the sandbox does not listen with TLS")
    }

    /// `amqps://localhost:PORT`, of each broker
    pub fn amqps_urls(&self) -> Vec<String> {
        self.amqps.iter().map(|address| format!("amqps://localhost:{}", address.port())).collect()
    }

    /// `amqp://localhost:PORT`
    ///
    /// # Panics
    ///
    /// If the options have no such listener.
    pub fn amqp_url(&self) -> String {
        let address = self.amqp.expect("the sandbox does not listen without TLS");
        format!("amqp://localhost:{}", address.port())
    }

    /// `mqtts://localhost:PORT`, of the first broker
    ///
    /// # Panics
    ///
    /// If the options have no such listener.
    pub fn mqtts_url(&self) -> String {
        self.mqtts_urls().into_iter().next().expect("the sandbox does not listen for MQTT with TLS")
    }

    /// `mqtts://localhost:PORT`, of each broker
    pub fn mqtts_urls(&self) -> Vec<String> {
        self.mqtts.iter().map(|address| format!("mqtts://localhost:{}", address.port())).collect()
    }

    /// `mqtt://localhost:PORT`
    ///
    /// # Panics
    ///
    /// If the options have no such listener.
    pub fn mqtt_url(&self) -> String {
        let address = self.mqtt.expect("the sandbox does not listen for MQTT without TLS");
        format!("mqtt://localhost:{}", address.port())
    }

    /// The URLs for a client over AMQP: with TLS if there are any.
    fn amqp_urls(&self) -> Vec<String> {
        match self.amqp {
            Some(_) if self.amqps.is_empty() => vec![self.amqp_url()],
            _ => self.amqps_urls(),
        }
    }

    /// The URLs for a client over MQTT: with TLS if there are any.
    fn mqtt_urls(&self) -> Vec<String> {
        match self.mqtt {
            Some(_) if self.mqtts.is_empty() => vec![self.mqtt_url()],
            _ => self.mqtts_urls(),
        }
    }

    /// Where the files are.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The certificate of the authority that both sides trust.
    pub fn ca_file(&self) -> PathBuf {
        self.dir.join(CA)
    }

    /// A client certificate (`O=Sandbox, CN=sandbox-client, UID=sandbox`) with its key.
    pub fn client_pem(&self) -> PathBuf {
        self.dir.join(CLIENT)
    }

    /// A configuration for the client.
    pub fn config_file(&self) -> PathBuf {
        self.dir.join("config.yaml")
    }

    /// A configuration for the client over MQTT.
    pub fn mqtt_config_file(&self) -> PathBuf {
        self.dir.join("config-mqtt.yaml")
    }

    /// The OpenPGP public keys, armoured.
    pub fn public_key_file(&self) -> PathBuf {
        self.dir.join(PUBLIC_KEYS)
    }

    /// The fingerprint of a signing key, 40 hexadecimal digits.
    ///
    /// # Panics
    ///
    /// If the options have no such key.
    pub fn fingerprint(&self, name: &str) -> &str {
        let found = self.fingerprints.iter().find(|(known, _)| known == name);
        &found.expect("the sandbox has this key").1
    }

    /// The authority, to issue further certificates.
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// Returns what the sandbox has seen so far.
    pub fn record(&self) -> Record {
        self.broker.recorder.snapshot()
    }

    /// Waits until the record meets a condition, which is checked after every change.
    ///
    /// # Errors
    ///
    /// The record as it was when `limit` had elapsed.
    pub fn wait_for(
        &self,
        limit: Duration,
        condition: impl FnMut(&Record) -> bool,
    ) -> Result<Record, Record> {
        self.broker.recorder.wait_for(limit, condition)
    }

    /// Creates a queue before its first receiver: it gets the messages that are published until then.
    pub fn declare(&self, queue: &str) {
        drop(self.broker.router.subscribe(queue));
    }

    /// Removes a queue that is no longer needed, with its messages. It is created again when it is named.
    pub fn delete(&self, queue: &str) {
        self.broker.router.delete(queue);
    }

    /// Puts a message on a node, as if a client had sent it; application properties are strings.
    pub fn publish(&self, address: &str, body: Body, application_properties: &[(&str, &str)]) {
        let message = body::message(body, application_properties);
        let item = Item::new(body::outgoing(message));
        self.broker.router.route(address, item);
    }

    /// Replaces the rules, for links attached and requests received from now on.
    pub fn set_behaviours(&self, rules: Vec<Rule>) {
        self.broker.matcher.lock().unwrap().replace(rules);
    }

    /// Hangs up abruptly on every client; the broker continues to listen and keeps its messages.
    pub fn cut_connections(&self) {
        self.broker.cut_connections();
    }

    /// Ends all sessions of MQTT with what they hold, as a broker does that restarts without having saved them. Clients
    /// are cut off.
    pub fn forget_sessions(&self) {
        self.broker.sessions.forget();
        self.broker.cut_connections();
    }

    /// How many sessions of MQTT there are.
    pub fn sessions(&self) -> usize {
        self.broker.sessions.count()
    }

    /// Keeps a message on a topic, for clients that subscribe over MQTT later.
    pub fn retain(&self, address: &str, body: Body) {
        let mut item = Item::new(body::outgoing(body::message(body, &[])));
        item.retained = true;
        self.broker.router.route(address, item);
    }

    /// Stops everything: ports are closed, clients are cut off.
    pub fn stop(self) {}
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        for listener in &self.listeners {
            listener.abort();
        }
        // No message is ever sent: the wait ends with the last sender.
        let _ = self.closed.lock().unwrap().recv_timeout(STOP_LIMIT);
        self.broker.cut_connections();
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

const CA: &str = "ca.pem";
const CLIENT: &str = "client.pem";
const PUBLIC_KEYS: &str = "signing-key.asc";

/// Makes the directory; an error names it.
fn prepare_dir(dir: &Path) -> io::Result<PathBuf> {
    fs::create_dir_all(dir)
        .and_then(|()| fs::canonicalize(dir))
        .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", dir.display())))
}

/// Writes the files of the public key infrastructure.
fn prepare_tls(options: &Options, authority: &Authority, dir: &Path) -> io::Result<SslContext> {
    fs::write(dir.join(CA), authority.pem()?)?;
    let subject = Subject {
        organisation: Some("Sandbox"),
        common_name: Some("sandbox-client"),
        user_id: Some("sandbox"),
    };
    let client = authority.client(subject, Validity::default())?;
    write_private(&dir.join(CLIENT), &client.pem()?)?;
    let hosts = ["localhost", "127.0.0.1", "::1"];
    let server = match (&options.server_certificate, options.weakness) {
        (Some(identity), _) => identity.clone(),
        (None, None) => authority.server(&hosts, Validity::default())?,
        (None, Some(weakness)) => {
            let bits = if let Weakness::Key(bits) = weakness { bits } else { 2048 };
            let hash = match weakness {
                Weakness::Sha1 => MessageDigest::sha1(),
                _ => MessageDigest::sha256(),
            };
            authority.rsa_server(&hosts, bits, hash)?
        }
    };
    let verify_client = options.require_client_certificate;
    let context = tls_context(&server, authority, verify_client, options.weakness)?;
    Ok(context)
}
