//! What is said of a run before it begins.

use super::Signer;
use crate::{connector::Route, error::printable, signing::Ledger};

impl Signer {
    /// Logs what will happen, and how long it may take.
    pub(super) fn announce(&self, route: &Route, ledger: &Ledger) {
        if let Some(trace) = &self.trace {
            match self.settings.has_properties() {
                true => log::info!("trace: {}", trace.trace_id()),
                false => {
                    log::warn!("the trace is not sent: messages of MQTT 3.1.1 have no properties")
                }
            }
        }
        let brokers: Vec<_> = self.settings.brokers.iter().map(ToString::to_string).collect();
        log::info!("brokers: {}", brokers.join(", "));
        log::info!(
            "requests: {}, to {}; replies from {}",
            ledger.open(),
            printable(&route.send_to),
            printable(&route.listen_to)
        );
        if let Some(id) = &route.client_id {
            log::info!("client id: {}", printable(id));
        }
        log::info!("longest wait without any reply: {}", self.settings.longest_silence_in_words());
    }

    /// The protocol of its brokers.
    #[cfg(feature = "cli")]
    pub(crate) fn protocol(&self) -> crate::config::Protocol {
        self.settings.protocol()
    }

    /// Whether its messages have properties.
    #[cfg(feature = "cli")]
    pub(crate) fn sends_properties(&self) -> bool {
        self.settings.has_properties()
    }
}
