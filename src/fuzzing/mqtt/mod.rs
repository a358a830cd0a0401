//! MQTT sessions at one broker, one after the other.

#[cfg(test)]
mod tests;
mod wire;

use std::time::{Duration, Instant};

use super::MAX_MESSAGE_SIZE;
use crate::{
    amqp::reply_of,
    broker::{HandOver, ReplyId, Settlement},
    mqtt::{Memory, Options, Session, Version},
    session::{End, Event, Purpose, Session as _},
    signing::{Items, Ledger, ReplyBody, Text, samples},
};
use wire::Wire;

/// What happens on a connection.
#[derive(Debug)]
pub enum Step {
    /// The broker sends this.
    Bytes(Vec<u8>),
    /// This number of milliseconds passes.
    Time(u16),
    /// The client can write only this number of bytes more on this connection.
    Stuck(u16),
    /// The client closes.
    Close,
}

/// Runs sessions that resume each other, each on a connection, and behaves like the loops: hands over requests, enters replies and
/// outcomes into a ledger, settles replies.
///
/// `read` gets each packet that the client writes. Over MQTT 3.1.1 if `old`.
pub fn mqtt(old: bool, connections: &[Vec<Step>], read: &dyn Fn(&[u8])) {
    let mut run = Run {
        version: if old { Version::V311 } else { Version::V5 },
        memory: Memory::default(),
        ledger: ledger(),
        now: Instant::now(),
        first_reply: 0,
        handed_over: [0; REQUESTS],
        is_refused: false,
    };
    let mut wire = Wire::default();
    for steps in connections {
        if run.is_refused {
            return;
        }
        wire.connect();
        let mut client = Client::new(&mut run, &mut wire, read);
        steps.iter().for_each(|step| client.step(step));
        client.finish();
    }
}

/// The requests of the run; they are handed over again and again, so that several packets carry the same.
const REQUESTS: usize = 6;

/// A request is handed over no more often than this.
const MOST_HAND_OVERS: usize = 8;

/// What all connections have in common.
struct Run {
    version: Version,
    memory: Memory,
    ledger: Ledger,
    now: Instant,
    first_reply: u64,
    handed_over: [usize; REQUESTS],
    is_refused: bool,
}

/// One connection, with the work of the loops.
struct Client<'a> {
    run: &'a mut Run,
    wire: &'a mut Wire,
    read: &'a dyn Fn(&[u8]),
    session: Session,
    /// Replies that are settled later.
    unsettled: Vec<ReplyId>,
    /// How many bytes more the wire accepts.
    writable: usize,
    is_ready: bool,
    is_closing: bool,
    has_ended: bool,
}

