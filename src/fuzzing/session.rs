//! Feeds a broker's bytes to a session.

use std::time::{Duration, Instant};

use super::{MAX_MESSAGE_SIZE, ledger, operations};
use crate::{
    amqp::{self, Means, Mechanisms},
    broker::{HandOver, Settlement},
    session::{End, Event, Purpose, Session, Target},
    signing::{Ledger, ReplyBody, ReplyKind},
};

/// Feeds a broker's bytes to a session, piece by piece, and behaves like the loops: hands over requests if there is
/// credit, enters replies and outcomes into a ledger, settles replies, lets time pass.
///
/// The links' names are `receiver` and `sender`. Without SASL if `sasl` is false.
pub fn session<'a>(sasl: bool, pieces: impl Iterator<Item = &'a [u8]>) {
    let mut client = Client::new(sasl);
    for piece in pieces {
        if !client.feed(piece) {
            break;
        }
    }
    client.finish();
}

/// A session, with the work of the loops.
struct Client {
    session: amqp::Session,
    now: Instant,
    ledger: Ledger,
    /// How often the request was handed over, and how many outcomes it has had.
    sent: usize,
    outcomes: usize,
    has_ended: bool,
}

/// The request is handed over no more often than this.
const MAX_SENT: usize = 8;

impl Client {
    fn new(sasl: bool) -> Self {
        let now = Instant::now();
        let session = amqp::Session::new(&amqp::Options {
            container_id: "client",
            receiver_name: "receiver",
            sender_name: "sender",
            mechanisms: sasl.then_some(Mechanisms::ExternalOrAnonymous),
            means: Means { tls: false, certificate: false, username: false },
            hostname: "broker",
            idle_timeout: Some(Duration::from_secs(1)),
            max_message_size: MAX_MESSAGE_SIZE,
            purpose: Purpose::Sign,
            listen_to: "replies",
            source_capability: None,
            target_capability: None,
            send_to: "requests",
            target: Target::AsOffered,
            durable: true,
            ttl: Duration::from_secs(1),
            first_reply: 0,
            now,
        })
        .expect("no NUL");
        let ledger = ledger(&operations()[0]);
        Self { session, now, ledger, sent: 0, outcomes: 0, has_ended: false }
    }

    /// Feeds one piece; returns whether the session accepts more.
    fn feed(&mut self, mut piece: &[u8]) -> bool {
        while !piece.is_empty() && !self.has_ended {
            let buffer = self.session.input();
            let count = buffer.len().min(piece.len());
            if count == 0 {
                return false;
            }
            buffer[..count].copy_from_slice(&piece[..count]);
            self.session.input_done(count);
            piece = &piece[count..];
            self.turn();
        }
        !self.has_ended
    }

    fn finish(mut self) {
        self.session.input_ended();
        self.turn();
        assert!(self.has_ended, "a stream that has ended ends its session");
        self.session.close(false);
        self.turn();
        // And the heartbeat's deadline.
        self.now += Duration::from_secs(10);
        self.turn();
    }

    fn turn(&mut self) {
        self.now += Duration::from_millis(10);
        self.session.tick(self.now);
        self.write();
        while let Some(event) = self.session.next_event() {
            self.take(event);
        }
        let request = self.ledger.entries()[0].request();
        while self.sent < MAX_SENT && matches!(self.session.send(0, request), HandOver::Done) {
            self.sent += 1;
        }
        self.session.idle();
        self.write();
    }

    fn write(&mut self) {
        loop {
            let count = self.session.output().len();
            if count == 0 {
                return;
            }
            self.session.output_done(count);
        }
    }

    fn take(&mut self, event: Event) {
        match event {
            Event::Outcome { entry, outcome } => {
                self.outcomes += 1;
                assert!(self.outcomes <= self.sent, "an outcome of a request that was never sent");
                self.ledger.outcome(entry, outcome);
            }
            Event::Reply { id, reply } => {
                if let ReplyBody::Bytes(bytes) = &reply.body {
                    assert!(bytes.len() as u64 <= MAX_MESSAGE_SIZE);
                }
                let kind = self.ledger.reply(reply);
                let malformed = |reason| {
                    if let ReplyKind::Malformed(reason) | ReplyKind::TooLarge(reason) = reason {
                        Some(reason)
                    } else {
                        None
                    }
                };
                let reason = malformed(kind);
                let settlement = reason.as_deref().map_or(Settlement::Accept, Settlement::Reject);
                self.session.settle(id, settlement);
            }
            Event::Ready(Err(end)) | Event::SendingRefused(end) | Event::Ending(end) => {
                self.explain(end);
            }
            Event::Ended(end) => {
                self.has_ended = true;
                self.explain(end);
            }
            Event::LoggedIn
            | Event::Opened
            | Event::Ready(Ok(()))
            | Event::Writable
            | Event::Arriving(_) => {}
        }
    }

    fn explain(&self, end: End) {
        let words = end.into_error("amqp://broker", self.session.phase()).map(|e| e.to_string());
        assert!(words.is_none_or(|words| !words.contains(char::is_control)), "not fit for a log");
    }
}
