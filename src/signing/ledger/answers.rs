//! Replies to requests: the first one, and what further ones add to it.

use std::sync::Arc;

use super::{
    super::reply::{
        self, Document, Faults, Parsed, Part, RawReply, Reading, Reply, ReplyBody, Verdict,
    },
    Ledger, ReplyKind,
    entry::{Entry, State, Unfinished},
};

/// What became of a reply.
pub(crate) struct Entered {
    pub(crate) kind: ReplyKind,
    /// The number of the request that it names, if it is one of the ledger's.
    pub(crate) index: Option<usize>,
    /// The reply by itself, if it only adds to an answer.
    part: Option<Arc<Part>>,
    /// What is wrong with some of its values, which do not count.
    pub(crate) doubts: Option<String>,
}

impl Ledger {
    /// Enters a reply under the request that it names.
    ///
    /// One that says that the server is not done yet is no answer. An answer that lacks claims of a batch is waited on
    /// until [`Ledger::end_waits`], and further replies add to it. So they do to every answer that is not all that was
    /// asked for, but that is not waited for.
    pub(crate) fn enter(&mut self, raw: RawReply) -> Entered {
        self.has_heard = true;
        let entered = |kind, index| Entered { kind, index, part: None, doubts: None };
        let too_large = self.too_large(&raw.body);
        if let ReplyBody::Bytes(bytes) = &raw.body {
            self.room.fill(bytes.capacity());
        }
        let parsed = match reply::parse(raw, &self.message_id_key) {
            Ok(parsed) => parsed,
            Err(reason) => {
                let Some((index, size)) = too_large else {
                    return entered(ReplyKind::Malformed(reason), None);
                };
                self.close(index, State::ReplyTooLarge(size));
                return entered(ReplyKind::TooLarge(reason), Some(index));
            }
        };
        let Some(index) = self.ids.find(&self.entries, &parsed.id) else {
            return entered(ReplyKind::Foreign, None);
        };
        let entry = &mut self.entries[index];
        if entry.reply().is_some_and(|reply| reply.verdict == Verdict::Signed) {
            return entered(ReplyKind::Repeated, Some(index));
        }
        let mut reading = entry.request.read(&parsed);
        let (mut parsed, mut faults) = (parsed, Faults::new());
        if let Some(judge) = &self.judge {
            match entry.request.judged(parsed, reading, &**judge) {
                Ok(judged) => (parsed, reading, faults) = judged,
                Err(reason) => return entered(ReplyKind::Malformed(reason), Some(index)),
            }
        }
        let was_open = entry.is_open();
        let is_empty = !reading.has_any();
        if !faults.is_empty() && is_empty && reading.says_nothing_else() {
            let words = entry.unverified(faults);
            let subject = entry.request.subject();
            let reason = format!("{subject}: the signature is not verified: {words}");
            return entered(ReplyKind::Unverified(reason), Some(index));
        }
        let mut part = None;
        let kind = if matches!(entry.state, State::Answered(_)) {
            part = entry.add(parsed, &reading);
            if part.is_some() { ReplyKind::Expected } else { ReplyKind::Repeated }
        } else if reading.is_pending() && is_empty {
            if was_open {
                // Whatever the broker says: the signing server has it.
                entry.was_accepted = true;
                self.accepted(index);
            }
            self.entries[index].is_pending(parsed, reading)
        } else {
            self.unsent.remove(index);
            entry.answer(parsed, reading)
        };
        let doubts = (!faults.is_empty()).then(|| self.entries[index].unverified(faults));
        let is_open = self.entries[index].is_open();
        self.open = self.open + usize::from(is_open) - usize::from(was_open);
        if !is_open {
            self.settled(index);
        }
        Entered { kind, index: Some(index), part, doubts }
    }

    /// The text of the reply that was entered last, if it is expected.
    pub(crate) fn expected<'a>(&'a self, entered: &'a Entered) -> Option<Document<'a>> {
        let reply = || Some(self.entries[entered.index?].reply()?.whole());
        let found = entered.part.as_ref().map(|part| part.document()).or_else(reply);
        found.filter(|_| entered.kind == ReplyKind::Expected)
    }

    /// Enters a reply and returns its kind.
    #[cfg(any(test, fuzzing))]
    pub(crate) fn reply(&mut self, raw: RawReply) -> ReplyKind {
        self.enter(raw).kind
    }

    /// Forgets what a reply says, if it has everything that was asked for.
    pub(crate) fn drop_reply(&mut self, index: usize) {
        if let State::Answered(reply) = &mut self.entries[index].state
            && reply.verdict == Verdict::Signed
        {
            *reply = Arc::clone(&self.forgotten);
        }
    }

    /// Forgets every answer that is not all that was asked for, unless the rest is waited for: it is asked for again.
    pub(crate) fn reopen(&mut self) {
        for entry in &mut self.entries {
            let was_open = entry.is_open();
            let is_signed = entry.reply().is_some_and(|reply| reply.verdict == Verdict::Signed);
            if is_signed || entry.is_awaited() {
                continue;
            }
            let has_faults = entry.unfinished.as_ref().is_some_and(|it| !it.faults.is_empty());
            if matches!(entry.state, State::Answered(_)) || has_faults {
                entry.unfinished = None;
            }
            entry.state = State::NotSent;
            entry.was_accepted = false;
            self.open += usize::from(!was_open);
        }
    }

