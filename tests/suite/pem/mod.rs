//! Certificates and keys as people have them: accepted, or named with the command that makes PEM of them.

use std::{fs, path::PathBuf, process::Command};

use amqp_sandbox::pki::Validity;

use crate::{
    harness::{Bench, Config, images},
    tls::{client, with_file},
};

mod accepted;
mod apart;
mod keys;
mod remedies;

/// A folder with `mine.pem` (certificate and key), `cert.pem`, `key.pem` and `ca.pem`, in which shell commands run.
struct Folder {
    bench: Bench,
    path: PathBuf,
}

impl Folder {
    fn new() -> Self {
        let bench = Bench::new();
        let identity = client(&bench, Validity::default());
        let (certificate, key) = (identity.certificate_pem().unwrap(), identity.key_pem().unwrap());
        bench.file("mine.pem", [&certificate[..], &key].concat());
        bench.file("cert.pem", certificate);
        let path = bench.file("key.pem", key).with_file_name("");
        fs::copy(bench.sandbox.ca_file(), path.join("ca.pem")).unwrap();
        // Keys in an encryption of old need OpenSSL's legacy provider, only to be made.
        bench.file("legacy", "-provider legacy -provider default");
        Self { bench, path }
    }

    /// Runs a command and returns what it wrote.
    #[track_caller]
    fn shell(&self, command: &str) -> Vec<u8> {
        let output =
            Command::new("sh").args(["-ec", command]).current_dir(&self.path).output().unwrap();
        assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }

    /// A configuration with the file that a command writes.
    #[track_caller]
    fn config(&self, key: &str, name: &str, command: &str) -> Config {
        with_file(&self.bench, key, name, self.shell(command))
    }

    /// Runs the command that an error names, and signs with the file that it writes.
    #[track_caller]
    fn follow(&self, key: &str, stderr: &str) -> PathBuf {
        self.follow_in(&self.bench.config(), key, stderr)
    }

    /// The same in a configuration with other keys.
    #[track_caller]
    fn follow_in(&self, config: &Config, key: &str, stderr: &str) -> PathBuf {
        let (_, command) = stderr.split_once("; name the file that this makes: ").expect(stderr);
        // What asks on a terminal gets it from an argument.
        let command =
            command.trim_end().replace("openssl pkcs12", "openssl pkcs12 -passin pass:sesame");
        let command =
            command.replace("-aes256", "-aes256 -passin pass:sesame -passout pass:sesame");
        let command =
            command.replace("-v2 aes256", "-v2 aes256 -passin pass:sesame -passout pass:sesame");
        self.shell(&command);
        let words: Vec<_> = command.split_whitespace().collect();
        let last = words.iter().rposition(|word| ["-out", ">"].contains(word)).unwrap();
        let made = PathBuf::from(words[last + 1]);
        let passphrase = self.bench.file("passphrase", "sesame\n");
        let config = config
            .clone()
            .set(key, &made.display().to_string())
            .set("messaging_key_passphrase_file", &passphrase.display().to_string());
        self.bench.run(&config, &images(1)).expect(0);
        made
    }
}
