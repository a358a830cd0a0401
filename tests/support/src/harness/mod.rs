//! Runs the real program against a sandbox of its own.

use std::{
    collections::HashSet,
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::{Arc, mpsc},
    thread,
    time::{Duration, Instant},
};

use amqp_sandbox::{Act, Options, Record, Rule, Sandbox, When, record::DeliveryOutcome};
use serde_json::Value;
use tempfile::TempDir;

/// Nothing that is waited for in these tests takes this long, unless something hangs.
pub const LONG: Duration = Duration::from_secs(30);

pub const SEND_TO: &str = "topic://VirtualTopic.sandbox.sign";

/// A sandbox in a folder of its own.
pub struct Bench {
    pub sandbox: Arc<Sandbox>,
    folder: TempDir,
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

    pub fn with(set: impl FnOnce(&mut Options)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut options = Options::new(folder.path().join("sandbox"));
        set(&mut options);
        Self { sandbox: Arc::new(Sandbox::start(options).unwrap()), folder }
    }

    /// A file in the folder of this bench.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, content).unwrap();
        path
    }

    /// A configuration for this sandbox over AMQPS, with the timeouts of a fast run.
    pub fn config(&self) -> Config {
        let sandbox = &self.sandbox;
        Config::of([
            ("messaging_brokers", format!("[\"{}\"]", sandbox.amqps_url())),
            ("messaging_cert_key", sandbox.client_pem().display().to_string()),
            ("messaging_ca_cert", sandbox.ca_file().display().to_string()),
            ("topic_send_to", SEND_TO.into()),
            (
                "topic_listen_to",
                "queue://Consumer.{creator}.{task_id}.VirtualTopic.sandbox.reply".into(),
            ),
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
        // What is printed raw does not say whom it answers.
        program.sandbox = (!arguments.contains("--raw")).then(|| Arc::clone(&self.sandbox));
        program
    }

    pub fn run(&self, config: &Config, arguments: &str) -> Ended {
        self.program(config, arguments).run()
    }

    pub fn record(&self) -> Record {
        self.sandbox.record()
    }
}

pub fn rule(when: When, act: Act) -> Rule {
    Rule { when, act }
}

/// Arguments for container-sign of `count` images with one key.
pub fn images(count: usize) -> String {
    let mut arguments = "container-sign --signing-key ABCD1234 --task-id 7".to_owned();
    for index in 0..count {
        arguments += &format!(
            " --digest sha256:{index:064x} --reference registry.example.com/ns/app:{index}"
        );
    }
    arguments
}

/// The two sections of a configuration file, as keys with YAML values.
#[derive(Clone)]
pub struct Config(Vec<(String, String)>);

impl Config {
    pub fn of<K: Into<String>, V: Into<String>>(entries: impl IntoIterator<Item = (K, V)>) -> Self {
        Self(entries.into_iter().map(|(key, value)| (key.into(), value.into())).collect())
    }

    #[must_use]
    pub fn set(mut self, key: &str, value: &str) -> Self {
        self = self.without(key);
        self.0.push((key.into(), value.into()));
        self
    }

    #[must_use]
    pub fn without(mut self, key: &str) -> Self {
        self.0.retain(|(known, _)| known != key);
        self
    }

    /// timeout, retries and send_retries.
    #[must_use]
    pub fn patience(self, timeout: u32, retries: u32, send_retries: u32) -> Self {
        self.set("timeout", &timeout.to_string())
            .set("retries", &retries.to_string())
            .set("send_retries", &send_retries.to_string())
    }

    /// How long a run with so many words of arguments may take: silence, sending and connecting, each by its own bound.
    /// Every item may bring an outcome and a reply, and each of these a `timeout`.
    fn bound(&self, arguments: &str) -> Duration {
        let value = |key: &str, default: f64| {
            self.0
                .iter()
                .find(|(known, _)| known == key)
                .and_then(|(_, value)| value.parse().ok())
                .unwrap_or(default)
        };
        let timeout = value("timeout", 0.0);
        let cycles = value("send_retries", 0.0);
        let brokers = self
            .0
            .iter()
            .find(|(key, _)| key == "messaging_brokers")
            .map_or(1, |(_, list)| list.matches("://").count());
        let connecting = brokers as f64 * value("connect_timeout", 10.0) + timeout;
        let silence = timeout * cycles * (value("retries", 0.0) + 1.0);
        let progress = timeout * 2.0 * arguments.split(' ').count() as f64;
        let run = (connecting + silence + progress).min(value("deadline", f64::INFINITY));
        Duration::from_secs_f64(run + value("close_timeout", 2.0)) + SLACK
    }

    pub fn yaml(&self) -> String {
        let mut yaml = String::new();
        for section in ["msg_signer", "msg_batch_signer"] {
            yaml += &format!("{section}:\n");
            for (key, value) in &self.0 {
                if section == "msg_batch_signer" || key != "chunk_size" {
                    yaml += &format!("  {key}: {value}\n");
                }
            }
        }
        yaml
    }
}

/// The program: what cargo built for these tests, or what `AMQP_MESSENGER_UNDER_TEST` names.
pub fn under_test() -> PathBuf {
    let named = std::env::var_os("AMQP_MESSENGER_UNDER_TEST");
    named.unwrap_or_else(|| env!("CARGO_BIN_EXE_amqp-messenger").into()).into()
}

/// What a busy machine takes for everything that is not waiting.
const SLACK: Duration = Duration::from_secs(60);

/// Whether Proton's core is in the program itself, built without assertions, and not a library of the host's.
pub fn has_static_core() -> bool {
    let program = fs::read(under_test()).unwrap();
    let library = b"libqpid-proton";
    !program.windows(library.len()).any(|bytes| bytes == library)
}

/// The program, about to be run.
pub struct Program {
    pub command: Command,
    /// It must have ended by then, whatever its broker does.
    bound: Duration,
    /// Another program than ours may be there to provoke a panic.
    may_panic: bool,
    /// The broker whose word it is that something was received; where it can be told from the output.
    sandbox: Option<Arc<Sandbox>>,
}

impl Program {
    pub fn new(path: &Path) -> Self {
        let mut command = Command::new(path);
        command
            .env_remove("RUST_LOG")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        Self { command, bound: SLACK, may_panic: true, sandbox: None }
    }

    pub fn args<S: AsRef<std::ffi::OsStr>>(
        &mut self,
        words: impl IntoIterator<Item = S>,
    ) -> &mut Self {
        self.command.args(words);
        self
    }

    pub fn run(&mut self) -> Ended {
        self.start().wait()
    }

    /// Starts it, for a test that does something meanwhile.
    pub fn start(&mut self) -> Running {
        let before = self
            .sandbox
            .as_ref()
            .map(|sandbox| (Arc::clone(sandbox), sandbox.record().deliveries.len()));
        let started = Instant::now();
        Running {
            started,
            bound: self.bound,
            may_panic: self.may_panic,
            before,
            child: Some(self.command.spawn().unwrap()),
        }
    }
}

/// The program while it runs; ended with the test whatever happens.
pub struct Running {
    child: Option<Child>,
    started: Instant,
    bound: Duration,
    may_panic: bool,
    /// The broker, and what it had delivered before.
    before: Option<(Arc<Sandbox>, usize)>,
}

impl Running {
    pub fn id(&self) -> u32 {
        self.child.as_ref().unwrap().id()
    }

    /// Waits for its end, and holds it to what every run promises: an end in time, no panic, and nothing lost.
    #[track_caller]
    pub fn wait(mut self) -> Ended {
        let (id, child) = (self.id(), self.child.take().unwrap());
        let (tell, told) = mpsc::channel();
        thread::spawn(move || tell.send(child.wait_with_output().unwrap()));
        let in_time = told.recv_timeout(self.bound.saturating_sub(self.started.elapsed()));
        if in_time.is_err() {
            signal("KILL", id);
        }
        let ended = Ended::new(in_time.or_else(|_| told.recv()).unwrap(), self.started);
        assert!(
            ended.took < self.bound,
            "longer than {:?}, which the configuration allows:\n{}",
            self.bound,
            ended.stderr
        );
        assert!(self.may_panic || !ended.stderr.contains("panicked at"), "{}", ended.stderr);
        if let Some((sandbox, before)) = &self.before {
            loses_nothing(&sandbox.record(), *before, &ended);
        }
        ended
    }
}

/// Fails the test where a reply was accepted and is not in the output. (The broker may not know yet that one was.)
#[track_caller]
fn loses_nothing(record: &Record, before: usize, ended: &Ended) {
    // Where nobody takes the output, or a signal ended the printing, there is nothing to look at.
    if ended.status == 74 || ended.status == 137 {
        return;
    }
    let asked: HashSet<_> =
        record.requests.iter().filter_map(|request| request.request_id.as_deref()).collect();
    for delivery in record.deliveries.iter().skip(before) {
        let accepted = delivery.outcome == Some(DeliveryOutcome::Accepted);
        if let Some(id) = delivery.request_id.as_deref().filter(|id| accepted && asked.contains(id))
        {
            assert!(
                ended.stdout.contains(id),
                "the reply to {id} was accepted, and is not printed:\n{}",
                ended.stderr
            );
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Sends a signal, such as `TERM`, by the shell's own kill: the command of that name is not on every host.
pub fn signal(name: &str, process: u32) {
    let status = Command::new("sh").args(["-c", &format!("kill -s {name} {process}")]).status();
    assert!(status.unwrap().success());
}

/// What a run left behind.
pub struct Ended {
    /// The exit status; 128 and the signal where one ended it.
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
    pub took: Duration,
}

impl Ended {
    fn new(output: Output, started: Instant) -> Self {
        use std::os::unix::process::ExitStatusExt;
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let status = output
            .status
            .code()
            .unwrap_or_else(|| 128 + output.status.signal().unwrap_or_default());
        Self {
            status,
            stdout: text(output.stdout),
            stderr: text(output.stderr),
            took: started.elapsed(),
        }
    }

    /// Fails the test, with everything that was said, unless the exit status is this.
    #[track_caller]
    pub fn expect(self, status: i32) -> Self {
        if self.status != status {
            let mut err = std::io::stderr().lock();
            let _ = writeln!(err, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
            drop(err);
            panic!("exit status {}, not {status}", self.status);
        }
        self
    }

    /// The JSON document on standard output, which must be all that is there.
    #[track_caller]
    pub fn document(&self) -> Value {
        assert!(
            self.stdout.ends_with('\n') && self.stdout.lines().count() == 1,
            "{:?}",
            self.stdout
        );
        serde_json::from_str(&self.stdout).unwrap()
    }

    /// The `msg` of each reply in the document; null for a missing one.
    pub fn messages(&self) -> Vec<Value> {
        let document = self.document();
        let results = document["operation_results"].as_array().unwrap().clone();
        results.iter().map(|result| result[0]["msg"].clone()).collect()
    }

    /// Fails the test unless this stands in what the user is told: warnings, and the program's own lines.
    #[track_caller]
    pub fn says(&self, text: &str) -> &Self {
        assert!(self.told().contains(text), "{text:?} is not told in:\n{}", self.stderr);
        self
    }

    /// The same, once.
    #[track_caller]
    pub fn says_once(&self, text: &str) -> &Self {
        let times = self.told().matches(text).count();
        assert_eq!(times, 1, "{text:?} is to be told once in:\n{}", self.stderr);
        self
    }

    /// Fails the test unless this stands anywhere on standard error, which the tests have at level debug.
    #[track_caller]
    pub fn logs(&self, text: &str) -> &Self {
        assert!(self.stderr.contains(text), "{text:?} is not in:\n{}", self.stderr);
        self
    }

    /// Standard error without what is logged for information or debugging.
    pub fn told(&self) -> String {
        let quiet = |line: &&str| {
            ["Z INFO ", "Z DEBUG ", "Z TRACE "].iter().any(|level| line.contains(level))
        };
        self.stderr.split_inclusive('\n').filter(|line| !quiet(line)).collect()
    }
}

/// Fails the test unless a run took so many seconds. Upper bounds are wide: they tell waiting from not waiting.
#[track_caller]
pub fn took_between(ended: &Ended, from: f64, to: f64) {
    let took = ended.took.as_secs_f64();
    assert!((from..=to).contains(&took), "took {took} s, not {from} to {to}:\n{}", ended.stderr);
}
