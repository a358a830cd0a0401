//! Enters what earlier runs have received into the ledger of a new one.

use std::{
    collections::{HashMap, HashSet},
    time::{Duration, SystemTime},
};

use super::{
    Journal,
    line::{self, Event},
    read,
};
use crate::{
    error::Error,
    signing::{
        Entry, Ledger, Noted, Notice, Observer, Outcome, RawReply, Received, ReplyKind, State,
        Verdict,
    },
};

impl Journal {
    /// Enters what the file holds into a ledger, and reports every request that is signed to an observer.
    ///
    /// After that a request is open unless everything that it asked for is signed: what was refused may be signed now. One
    /// that the broker accepted less than `ttl` ago is waited for first, and so is the rest of an answer in parts.
    ///
    /// Returns the replies that have only parts of what was asked for. They belong into the ledger at the end of the run, in
    /// case that nothing better comes.
    ///
    /// # Errors
    /// [`Error::LocalFile`] if the file cannot be read.
    pub(crate) fn replay(
        &mut self,
        ledger: &mut Ledger,
        observer: &dyn Observer,
        now: SystemTime,
        ttl: Duration,
    ) -> Result<Vec<RawReply>, Error> {
        if std::mem::replace(&mut self.is_replayed, true) || self.events == 0 {
            return Ok(Vec::new());
        }
        let mut replay = Replay {
            ledger,
            observer,
            accepted: HashMap::new(),
            failed: HashSet::new(),
            unsigned: HashMap::new(),
            last_reply: None,
        };
        read::events(&self.file, self.events, |event| replay.enter(event))?;
        // A clock that was set back makes nothing old.
        let is_recent = |at| now.duration_since(at).map_or(true, |age| age < ttl);
        let parts = replay.finish(is_recent);
        if ledger.open() > 0 {
            self.add(line::resumed(now));
        }
        Ok(parts)
    }
}

struct Replay<'a> {
    ledger: &'a mut Ledger,
    observer: &'a dyn Observer,
    /// When requests were accepted that have no answer.
    accepted: HashMap<usize, SystemTime>,
    /// Requests whose answer of the same run is not all that they asked for.
    failed: HashSet<usize>,
    /// The replies to requests that are not signed.
    unsigned: HashMap<usize, Vec<RawReply>>,
    last_reply: Option<SystemTime>,
}

impl Replay<'_> {
    fn enter(&mut self, event: Event) {
        match event {
            Event::Accepted(index, at) => {
                if !self.failed.contains(&index) {
                    self.accepted.insert(index, at);
                }
            }
            Event::Reply(reply, at) => self.reply(reply, at),
            Event::Silence => self.ledger.end_waits(),
            // What failed before was asked for again.
            Event::Resumed => self.failed.clear(),
            Event::Request(..) | Event::Outcome => {}
        }
    }

    fn reply(&mut self, reply: RawReply, at: SystemTime) {
        let entered = self.ledger.enter(reply);
        let Some(index) = entered.index else { return };
        // It was recorded by a run that did not verify it, or by other certificates.
        if let ReplyKind::Unverified(reason) = &entered.kind {
            log::warn!("a reply in the state file does not count: {reason}");
            self.accepted.remove(&index);
            return;
        }
        self.last_reply = Some(at);
        let entry = &self.ledger.entries()[index];
        let reply = self.ledger.expected(&entered);
        if is_signed(entry) {
            self.unsigned.remove(&index);
            self.accepted.remove(&index);
            if let Some(reply) = reply {
                self.observer.notice(Notice::Reply(Noted { index, entry }, Received(reply)));
            }
            if self.observer.drops_replies() {
                self.ledger.drop_reply(index);
            }
            return;
        }
        if matches!(entry.state(), State::Answered(_)) {
            self.failed.insert(index);
            self.accepted.remove(&index);
        } else {
            // The signing server was not done yet, but has it.
            self.accepted.insert(index, at);
        }
        self.unsigned.entry(index).or_default().extend(reply.map(RawReply::from));
    }

    /// Opens what is not signed, and returns the replies with parts of it.
    fn finish(self, is_recent: impl Fn(SystemTime) -> bool) -> Vec<RawReply> {
        let Self { ledger, accepted, mut unsigned, last_reply, .. } = self;
        if !last_reply.is_some_and(&is_recent) {
            ledger.end_waits();
        }
        let has_parts = |entry: &Entry| entry.signed_values().iter().any(|value| !value.is_empty());
        unsigned.retain(|&index, _| has_parts(&ledger.entries()[index]));
        ledger.reopen();
        for (index, _) in accepted.into_iter().filter(|&(_, at)| is_recent(at)) {
            if index < ledger.entries().len() {
                ledger.outcome(index, Outcome::Accepted);
            }
        }
        unsigned.into_values().flatten().collect()
    }
}

fn is_signed(entry: &Entry) -> bool {
    entry.reply().is_some_and(|reply| reply.verdict == Verdict::Signed)
}
