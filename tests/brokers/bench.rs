//! A pair of addresses on the broker, with a signing server that serves it.

use std::{
    env, fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command},
    sync::{Arc, Condvar, Mutex, RwLock, RwLockReadGuard, RwLockWriteGuard},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use amqp_sandbox::remote::{Mechanism, Mqtt, RemoteSigner, Service, Settings};
use tempfile::TempDir;

use crate::{
    harness::{Config, Ended, Program},
    kinds::{Kind, Route, URL},
};

/// Nothing takes this long unless something hangs, even if a broker has to start meanwhile.
pub const LONG: Duration = Duration::from_secs(120);

/// Tests that use the broker hold this for reading, tests that stop it for writing.
static BROKER: RwLock<()> = RwLock::new(());

enum Use {
    Shared(#[expect(dead_code, reason = "is held")] RwLockReadGuard<'static, ()>),
    Alone(#[expect(dead_code, reason = "is held")] RwLockWriteGuard<'static, ()>),
}

pub struct Bench {
    pub kind: &'static Kind,
    folder: TempDir,
    alone: Use,
}

impl Bench {
    /// A bench that shares the broker with other tests.
    pub fn new() -> Self {
        Self::with(Use::Shared(BROKER.read().unwrap_or_else(|poisoned| poisoned.into_inner())))
    }

    /// A bench that has the broker to itself, and may stop it. The broker is running, whatever the test before did.
    pub fn alone() -> Self {
        let bench =
            Self::with(Use::Alone(BROKER.write().unwrap_or_else(|poisoned| poisoned.into_inner())));
        bench.broker("start");
        bench
    }

    fn with(alone: Use) -> Self {
        Self { kind: Kind::of(&variable("BROKER")), folder: tempfile::tempdir().unwrap(), alone }
    }

    /// `start`, `stop` or `kill`; waits until it is done.
    pub fn broker(&self, act: &str) {
        assert!(matches!(self.alone, Use::Alone(_)), "others use the broker");
        let status = Command::new(variable("BROKER_CTL")).arg(act).status().unwrap();
        assert!(status.success(), "{act}: {status}");
    }

    /// Addresses that no other test has, of the broker's first kind.
    pub fn route(&self) -> Route {
        Route::of(&self.kind.routes[0])
    }

    /// Addresses that no other test has, of every kind that the broker knows.
    pub fn routes(&self) -> impl Iterator<Item = Route> {
        self.kind.routes.iter().map(Route::of)
    }

    /// A signing server for a route, attached.
    pub fn signer(&self, route: &Route) -> RemoteSigner {
        self.signer_with(route, |_| {})
    }

    pub fn signer_with(&self, route: &Route, set: impl FnOnce(&mut Settings)) -> RemoteSigner {
        let mut settings = Settings {
            brokers: vec![variable(URL)],
            certificate: Some(pem("signer")),
            ca: Some(pem("ca")),
            sasl: Mechanism::None,
            username: String::new(),
            password_file: None,
            hostname: None,
            services: vec![Service {
                requests: route.requests.clone(),
                replies: route.replies.clone(),
            }],
            durable: true,
            keys: self.folder.path().join("keys"),
            mqtt: Mqtt::default(),
        };
        self.kind.prepare_signer(&mut settings);
        set(&mut settings);
        let signer = RemoteSigner::start(settings, |line| eprintln!("signer: {line}")).unwrap();
        signer.wait_for(LONG, |seen| seen.attached > 0).unwrap();
        signer
    }

    /// A configuration for a route, with timeouts that let a broker start.
    pub fn config(&self, route: &Route) -> Config {
        let config = Config::of([
            ("messaging_brokers", format!("[\"{}\"]", variable(URL))),
            ("messaging_cert_key", pem("client").display().to_string()),
            ("messaging_ca_cert", pem("ca").display().to_string()),
            ("topic_send_to", format!("\"{}\"", route.send_to)),
            ("topic_listen_to", format!("\"{}\"", route.listen_to)),
            ("environment", "test".into()),
            ("service", "suite".into()),
            ("message_id_key", "request_id".into()),
            ("log_level", "debug".into()),
        ]);
        self.kind.prepare(config)
    }

    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, content).unwrap();
        path
    }

    pub fn program(&self, config: &Config, arguments: &str) -> Program {
        let path = self.file("config.yaml", config.yaml());
        let mut words = arguments.split(' ');
        let mut program = Program::new(Path::new(env!("CARGO_BIN_EXE_amqp-messenger")));
        program.args([words.next().unwrap(), "--config-file"]);
        program.command.arg(path);
        program.args(words);
        program
    }

    pub fn run(&self, config: &Config, arguments: &str) -> Ended {
        self.program(config, arguments).run()
    }

    /// Starts the program with its log at trace level; a test can wait for lines of the log.
    pub fn watch(&self, config: &Config, arguments: &str) -> Watched {
        let started = Instant::now();
        let child = self
            .program(&config.clone().set("log_level", "trace"), arguments)
            .command
            .spawn()
            .unwrap();
        Watched::new(child, started)
    }
}

/// The URL of one of the broker's ports, by the port's name in the configuration.
pub fn url(port: &str) -> String {
    let scheme = variable(URL);
    let scheme = scheme.split_once("://").unwrap().0;
    let ports = fs::read_to_string(folder().join("ports")).unwrap();
    let number = ports.lines().find_map(|line| line.strip_prefix(port)?.strip_prefix(' '));
    format!(
        "{scheme}://localhost:{}",
        number.unwrap_or_else(|| panic!("no port {port} in:\n{ports}"))
    )
}

pub fn pem(name: &str) -> PathBuf {
    folder().join(name).with_extension("pem")
}

/// The folder of the broker.
pub fn folder() -> PathBuf {
    variable("BROKER_DIR").into()
}

pub fn variable(name: &str) -> String {
    env::var(name)
        .expect("these tests need a broker: tests/brokers/run NAME cargo test --test brokers")
}

/// The program, whose log is read while it runs.
pub struct Watched {
    pub child: Child,
    log: Arc<(Mutex<String>, Condvar)>,
    reader: Option<JoinHandle<()>>,
    started: Instant,
}

impl Watched {
    fn new(mut child: Child, started: Instant) -> Self {
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let log = Arc::new((Mutex::new(String::new()), Condvar::new()));
        let shared = Arc::clone(&log);
        let reader = thread::spawn(move || {
            let mut line = String::new();
            while stderr.read_line(&mut line).unwrap() > 0 {
                shared.0.lock().unwrap().push_str(&line);
                shared.1.notify_all();
                line.clear();
            }
        });
        Self { child, log, reader: Some(reader), started }
    }

    /// Waits until `count` lines of the log contain a text.
    #[track_caller]
    pub fn wait_for(&self, text: &str, count: usize) {
        let (log, grown) = &*self.log;
        let missing =
            |log: &mut String| log.lines().filter(|line| line.contains(text)).count() < count;
        let (log, waited) = grown.wait_timeout_while(log.lock().unwrap(), LONG, missing).unwrap();
        assert!(!waited.timed_out(), "{text:?} is not {count} times in the log:\n{log}");
    }

    /// The log so far.
    pub fn log(&self) -> String {
        self.log.0.lock().unwrap().clone()
    }

    pub fn wait(mut self) -> Ended {
        let stdout = std::io::read_to_string(self.child.stdout.take().unwrap()).unwrap();
        let status = self.child.wait().unwrap().code().unwrap_or(-1);
        self.reader.take().unwrap().join().unwrap();
        let stderr = self.log.0.lock().unwrap().clone();
        Ended { status, stdout, stderr, took: self.started.elapsed() }
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
