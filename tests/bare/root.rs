//! A root folder that has the program and little else.

use std::{fs, path::Path, process::Command};

use tempfile::TempDir;

use crate::harness::{Bench, Config, Ended, Program, under_test};

pub struct Root {
    folder: TempDir,
}

impl Root {
    /// The program, and a configuration for a broker by this name or address, with its certificates.
    pub fn new(bench: &Bench, host: &str) -> Self {
        Self::with(bench, host, |config| config)
    }

    /// The same with a change of the configuration.
    pub fn with(bench: &Bench, host: &str, change: impl FnOnce(Config) -> Config) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = Self { folder };
        let sandbox = &bench.sandbox;
        let port = sandbox.amqps_url().rsplit(':').next().unwrap().to_owned();
        let config = bench
            .config()
            .set("messaging_brokers", &format!("[\"amqps://{host}:{port}\"]"))
            .set("messaging_cert_key", "/client.pem")
            .set("messaging_ca_cert", "/ca.pem")
            .patience(3, 1, 1);
        root.file("config.yaml", &change(config).yaml());
        root.file("client.pem", &fs::read_to_string(sandbox.client_pem()).unwrap());
        root.file("ca.pem", &fs::read_to_string(sandbox.ca_file()).unwrap());
        // Copied by a separate process: if this one had the file open for writing, a process that another test
        // starts could inherit it, and then it is "busy" (execve(2), ETXTBSY).
        let copied =
            Command::new("cp").arg(under_test()).arg(root.path().join("amqp-messenger")).status();
        assert!(copied.unwrap().success());
        root
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A file in this root.
    pub fn file(&self, name: &str, content: &str) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// What is in the top folder.
    pub fn content(&self) -> Vec<String> {
        let name = |entry: std::io::Result<fs::DirEntry>| {
            entry.unwrap().file_name().into_string().unwrap()
        };
        let mut names: Vec<_> = fs::read_dir(self.path()).unwrap().map(name).collect();
        names.sort();
        names
    }

    /// The program in this root with its configuration, and a redirection for the shell, such as `<&-`.
    pub fn program(&self, words: &[&str], redirection: &str) -> Program {
        let mut program = Program::new(Path::new("sh"));
        program.args(["-c", &format!(r#"exec chroot "$0" /amqp-messenger "$@" {redirection}"#)]);
        program.command.env_clear().env("PATH", std::env::var_os("PATH").unwrap());
        program.args([self.path()]).args([words[0]]);
        if !words[0].starts_with('-') {
            program.args(["--config-file", "/config.yaml"]);
        }
        program.args(&words[1..]);
        program
    }

    pub fn run(&self, arguments: &str) -> Ended {
        let words: Vec<_> = arguments.split(' ').collect();
        self.program(&words, "").run()
    }
}