    /// The open request that a reply is for which is not kept, and the reply's size, unless several may be meant.
    fn too_large(&self, body: &ReplyBody) -> Option<(usize, u64)> {
        let ReplyBody::TooLarge { size, ids } = body else { return None };
        let mut known = ids.iter().filter_map(|id| self.ids.find(&self.entries, id));
        let index = known.next().filter(|_| known.next().is_none())?;
        self.entries[index].state.is_open().then_some((index, *size))
    }

    /// Ends the waits for the rest of answers in parts: what has come is final.
    pub(crate) fn end_waits(&mut self) {
        for index in 0..self.entries.len() {
            let entry = &mut self.entries[index];
            let was_open = entry.is_open();
            entry.join();
            if let Some(unfinished) = &mut entry.unfinished {
                unfinished.is_awaited = false;
            }
            entry.say_unverified();
            if was_open && !entry.is_open() {
                self.open -= 1;
                self.settled(index);
            }
        }
    }
}

impl Entry {
    fn is_pending(&mut self, parsed: Parsed, reading: Reading) -> ReplyKind {
        let reply = parsed.into_reply(reading, &self.request);
        let unfinished = self.unfinished.get_or_insert_default();
        unfinished.pending = Some(reply);
        let is_first = !std::mem::replace(&mut unfinished.was_pending, true);
        if is_first { ReplyKind::Expected } else { ReplyKind::Repeated }
    }

    fn answer(&mut self, parsed: Parsed, reading: Reading) -> ReplyKind {
        let parts = (!reading.is_signed()).then(|| (reading.filled(), reading.decided()));
        let reply = parsed.into_reply(reading, &self.request);
        let faults = self.unfinished.take().map(|before| before.faults).unwrap_or_default();
        self.unfinished = parts.map(|(filled, decided)| {
            let is_awaited = is_in_parts(&reply.verdict, &decided);
            Box::new(Unfinished { filled, decided, is_awaited, faults, ..Unfinished::default() })
        });
        self.state = State::Answered(reply.into());
        ReplyKind::Expected
    }

    /// Takes a further reply, and returns it, if it adds signatures, or ends the wait for the rest.
    fn add(&mut self, parsed: Parsed, reading: &Reading) -> Option<Arc<Part>> {
        let unfinished = self.unfinished.as_mut()?;
        let decides = merge(&mut unfinished.decided, &reading.decided()) && unfinished.is_awaited;
        let adds = merge(&mut unfinished.filled, &reading.filled()) || decides;
        let is_done = !reading.is_pending() && !unfinished.decided.contains(&false);
        let ends = unfinished.is_awaited && is_done;
        if !adds && !ends {
            return None;
        }
        let is_full = unfinished.filled.iter().all(|&is_filled| is_filled);
        let part = Arc::new(parsed.into_part());
        unfinished.more.push(Arc::clone(&part));
        // Only then: joining takes as long as all that has come.
        if is_full || ends {
            self.join();
        }
        Some(part)
    }

    /// Makes one answer of what has come.
    fn join(&mut self) {
        let (State::Answered(answer), Some(unfinished)) = (&mut self.state, &mut self.unfinished)
        else {
            return;
        };
        let more = std::mem::take(&mut unfinished.more);
        if let Some(joined) = reply::join(&self.request, answer, &more) {
            unfinished.is_awaited &= is_in_parts(&joined.verdict, &unfinished.decided);
            *answer = joined.into();
        }
        self.say_unverified();
    }

    /// Notes what is wrong with values that do not count, and returns it in words.
    fn unverified(&mut self, faults: Faults) -> String {
        let is_fine = |position| !faults.contains_key(&position);
        let fine: Vec<_> = (0..self.request.value_count()).map(is_fine).collect();
        let words = listed(self.request.problems(&faults, &fine));
        self.unfinished.get_or_insert_default().faults.extend(faults);
        self.say_unverified();
        words
    }

    /// Makes the verdict say what is wrong with values, if nothing better came in their place.
    fn say_unverified(&mut self) {
        let Some(unfinished) = self.unfinished.as_mut().filter(|it| !it.faults.is_empty()) else {
            return;
        };
        let problems = || self.request.problems(&unfinished.faults, &unfinished.filled);
        match &mut self.state {
            State::Answered(reply) if matches!(reply.verdict, Verdict::Incomplete { .. }) => {
                Arc::make_mut(reply).verdict = Verdict::Unverified { problems: problems() };
            }
            State::Answered(_) => {}
            _ => unfinished.pending = Some(Reply::unverified(problems())),
        }
    }
}

/// More problems than this are counted.
const MAX_PROBLEMS: usize = 5;

fn listed(mut problems: Vec<String>) -> String {
    let more = problems.len().saturating_sub(MAX_PROBLEMS);
    problems.truncate(MAX_PROBLEMS);
    problems.extend((more > 0).then(|| format!("and {more} more")));
    problems.join("; ")
}

/// Notes what there is; returns whether it is more than there was.
fn merge(had: &mut [bool], has: &[bool]) -> bool {
    let mut adds = false;
    for (had, has) in had.iter_mut().zip(has) {
        adds |= *has && !*had;
        *had |= *has;
    }
    adds
}

/// Whether the rest may come in another reply: an error of some claims decides on these, not on the others.
fn is_in_parts(verdict: &Verdict, decided: &[bool]) -> bool {
    match verdict {
        Verdict::Incomplete { .. } | Verdict::Pending { .. } | Verdict::Unverified { .. } => true,
        Verdict::Refused { .. } => decided.contains(&false),
        Verdict::Signed | Verdict::Unusable { .. } => false,
    }
}
