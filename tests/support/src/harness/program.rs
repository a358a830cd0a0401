//! The program as it runs.

use std::{
    collections::HashSet,
    env, fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, mpsc},
    thread,
    time::{Duration, Instant},
};

use amqp_sandbox::{Record, Sandbox, record::DeliveryOutcome};

use super::{Ended, config::SLACK};

/// The program: the one that `AMQP_MESSENGER_UNDER_TEST` names, or else the one that cargo built with the tests, in
/// the folder above theirs.
pub fn under_test() -> PathBuf {
    if let Some(named) = env::var_os("AMQP_MESSENGER_UNDER_TEST") {
        return named.into();
    }
    let tests = env::current_exe().unwrap();
    let program = tests.ancestors().nth(2).unwrap().join("amqp-messenger");
    let problem = "name the program in AMQP_MESSENGER_UNDER_TEST";
    assert!(program.is_file(), "there is no {}; {problem}", program.display());
    program
}

/// Whether Proton's core is in the program itself, built without assertions, and not a library of the host.
pub fn has_static_core() -> bool {
    let program = fs::read(under_test()).unwrap();
    let library = b"libqpid-proton";
    !program.windows(library.len()).any(|bytes| bytes == library)
}

/// The program, about to be run.
pub struct Program {
    /// How it will be started.
    pub command: Command,
    /// It must have ended by then, whatever its broker does.
    pub(super) bound: Duration,
    /// Some programs provoke a panic on purpose.
    pub(super) may_panic: bool,
    /// The broker whose record says what was received, if the output shows it too.
    pub(super) sandbox: Option<Arc<Sandbox>>,
}

impl Program {
    /// Any program, by its path.
    pub fn new(path: &Path) -> Self {
        let mut command = Command::new(path);
        command
            .env_remove("RUST_LOG")
            .env_remove("TRACEPARENT")
            .env_remove("TRACESTATE")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        Self { command, bound: SLACK, may_panic: true, sandbox: None }
    }

    /// Adds arguments.
    pub fn args<S: AsRef<std::ffi::OsStr>>(
        &mut self,
        words: impl IntoIterator<Item = S>,
    ) -> &mut Self {
        self.command.args(words);
        self
    }

    /// The same, started by a command that changes something for it: `env`, or a shell with `exec "$0" "$@"`.
    #[must_use]
    pub fn within(self, command: &str, words: &[&str]) -> Self {
        let mut outer = Self::new(command.as_ref());
        outer.args(words);
        outer.args([self.command.get_program()]).args(self.command.get_args());
        let envs = self.command.get_envs();
        outer.command.envs(envs.filter_map(|(name, value)| Some((name, value?))));
        Self { command: outer.command, ..self }
    }

    /// The same with signals that act as usual: the tests may run under nohup, or in the background of a script, and
    /// the program would respect that.
    #[must_use]
    pub fn with_usual_signals(self) -> Self {
        self.within("env", &["--default-signal=HUP,INT"])
    }

    /// Runs it to its end.
    pub fn run(&mut self) -> Ended {
        self.start().wait()
    }

    /// Starts it, for a test that does something meanwhile.
    pub fn start(&mut self) -> Running {
        let before = self.sandbox.as_ref().map(|sandbox| {
            let record = sandbox.record();
            (Arc::clone(sandbox), [record.requests.len(), record.deliveries.len()])
        });
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
    /// The broker, and how many requests it had received and replies delivered before.
    before: Option<(Arc<Sandbox>, [usize; 2])>,
}

impl Running {
    /// The id of its process.
    pub fn id(&self) -> u32 {
        self.child.as_ref().unwrap().id()
    }

    /// Waits for its end, and checks what every run promises: an end in time, no panic, and nothing lost.
    #[track_caller]
    pub fn wait(mut self) -> Ended {
        let (id, child) = (self.id(), self.child.take().unwrap());
        let (end, ended) = mpsc::channel();
        thread::spawn(move || end.send(child.wait_with_output().unwrap()));
        let in_time = ended.recv_timeout(self.bound.saturating_sub(self.started.elapsed()));
        if in_time.is_err() {
            signal("KILL", id);
        }
        let ended = Ended::new(in_time.or_else(|_| ended.recv()).unwrap(), self.started);
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

/// Fails the test if a reply to a request of this run was accepted and is not in the output. (The broker may not know yet
/// that one was.)
#[track_caller]
fn loses_nothing(record: &Record, [requests, replies]: [usize; 2], ended: &Ended) {
    // If the output was not read, or a signal ended the printing, there is nothing to check.
    if ended.status == 74 || ended.status == 137 {
        return;
    }
    let asked = record.requests.iter().skip(requests);
    let asked: HashSet<_> = asked.filter_map(|request| request.request_id.as_deref()).collect();
    // MQTT has no other way to be rid of a reply that is rejected.
    let rejects = ended.stderr.contains("a reply was rejected");
    for delivery in record.deliveries.iter().skip(replies) {
        let accepted = delivery.outcome == Some(DeliveryOutcome::Accepted)
            && !(rejects && delivery.mqtt.is_some());
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

/// Sends a signal, such as `TERM`.
pub fn signal(name: &str, process: u32) {
    signals(&[name], process);
}

/// Sends signals as fast as possible, by the shell's own kill, because not every host has the command of that name.
pub fn signals(names: &[&str], process: u32) {
    let words = |name| format!("kill -s {name} {process}");
    let script = names.iter().map(words).collect::<Vec<_>>().join("; ");
    let status = Command::new("sh").args(["-c", &script]).status();
    assert!(status.unwrap().success());
}
