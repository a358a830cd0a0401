//! A survey finds what a run meets, whatever the brokers are like.

use std::{cell::Cell, net::SocketAddr};

use super::{
    script::{Answer, Scripted},
    *,
};
use crate::{config::BrokerUrl, connection::Opened, session::Beginning, status::Status};

/// What every attempt at an address comes to.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fate {
    Opens,
    RefusesSender,
    /// Which speaks for every broker.
    RefusesReceiver,
    RefusesLogin,
    Garbage,
    /// Nothing listens there.
    Mute,
}

const FATES: [Fate; 6] = [
    Fate::Opens,
    Fate::RefusesSender,
    Fate::RefusesReceiver,
    Fate::RefusesLogin,
    Fate::Garbage,
    Fate::Mute,
];

impl Fate {
    fn answer(self) -> Answer {
        let refusal = || unauthorised(Subject::Sending("a".into()));
        after(
            0,
            match self {
                Self::Opens => open(),
                Self::RefusesSender => Ok(Opening { sender: Some(refusal()), events: vec![] }),
                Self::RefusesReceiver => {
                    Err(Failure::OfRun(unauthorised(Subject::Listening("b".into()))))
                }
                Self::RefusesLogin => of_broker(unauthorised(Subject::Login)),
                Self::Garbage => of_broker(lost()),
                Self::Mute => of_broker(Error::Network {
                    broker: "b".into(),
                    phase: Phase::Tcp,
                    source: std::io::ErrorKind::ConnectionRefused.into(),
                }),
            },
        )
    }
}

/// Two brokers with two addresses each.
struct Fixed {
    script: Script,
    fates: [Fate; 4],
}

impl Fixed {
    fn new(fates: [Fate; 4]) -> Self {
        let script = Script::new([]);
        *script.addresses.borrow_mut() = [1, 2].map(|last| ([127, 0, 0, last], 1).into()).into();
        Self { script, fates }
    }
}

impl Connect for Fixed {
    type Connection = Scripted;

    type Memory = Cell<u32>;

    fn now(&self) -> Instant {
        self.script.now()
    }

    fn sleep(&self, until: Instant) -> Result<(), Error> {
        self.script.sleep(until)
    }

    fn addresses(&self, url: &BrokerUrl, deadline: &Deadline) -> Result<Vec<SocketAddr>, Error> {
        self.script.addresses(url, deadline)
    }

    fn open(
        &self,
        url: &BrokerUrl,
        address: SocketAddr,
        beginning: Beginning,
        first_reply: u64,
        memory: &Cell<u32>,
        deadline: &Deadline,
    ) -> Result<Opened<Scripted>, Failure> {
        let is_second = address == self.script.addresses.borrow()[1];
        let place = 2 * usize::from(url.host == "b") + usize::from(is_second);
        self.script.answer(self.fates[place].answer());
        self.script.open(url, address, beginning, first_reply, memory, deadline)
    }
}

/// How a run ends that sends nothing.
fn run(settings: &Settings, fates: [Fate; 4]) -> Result<(), Error> {
    let mut failover = Failover::new(settings, Fixed::new(fates), 1);
    failover.connect()?;
    match failover.news.pop_front() {
        Some(Event::SendingRefused(error)) => Err(error),
        _ => Ok(()),
    }
}

#[test]
fn it_ends_with_the_status_of_a_run() {
    let settings = settings(&["a", "b"], &[("timeout", "3"), ("sasl", "none")]);
    let status =
        |result: Result<(), Error>| result.as_ref().err().map_or(Status::Signed, Status::of_error);
    let mut seen = std::collections::BTreeSet::new();
    for number in 0..FATES.len().pow(4) {
        let fates = [0, 1, 2, 3].map(|place| FATES[number / FATES.len().pow(place) % FATES.len()]);
        let (connect, mut brokers) = (Fixed::new(fates), 0);
        let found = status(survey(&connect, &settings, || brokers += 1));
        assert_eq!(found, status(run(&settings, fates)), "{fates:?}");
        assert_eq!(brokers, 2, "each is checked: {fates:?}");
        let tried = connect.script.attempts.borrow();
        assert!(tried.iter().any(|attempt| attempt.broker == "b"), "{fates:?}");
        seen.insert(found);
    }
    assert_eq!(Vec::from_iter(seen), [Status::Signed, Status::Unreachable, Status::NotPermitted]);
}

/// Two receivers would share the replies; each connection is closed before the next.
#[test]
fn every_connection_is_closed() {
    let settings = settings(&["a", "b"], &[("sasl", "none"), ("close_timeout", "2")]);
    let connect = Fixed::new([Fate::Opens; 4]);
    survey(&connect, &settings, || {}).unwrap();
    assert_eq!(*connect.script.closes.borrow(), [2 * SECOND; 4]);
}
