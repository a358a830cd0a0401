//! One case: a sandbox, a configuration and arguments, with which several programs are run.

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use amqp_sandbox::{Act, Body, Options, Record, Rule, When};

use crate::{
    harness::{Bench, Config, Ended, LONG, Program},
    reference,
    run::Run,
};

/// A configuration, arguments, files and environment for the programs.
#[derive(Clone, Default)]
pub struct Case {
    command: &'static str,
    words: Vec<String>,
    settings: Vec<(&'static str, Option<String>)>,
    yaml: Option<fn(&Bench, String) -> String>,
    sandbox: Option<fn(&mut Options)>,
    without_config_file: bool,
    files: Vec<(&'static str, Vec<u8>)>,
    environment: Vec<(&'static str, &'static str)>,
    rules: Vec<Rule>,
}

/// Signs an image; `arguments` are separated by blanks.
pub fn container(arguments: &str) -> Case {
    Case { command: "pubtools-sign-msg-container-sign", ..Case::default() }.words(arguments)
}

/// Signs texts.
pub fn clear(arguments: &str) -> Case {
    Case { command: "pubtools-sign-msg-clear-sign", ..Case::default() }.words(arguments)
}

/// Signs blobs.
pub fn blob(arguments: &str) -> Case {
    Case { command: "pubtools-sign-msg-blob-sign", ..Case::default() }.words(arguments)
}

/// The command that bundles the others, whose first argument names one of them.
pub fn bundle(arguments: &str) -> Case {
    Case { command: "pubtools-sign", ..Case::default() }.words(arguments)
}

// `is_the_same` and similar methods read as sentences, and end a case.
#[allow(clippy::wrong_self_convention)]
impl Case {
    /// Arguments, separated by blanks; digests may be short, and get the zeros that they lack.
    pub fn words(mut self, words: &str) -> Self {
        let long = |word: &str| match word.strip_prefix("sha256:") {
            Some(hex) => format!("sha256:{hex:0>64}"),
            None => word.to_owned(),
        };
        self.words.extend(words.split_whitespace().map(long));
        self
    }

    /// An argument that may be empty or contain blanks.
    pub fn word(mut self, word: &str) -> Self {
        self.words.push(word.into());
        self
    }

    /// A key of the configuration with its value in YAML, in both sections.
    pub fn set(mut self, key: &'static str, value: &str) -> Self {
        self.settings.push((key, Some(value.into())));
        self
    }

    pub fn without(mut self, key: &'static str) -> Self {
        self.settings.push((key, None));
        self
    }

    /// `timeout`, `retries` and `send_retries`.
    pub fn patience(self, timeout: u32, retries: u32, send_retries: u32) -> Self {
        self.set("timeout", &timeout.to_string())
            .set("retries", &retries.to_string())
            .set("send_retries", &send_retries.to_string())
    }

    /// Changes the text of the configuration file.
    pub fn yaml(mut self, change: fn(&Bench, String) -> String) -> Self {
        self.yaml = Some(change);
        self
    }

    pub fn sandbox(mut self, set: fn(&mut Options)) -> Self {
        self.sandbox = Some(set);
        self
    }

    /// Leaves `--config-file` out; the file still exists, as `config.yaml` in the home directory.
    pub fn without_config_file(mut self) -> Self {
        self.without_config_file = true;
        self
    }

    /// A file in the programs' working directory, which is also their home directory.
    pub fn file(mut self, name: &'static str, content: &[u8]) -> Self {
        self.files.push((name, content.into()));
        self
    }

    pub fn env(mut self, name: &'static str, value: &'static str) -> Self {
        self.environment.push((name, value));
        self
    }

    /// What the sandbox does to every link and request that the act applies to.
    pub fn act(self, act: impl Into<Act>) -> Self {
        self.rule(When::Any, act)
    }

    pub fn rule(mut self, when: When, act: impl Into<Act>) -> Self {
        self.rules.push(Rule::new(when, act));
        self
    }

    /// A sandbox with the configuration and the files in place.
    pub fn bench(self) -> Prepared {
        let bench = Bench::with(|options| {
            options.behaviours.clone_from(&self.rules);
            if let Some(set) = self.sandbox {
                set(options);
            }
        });
        // pubtools-sign may send before it listens; its reply then needs a queue to wait in.
        bench.sandbox.declare("queue://Consumer.sandbox-client-7.VirtualTopic.sandbox.reply");
        // pubtools-sign requires this key, although its documentation does not say so.
        let config = bench.config().set("chunk_size", "200");
        let change = |config: Config, (key, value): &(&'static str, Option<String>)| match value {
            Some(value) => config.set(key, value),
            None => config.without(key),
        };
        let yaml = self.settings.iter().fold(config, change).yaml();
        let yaml = self.yaml.map_or(yaml.clone(), |change| change(&bench, yaml));
        bench.file("config.yaml", yaml);
        for (name, content) in &self.files {
            let path = bench.sandbox.dir().with_file_name(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        Prepared { case: self, bench }
    }

    /// Runs pubtools-sign, and amqp-messenger under its name, and returns them in this order.
    ///
    /// amqp-messenger runs first: pubtools-sign may send before it listens, and its reply is lost if no client
    /// has listened before.
    pub fn both(self) -> (Run, Run) {
        let prepared = self.bench();
        let ours = prepared.ours();
        (prepared.reference(), ours)
    }

    /// Both sign, the broker sees the same, and both print the same; so does amqp-messenger under its own name.
    #[track_caller]
    pub fn is_the_same(self) {
        let prepared = self.bench();
        let ours = [prepared.ours(), prepared.natively()];
        let theirs = prepared.reference().signed();
        ours.iter().for_each(|ours| theirs.equals(ours));
    }

    /// The same, except under amqp-messenger's own name, whose command line or exit status differs.
    #[track_caller]
    pub fn is_the_same_by_its_name(self) {
        let (theirs, ours) = self.both();
        theirs.signed().equals(&ours);
    }

    /// Both sign with the same requests and print the same; the numbers of their connections and links may differ.
    #[track_caller]
    pub fn signs_the_same(self) {
        let prepared = self.bench();
        let ours = [prepared.ours(), prepared.natively()];
        let theirs = prepared.reference().signed();
        for ours in ours {
            theirs.sends_the_same_requests(&ours);
            theirs.prints_the_same(&ours);
        }
    }

    /// Nothing is sent or printed, and the status is 2; under amqp-messenger's own name, too.
    #[track_caller]
    pub fn is_wrong_use(self) {
        let prepared = self.bench();
        for run in [prepared.reference(), prepared.ours(), prepared.natively()] {
            run.does_nothing(2);
        }
    }

    /// The same, except under amqp-messenger's own name, whose command line differs.
    #[track_caller]
    pub fn is_wrong_use_of_its_name(self) {
        let (theirs, ours) = self.both();
        theirs.does_nothing(2);
        ours.does_nothing(2);
    }

    /// Nothing is sent or printed, and the status is 1. (Under its own name amqp-messenger has a status for each cause.)
    #[track_caller]
    pub fn is_wrong_configuration(self) {
        let (theirs, ours) = self.both();
        theirs.does_nothing(1);
        ours.does_nothing(1);
    }
}

/// A case, ready to be run.
pub struct Prepared {
    case: Case,
    pub bench: Bench,
}

impl Prepared {
    pub fn reference(&self) -> Run {
        self.run(self.reference_program())
    }

    /// A run of amqp-messenger under the name of pubtools-sign's command.
    pub fn ours(&self) -> Run {
        self.run(self.our_program())
    }

    /// The same program, for a test that acts while it runs.
    pub fn our_program(&self) -> Program {
        let link = self.bench.sandbox.dir().join(self.case.command);
        if !link.exists() {
            symlink(env!("CARGO_BIN_EXE_amqp-messenger"), &link).unwrap();
        }
        self.program(&link, None)
    }

    /// A run of amqp-messenger under its own name.
    pub fn natively(&self) -> Run {
        let command =
            self.case.command.trim_start_matches("pubtools-sign").trim_start_matches("-msg-");
        self.run(self.program(Path::new(env!("CARGO_BIN_EXE_amqp-messenger")), Some(command)))
    }

    /// Changes the configuration between two runs.
    pub fn rewrite(&self, change: impl FnOnce(String) -> String) {
        let path = self.home().join("config.yaml");
        let yaml = fs::read_to_string(&path).unwrap();
        fs::write(path, change(yaml)).unwrap();
    }

    /// What the sandbox does to the `nth` request from now on, counted from 1, and only to that one.
    pub fn act_on(&self, nth: u64, act: impl Into<Act>) {
        let number = self.bench.record().requests.len() as u64 + nth;
        self.bench.sandbox.set_behaviours(vec![Rule::new(When::Request(number), act)]);
    }

    /// pubtools-sign, for a test that acts while it runs.
    pub fn reference_program(&self) -> Program {
        self.program(&reference::program(self.case.command), None)
    }

    /// The programs' working directory.
    fn home(&self) -> PathBuf {
        self.bench.sandbox.dir().parent().unwrap().to_owned()
    }

    /// A program with the arguments; `command` comes before them if amqp-messenger runs under its own name.
    fn program(&self, path: &Path, command: Option<&str>) -> Program {
        let mut program = Program::new(path);
        let home = self.home();
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("OTEL_")) {
            program.command.env_remove(name);
        }
        program.command.current_dir(&home).env("HOME", &home).env("LC_ALL", "C.UTF-8");
        program.command.envs(self.case.environment.iter().copied());
        let mut words = self.case.words.iter().map(String::as_str);
        if let Some(command) = command.filter(|command| !command.is_empty()) {
            program.args([command]);
        } else if self.case.command == "pubtools-sign" {
            let bundled = words.next().into_iter();
            program.args(bundled.map(|word| {
                if command.is_some() { word.trim_start_matches("msg-") } else { word }
            }));
        }
        if !self.case.without_config_file {
            program.args(["--config-file", "config.yaml"]);
        }
        program.args(words);
        program
    }

    fn run(&self, mut program: Program) -> Run {
        let before = self.bench.record();
        let ended = program.run();
        self.after(&before, ended)
    }

    /// A run whose request is answered with this text, in which `REQUEST` stands for its id.
    pub fn answered(&self, mut program: Program, text: &str, properties: &[(&str, &str)]) -> Run {
        let before = self.bench.record();
        let running = program.start();
        let sent = self
            .bench
            .sandbox
            .wait_for(LONG, |record| record.requests.len() > before.requests.len());
        let id = sent.expect("a request is sent").requests.pop().unwrap().request_id.unwrap();
        let reply = Body::Text(text.replace("REQUEST", &id));
        self.bench.sandbox.publish("topic://VirtualTopic.sandbox.reply", reply, properties);
        self.after(&before, running.wait())
    }

    /// What the sandbox has seen since `before`, once everything has ended.
    pub fn after(&self, before: &Record, ended: Ended) -> Run {
        let Ok(mut record) = self.bench.sandbox.wait_for(LONG, Record::is_over) else {
            panic!("a connection, link or delivery does not end:\n{}", ended.stderr);
        };
        record.connections.drain(..before.connections.len());
        record.links.drain(..before.links.len());
        record.requests.drain(..before.requests.len());
        record.deliveries.drain(..before.deliveries.len());
        Run { ended, record }
    }
}