impl<'a> Client<'a> {
    fn new(run: &'a mut Run, wire: &'a mut Wire, read: &'a dyn Fn(&[u8])) -> Self {
        let session = Session::new(&Options {
            version: run.version,
            client_id: "client",
            username: None,
            password: None,
            idle_timeout: Some(Duration::from_secs(1)),
            max_message_size: MAX_MESSAGE_SIZE,
            purpose: Purpose::Sign,
            listen_to: "replies",
            send_to: "requests",
            ttl: Duration::from_secs(1),
            session_expiry: Duration::from_secs(60),
            goes_on: false,
            first_reply: run.first_reply,
            memory: &run.memory,
            decode: reply_of,
            now: run.now,
        })
        .expect("nothing is too long");
        let mut client = Self {
            run,
            wire,
            read,
            session,
            unsettled: Vec::new(),
            writable: usize::MAX,
            is_ready: false,
            is_closing: false,
            has_ended: false,
        };
        client.turn();
        client
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Bytes(bytes) => return self.feed(bytes),
            Step::Time(time) => self.run.now += Duration::from_millis((*time).into()),
            Step::Stuck(bytes) => {
                self.writable = self.writable.min((*bytes).into());
                self.wire.is_stuck = true;
            }
            // Once: it is the end of a connection.
            Step::Close if self.is_closing => {}
            Step::Close => {
                self.session.close(self.unsettled.is_empty());
                (self.is_closing, self.is_ready) = (true, false);
            }
        }
        self.turn();
    }

    fn feed(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() && !self.has_ended {
            let buffer = self.session.input();
            let count = buffer.len().min(bytes.len());
            if count == 0 {
                return;
            }
            buffer[..count].copy_from_slice(&bytes[..count]);
            self.wire.received(&bytes[..count]);
            self.session.input_done(count);
            bytes = &bytes[count..];
            self.turn();
        }
    }

    fn finish(mut self) {
        self.session.input_ended();
        self.turn();
        assert!(self.has_ended, "a stream that has ended ends its session");
        self.run.first_reply = self.session.next_reply();
    }

    fn turn(&mut self) {
        self.run.now += Duration::from_millis(10);
        let next = self.session.tick(self.run.now);
        while let Some(event) = self.session.next_event() {
            self.take(event);
        }
        let is_later = next.is_none_or(|next| next > self.run.now);
        assert!(is_later || self.has_ended, "time stands still");
        self.hand_over();
        // Every other time, and the last ones first: acknowledgements keep the order of arrival.
        if self.unsettled.len().is_multiple_of(2) {
            while let Some(reply) = self.unsettled.pop() {
                self.wire.settled();
                self.session.settle(reply, Settlement::Accept);
                self.write();
            }
        }
        self.session.idle();
        self.write();
    }

    /// Hands over as many requests as the session accepts.
    fn hand_over(&mut self) {
        for entry in 0..REQUESTS {
            let count = self.run.handed_over[entry];
            if !self.is_ready || self.run.is_refused || count == MOST_HAND_OVERS {
                continue;
            }
            let request = self.run.ledger.entries()[entry].request();
            if let HandOver::Done = self.session.send(entry, request) {
                self.run.handed_over[entry] += 1;
            }
        }
    }

    fn write(&mut self) {
        loop {
            let output = self.session.output();
            let count = output.len().min(self.writable);
            if count == 0 {
                break;
            }
            self.wire.written(&output[..count], self.read);
            self.session.output_done(count);
            self.writable -= count;
        }
        self.wire.is_quiet();
    }

    fn take(&mut self, event: Event) {
        match event {
            Event::Outcome { entry, outcome } => {
                assert!(self.run.handed_over[entry] > 0, "it was never handed over");
                self.run.ledger.outcome(entry, outcome);
            }
            Event::Reply { id, reply } => {
                if let ReplyBody::Bytes(bytes) = &reply.body {
                    assert!(bytes.len() as u64 <= MAX_MESSAGE_SIZE);
                }
                self.run.ledger.reply(reply);
                self.unsettled.push(id);
            }
            Event::SendingRefused(end) => {
                self.run.is_refused = true;
                self.explain(end);
            }
            Event::Ready(Err(end)) | Event::Ending(end) => self.explain(end),
            Event::Ended(end) => {
                assert!(!self.has_ended, "it has ended before");
                self.has_ended = true;
                self.wire.ended();
                self.explain(end);
            }
            Event::Ready(Ok(())) => self.is_ready = true,
            Event::Opened => {
                let known = self.session.known().mqtt.and_then(|mqtt| mqtt.receive_maximum);
                self.wire.opened(known.unwrap_or(u16::MAX));
            }
            Event::LoggedIn | Event::Writable | Event::Arriving(_) => {}
        }
    }

    fn explain(&self, end: End) {
        let phase = self.session.phase();
        let words = end.into_error("mqtt://broker", phase).map(|error| error.to_string());
        let presumed = self.session.presumed();
        for words in words.into_iter().chain(presumed) {
            assert!(!words.contains(char::is_control), "not fit for a log");
        }
    }
}

fn ledger() -> Ledger {
    let texts = (0..REQUESTS).map(|number| Text::new(format!("text {number}")));
    let texts = texts.collect::<Result<_, _>>().expect("small texts");
    let items = Items::Texts { texts, repo: None };
    samples::ledger(&samples::operation(items), &samples::CONTEXT)
}
