//! How long a run may take, by its settings.

use std::time::Duration;

use super::Settings;

impl Settings {
    /// Returns how long a run without a single reply waits: `timeout × retries × send_retries`.
    pub fn longest_silence(&self) -> Duration {
        self.time_to_live().saturating_mul(self.send_retries)
    }

    /// The same with its arithmetic, and whether the deadline ends the run before.
    pub(crate) fn longest_silence_in_words(&self) -> String {
        let Self { timeout, retries, send_retries, .. } = self;
        let (timeout, silence) = (timeout.as_secs(), self.longest_silence());
        let sum = silence.as_secs();
        let mut words = format!(
            "timeout {timeout} s × retries {retries} × send_retries {send_retries} = {sum} s"
        );
        if let Some(deadline) = self.deadline.filter(|deadline| *deadline < silence) {
            let deadline = deadline.as_secs_f64();
            words += &format!("; the deadline of {deadline} s ends the run before");
        }
        words
    }

    /// Returns how long a request is valid, `timeout × retries`; fits the protocol: 32 bits of milliseconds for
    /// AMQP, of seconds for MQTT.
    pub fn time_to_live(&self) -> Duration {
        self.timeout.saturating_mul(self.retries)
    }
}
