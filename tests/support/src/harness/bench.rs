//! The program and its sandbox.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use amqp_sandbox::{Options, Record, Rule, Sandbox};
use tempfile::TempDir;

use super::{Config, Ended, Program, Protocol, SEND_TO, under_test};

/// A sandbox in its own temporary folder; it speaks AMQP, unless a [`Protocol`] makes it.
pub struct Bench {
    /// The sandbox.
    pub sandbox: Arc<Sandbox>,
    /// What the program speaks to it.
    pub protocol: Protocol,
    pub(super) folder: TempDir,
}

impl Bench {
    /// A sandbox that behaves well.
    pub fn new() -> Self {
        Self::with(|_| {})
    }

    /// A sandbox with these departures from good behaviour.
    pub fn misbehaving(rules: Vec<Rule>) -> Self {
        Self::with(|options| options.behaviours = rules)
    }

    /// A sandbox with these options.
    pub fn with(set: impl FnOnce(&mut Options)) -> Self {
        let folder = folder();
        let mut options = Options::new(folder.path().join("sandbox"));
        set(&mut options);
        let sandbox = Arc::new(Sandbox::start(options).unwrap());
        Self { sandbox, protocol: Protocol::Amqp, folder }
    }

    /// The folder of this bench.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A file in the folder of this bench.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, content).unwrap();
        path
    }

    /// Its URL, with TLS.
    pub fn url(&self) -> String {
        self.protocol.urls(&self.sandbox).swap_remove(0)
    }

    /// Its URL without TLS.
    pub fn plain_url(&self) -> String {
        self.protocol.plain_url(&self.sandbox)
    }

    /// A configuration for this sandbox with TLS, with the timeouts of a fast run.
    pub fn config(&self) -> Config {
        let sandbox = &self.sandbox;
        Config::of([
            ("messaging_brokers", format!("[\"{}\"]", self.url())),
            ("messaging_cert_key", sandbox.client_pem().display().to_string()),
            ("messaging_ca_cert", sandbox.ca_file().display().to_string()),
            ("topic_send_to", SEND_TO.into()),
            ("topic_listen_to", self.protocol.listen_to().into()),
            ("environment", "prod".into()),
            ("service", "suite".into()),
            ("timeout", "10".into()),
            ("retries", "2".into()),
            ("send_retries", "2".into()),
            ("message_id_key", "request_id".into()),
            ("log_level", "debug".into()),
        ])
    }

    /// The program with a configuration, and arguments separated by blanks.
    pub fn program(&self, config: &Config, arguments: &str) -> Program {
        let path = self.file("config.yaml", config.yaml());
        let mut words = arguments.split(' ').filter(|word| !word.is_empty());
        let command = words.next().unwrap();
        let mut program = Program::new(&under_test());
        program.args([command, "--config-file"]);
        program.command.arg(path);
        program.args(words);
        program.bound = config.bound(arguments);
        program.may_panic = false;
        // Such output does not say which request it answers.
        let says_not = ["--raw", "--format raw", "--format summary", "--output "];
        let says = !says_not.iter().any(|option| arguments.contains(option));
        program.sandbox = says.then(|| Arc::clone(&self.sandbox));
        program
    }

    /// Runs the program to its end.
    pub fn run(&self, config: &Config, arguments: &str) -> Ended {
        self.program(config, arguments).run()
    }

    /// What the sandbox saw.
    pub fn record(&self) -> Record {
        self.sandbox.record()
    }
}

impl Default for Bench {
    fn default() -> Self {
        Self::new()
    }
}

/// A temporary folder. A longer name with random letters may look like a token, which the program does not print.
fn folder() -> TempDir {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let prefix = format!("bench-{}-{number}-", std::process::id());
    tempfile::Builder::new().prefix(&prefix).rand_bytes(2).tempdir().unwrap()
}
