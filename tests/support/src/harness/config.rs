//! Configuration files.

use std::time::Duration;

/// The time that a busy machine needs for everything except waiting.
pub(super) const SLACK: Duration = Duration::from_secs(60);

/// The two sections of a configuration file, as keys with YAML values.
#[derive(Clone)]
pub struct Config(Vec<(String, String)>);

impl Config {
    /// These keys.
    pub fn of<K: Into<String>, V: Into<String>>(entries: impl IntoIterator<Item = (K, V)>) -> Self {
        Self(entries.into_iter().map(|(key, value)| (key.into(), value.into())).collect())
    }

    /// The same with this key.
    #[must_use]
    pub fn set(mut self, key: &str, value: &str) -> Self {
        self = self.without(key);
        self.0.push((key.into(), value.into()));
        self
    }

    /// The same without this key.
    #[must_use]
    pub fn without(mut self, key: &str) -> Self {
        self.0.retain(|(known, _)| known != key);
        self
    }

    /// The same with this `timeout`, `retries` and `send_retries`.
    #[must_use]
    pub fn patience(self, timeout: u32, retries: u32, send_retries: u32) -> Self {
        self.set("timeout", &timeout.to_string())
            .set("retries", &retries.to_string())
            .set("send_retries", &send_retries.to_string())
    }

    /// How long a run with these arguments may take: the sum of the bounds for silence, sending and connecting.
    /// Every item may have an outcome and a reply, and each of these may take a `timeout`.
    pub(super) fn bound(&self, arguments: &str) -> Duration {
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

    /// The file's content.
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
