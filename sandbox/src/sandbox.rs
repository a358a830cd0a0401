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
    broker::{Broker, Item, listen, tls_context},
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
        let mut open = |port: u16, tls: Option<SslContext>| -> io::Result<SocketAddr> {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
            listener.set_nonblocking(true)?;
            let address = listener.local_addr()?;
            let listener = tokio::net::TcpListener::from_std(listener)?;
            let listening = listen(listener, tls, Arc::clone(&broker), done.clone());
            listeners.push(runtime.spawn(listening));
            Ok(address)
        };
        let ports =
            std::iter::once(options.amqps_port).chain(std::iter::repeat_n(0, options.more_brokers));
        let ports = ports.filter(|_| options.amqps);
        let amqps = ports.map(|port| open(port, Some(tls.clone()))).collect::<Result<_, _>>()?;
        let amqp = options.amqp.then(|| open(options.amqp_port, None)).transpose()?;

        let signer = Arc::new(Signer::new(keys, Arc::clone(&broker)));
        for (requests, replies) in &options.signing {
            signer.start(requests, replies);
        }
        drop(context);

        let runtime = Some(runtime);
        let sandbox =
            Self { broker, authority, fingerprints, dir, amqps, amqp, runtime, closed, listeners };
        let yaml = config::yaml(&config::Client {
            broker_urls: &sandbox.best_urls(),
            client_pem: &sandbox.client_pem(),
            ca_file: &sandbox.ca_file(),
            certificates: &sandbox.public_key_file(),
            keys: &sandbox.fingerprints,
        });
        fs::write(sandbox.config_file(), yaml)?;
        Ok(sandbox)
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

    fn best_urls(&self) -> Vec<String> {
        if self.amqps.is_empty() { vec![self.amqp_url()] } else { self.amqps_urls() }
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
