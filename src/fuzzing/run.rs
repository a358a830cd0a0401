//! Feeds a broker's bytes to a whole run: loops, failover, connection and session, under virtual time.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    io,
    net::SocketAddr,
    rc::Rc,
    time::{Duration, Instant},
};

use super::{MAX_MESSAGE_SIZE, ledger, operations};
use crate::{
    config::{Settings, SignerType},
    connector::Route,
    deadline::Deadline,
    error::{Error, Phase},
    signer::sign_on,
    signing::State,
    status::Status,
    transport::{Fault, Network, Readiness, Turn, Wire},
};

/// The names of the links, which a broker must repeat: random numbers are 0 here.
pub const RECEIVER: &str = "00000000-0000-4000-8000-000000000000-replies";
/// The sender's name.
pub const SENDER: &str = "00000000-0000-4000-8000-000000000000-requests";

/// Runs the client with a broker that sends these bytes, piece by piece as it is waited for, and hangs up;
/// further connections are refused. Without SASL if `sasl` is false.
///
/// # Panics
/// If the run breaks a promise: it takes longer than it may, or its ledger is not consistent.
pub fn run<'a>(sasl: bool, pieces: impl Iterator<Item = &'a [u8]>) {
    status_of(sasl, pieces);
}

/// The same; the status of the run.
fn status_of<'a>(sasl: bool, pieces: impl Iterator<Item = &'a [u8]>) -> Status {
    let text = format!(
        "msg_signer: {{messaging_brokers: ['amqp://broker'], environment: e, service: s, timeout: 1, \
         retries: 2, send_retries: 2, message_id_key: request_id, log_level: info, idle_timeout: 2, \
         topic_send_to: requests, topic_listen_to: replies, sasl: {}, max_message_size: {MAX_MESSAGE_SIZE}}}",
        if sasl { "anonymous" } else { "none" }
    );
    let settings = Settings::parse(&text, "fuzz.yaml".as_ref(), SignerType::Single, &|_| None);
    let settings = settings.expect("good settings");
    let route =
        Route { send_to: "requests".into(), listen_to: "replies".into(), ..Route::default() };
    let mut ledger = ledger(&operations()[0]);
    let network = Tape(Rc::new(Reel {
        start: Instant::now(),
        elapsed: Cell::new(Duration::ZERO),
        steps: Cell::new(0),
        pieces: RefCell::new(pieces.map(<[u8]>::to_vec).collect()),
        is_taken: Cell::new(false),
    }));
    let result = sign_on(&network, &settings, &route, None, &mut ledger, &());
    // Two cycles, each with its sending and two windows; connecting before it and closing after it. A reply, and
    // each of the outcomes of the request's sendings, may add a second.
    let took = network.0.elapsed.get();
    assert!(took < Duration::from_secs(60), "it took {took:?}");
    let is_open = ledger.entries().iter().filter(|entry| {
        !matches!(
            entry.state(),
            State::Answered(_) | State::Undeliverable(_) | State::ReplyTooLarge(_)
        )
    });
    assert_eq!(ledger.open(), is_open.count());
    let status = Status::of_run(&result, ledger.entries());
    assert!(result.is_err() || status != Status::Unreachable, "{result:?}");
    let words = result.err().map(|error| error.with_sources()).unwrap_or_default();
    assert!(!words.contains(char::is_control), "not fit for a log: {words:?}");
    status
}

/// A network with one broker, which speaks from a tape.
struct Tape(Rc<Reel>);

struct Reel {
    start: Instant,
    elapsed: Cell<Duration>,
    steps: Cell<u32>,
    pieces: RefCell<VecDeque<Vec<u8>>>,
    is_taken: Cell<bool>,
}

impl Reel {
    fn now(&self) -> Instant {
        self.start + self.elapsed.get()
    }

