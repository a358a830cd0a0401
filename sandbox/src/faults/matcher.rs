//! The rules in force.

use std::collections::HashMap;

use super::{Act, ConnectionAct, LinkAct, ReplyAct, RequestAct, Rule, when::Event};

/// The acts to apply, sorted by what they act on.
#[derive(Clone, Debug, Default)]
pub(crate) struct Acts {
    pub(crate) connection: Vec<ConnectionAct>,
    pub(crate) link: Vec<LinkAct>,
    pub(crate) request: Vec<RequestAct>,
    pub(crate) reply: Vec<ReplyAct>,
}

impl FromIterator<Act> for Acts {
    fn from_iter<I: IntoIterator<Item = Act>>(all: I) -> Self {
        let mut acts = Self::default();
        for act in all {
            match act {
                Act::Connection(act) => acts.connection.push(act),
                Act::Link(act) => acts.link.push(act),
                Act::Request(act) => acts.request.push(act),
                Act::Reply(act) => acts.reply.push(act),
            }
        }
        acts
    }
}

/// The rules in force, and the counters that their conditions need.
#[derive(Debug, Default)]
pub(crate) struct Matcher {
    rules: Vec<Rule>,
    requests: u64,
    deliveries: HashMap<String, u64>,
}

impl Matcher {
    pub(crate) fn new(rules: Vec<Rule>) -> Self {
        Self { rules, ..Self::default() }
    }

    /// Replaces the rules; the counters continue.
    pub(crate) fn replace(&mut self, rules: Vec<Rule>) {
        self.rules = rules;
    }

    /// Counts a request; returns its number, and the acts for it.
    pub(crate) fn request(
        &mut self,
        connection: usize,
        address: &str,
        id: Option<&str>,
        body: &[u8],
    ) -> (u64, Acts) {
        self.requests += 1;
        let delivery = id.map_or(1, |id| {
            let count = self.deliveries.entry(id.to_owned()).or_default();
            *count += 1;
            *count
        });
        let number = self.requests;
        let acts = self.acts(Event::Request { number, delivery, body }, connection, address);
        (number, acts)
    }

    /// The acts for a connection just accepted.
    pub(crate) fn connection(&self, connection: usize) -> Vec<ConnectionAct> {
        self.acts(Event::Connection, connection, "").connection
    }

    /// The acts for a link that the client attaches as a sender.
    pub(crate) fn sender_link(&self, connection: usize, address: &str) -> Vec<LinkAct> {
        self.acts(Event::SenderLink, connection, address).link
    }

    /// The acts for a link that the client attaches as a receiver.
    pub(crate) fn receiver_link(&self, connection: usize, address: &str) -> Vec<LinkAct> {
        self.acts(Event::ReceiverLink, connection, address).link
    }

    /// The acts on its connection when a client's CONNECT has come.
    pub(crate) fn connect(&self, connection: usize) -> Vec<ConnectionAct> {
        self.particular(Event::Connect, connection, "")
    }

    /// The acts on its connection when a client subscribes.
    pub(crate) fn subscribe(&self, connection: usize, address: &str) -> Vec<ConnectionAct> {
        self.particular(Event::ReceiverLink, connection, address)
    }

    /// The acts on its connection when a client's PINGREQ has come.
    pub(crate) fn ping(&self, connection: usize) -> Vec<ConnectionAct> {
        self.particular(Event::Ping, connection, "")
    }

    /// The acts on its connection when a client has acknowledged a message of this address.
    pub(crate) fn acknowledgement(&self, connection: usize, address: &str) -> Vec<ConnectionAct> {
        self.particular(Event::Acknowledgement, connection, address)
    }

    /// The acts on a connection whose condition names this event, and holds.
    fn particular(&self, event: Event, connection: usize, address: &str) -> Vec<ConnectionAct> {
        let named =
            |rule: &&Rule| rule.when.names(event) && rule.when.holds(event, connection, address);
        let matching = self.rules.iter().filter(named);
        matching.map(|rule| rule.act.clone()).collect::<Acts>().connection
    }

    fn acts(&self, event: Event, connection: usize, address: &str) -> Acts {
        let matching = self.rules.iter().filter(|r| r.when.holds(event, connection, address));
        matching.map(|rule| rule.act.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::When;

    fn rules(when: When) -> Matcher {
        let acts: [Act; 3] =
            [ConnectionAct::Cut.into(), LinkAct::NoCredit.into(), ReplyAct::NoReply.into()];
        Matcher::new(acts.map(|act| Rule::new(when.clone(), act)).to_vec())
    }

    fn holds(matcher: &mut Matcher, connection: usize, id: Option<&str>) -> bool {
        let acts = matcher.request(connection, "q", id, b"a text").1;
        let counts = [acts.connection.len(), acts.link.len(), acts.reply.len()];
        assert!(counts == [0; 3] || counts == [1; 3], "{acts:?}");
        counts[0] == 1
    }

    #[test]
    fn numbers_count_requests_and_deliveries_count_ids() {
        let mut nth = rules(When::EveryNth(2));
        let hits: Vec<bool> = (0..4).map(|_| holds(&mut nth, 1, None)).collect();
        assert_eq!(hits, [false, true, false, true]);

        let mut second = rules(When::Delivery(2));
        assert!(!holds(&mut second, 1, Some("a")));
        assert!(!holds(&mut second, 1, Some("b")));
        assert!(holds(&mut second, 1, Some("a")));
    }

    #[test]
    fn conditions_on_links_do_not_hold_for_requests() {
        let mut receivers = rules(When::All(vec![When::ReceiverLink, When::Address("q".into())]));
        assert!(!holds(&mut receivers, 1, None));
        assert!(receivers.sender_link(1, "q").is_empty());
        assert!(receivers.receiver_link(1, "p").is_empty());
        assert_eq!(receivers.receiver_link(1, "q"), [LinkAct::NoCredit]);
    }

    #[test]
    fn a_connection_s_number_holds_for_all_that_is_on_it() {
        let mut second = rules(When::Connection(2));
        assert!(second.connection(1).is_empty());
        assert_eq!(second.connection(2), [ConnectionAct::Cut]);
        assert_eq!(second.receiver_link(2, "q").len(), 1);
        assert!(holds(&mut second, 2, None));
        assert!(!holds(&mut second, 1, None));
    }
}
