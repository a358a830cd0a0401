//! The addresses of a test.

use std::sync::atomic::{AtomicUsize, Ordering};

/// The addresses of requests and replies; `REQ` and `REP` stand for names that no other test has,
/// and `suite/REQ` and `suite/REP` for topics of MQTT.
#[derive(Clone, Debug)]
pub struct Route {
    /// The address that the client sends to, and the one from which the signing server receives that.
    pub send_to: String,
    pub requests: String,
    /// The address that the signing server sends to, and the one from which the client receives that.
    pub replies: String,
    pub listen_to: String,
}

impl Route {
    pub fn of(template: &[&str; 4]) -> Self {
        /// Every test has different addresses.
        static NUMBER: AtomicUsize = AtomicUsize::new(1);
        let number = NUMBER.fetch_add(2, Ordering::Relaxed);
        let [send_to, requests, replies, listen_to] = template.map(|address| {
            let named = |address: &str, place: &str, number: usize| {
                let topics = address.replace(&format!("suite/{place}"), &format!("suite/{number}"));
                topics.replace(place, &format!("suite.{number}"))
            };
            named(&named(address, "REQ", number), "REP", number + 1)
        });
        Self { send_to, requests, replies, listen_to }
    }
}