    /// Bytes take some time, so a run cannot last forever.
    fn pass(&self, until: Instant) {
        self.steps.set(self.steps.get() + 1);
        assert!(self.steps.get() < 1_000_000, "the run does not end");
        let until = until.saturating_duration_since(self.start);
        self.elapsed.set(until.max(self.elapsed.get()) + Duration::from_micros(1));
    }
}

impl Network for Tape {
    type Wire = Line;

    fn now(&self) -> Instant {
        self.0.now()
    }

    fn random(&self) -> u64 {
        0
    }

    fn sleep(&self, until: Instant) -> Result<(), Error> {
        self.0.pass(until);
        Ok(())
    }

    fn resolve(&self, _: &str, port: u16, _: &Deadline) -> Result<Vec<SocketAddr>, Fault> {
        Ok(vec![([127, 0, 0, 1], port).into()])
    }

    fn connect(
        &self,
        _: SocketAddr,
        _: Option<&str>,
        _: &Deadline,
    ) -> Result<Line, (Phase, Fault)> {
        self.0.pass(self.0.now());
        if self.0.is_taken.replace(true) {
            return Err((Phase::Tcp, Fault::Io(io::ErrorKind::ConnectionRefused.into())));
        }
        Ok(Line { reel: self.0.clone(), piece: Vec::new(), read: 0 })
    }
}

/// The connection to the broker.
struct Line {
    reel: Rc<Reel>,
    piece: Vec<u8>,
    read: usize,
}

impl Wire for Line {
    fn now(&self) -> Instant {
        self.reel.now()
    }

    fn read(&mut self, buffer: &mut [u8]) -> Result<Turn, Fault> {
        self.reel.pass(self.reel.now());
        if self.read == self.piece.len() {
            let Some(piece) = self.reel.pieces.borrow_mut().pop_front() else {
                return Ok(Turn::Ended);
            };
            (self.piece, self.read) = (piece, 0);
            // What is next comes after the client has waited for it.
            return Ok(Turn::Blocked(Readiness { read: true, write: false }));
        }
        let rest = &self.piece[self.read..];
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.read += count;
        Ok(Turn::Done(count))
    }

    fn write(&mut self, bytes: &[u8]) -> Result<Turn, Fault> {
        self.reel.pass(self.reel.now());
        Ok(Turn::Done(bytes.len()))
    }

    fn wait(&mut self, want: Readiness, until: Instant) -> Result<(), Error> {
        let is_ready = want.read || want.write;
        self.reel.pass(if is_ready { self.reel.now() } else { until });
        Ok(())
    }

    fn shutdown(&mut self) {}
}

#[cfg(test)]
mod tests {
    use amqp_frames::*;

    use super::*;

    /// A good broker's bytes come to a signed request: the frames are those of the fuzz target.
    #[test]
    fn the_bytes_of_a_good_broker_are_followed() {
        let reply = r#"{"msg": {"request_id": "1", "signed_claim": "c2ln", "errors": []}}"#;
        let opening = [
            open("broker").encode(),
            begin(0).encode(),
            attach(RECEIVER, 0, Role::Sender, source("replies"), Value::Null).encode(),
            attach(SENDER, 1, Role::Receiver, Value::Null, target("requests")).encode(),
            flow(1, 0, 4).encode(),
        ];
        let rest = [
            disposition(Role::Receiver, 0, None, true, accepted()).encode(),
            transfer(0, 0, message::amqp_value(reply)).encode(),
        ];
        let pieces = [HEADER.to_vec(), opening.concat(), rest.concat()];
        let status = |sasl, length: usize| {
            let mut bytes = pieces.concat();
            bytes.truncate(length);
            status_of(sasl, bytes.chunks(100))
        };
        let length = pieces.concat().len();
        assert_eq!(status(false, length), Status::Signed);
        assert_eq!(status(true, length), Status::Unreachable, "it does not begin with SASL");
        for cut in 0..length {
            assert!(status(false, cut) > Status::Signed, "cut at {cut}");
        }
    }
}
