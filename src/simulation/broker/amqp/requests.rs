//! Requests as they come, and their outcomes (AMQP 1.0 parts 2.6.12 and 3.4).

use amqp_frames::{
    Frame, Role, Value, accepted, disposition, error, message, modified, rejected, released,
    transfer,
};

use super::{super::request::Coming, Amqp, replies::envelope};
use crate::simulation::{
    agenda::{Due, Timer},
    plan::{Condition, Credit, Outcome, Trigger},
    server::Asked,
    witness::{Known, Place, Said, Told},
    world::Shared,
};

/// A request that came.
#[derive(Debug)]
pub(super) struct Delivery {
    id: u32,
    /// Where it stands in the witness's list.
    sending: usize,
    outcome: Outcome,
}

impl Amqp {
    pub(super) fn transfer(&mut self, frame: &Frame, begun: u64, shared: &mut Shared) {
        self.count_frame(shared);
        let Some(link) = &mut self.sender else { return };
        let first = link.partial.is_empty();
        link.partial.extend(&frame.payload);
        if first {
            self.check_beginning(begun, shared);
        }
        if frame.field(transfer::MORE).as_bool() == Some(true) {
            return;
        }
        let Some(link) = &mut self.sender else { return };
        let payload = std::mem::take(&mut link.partial);
        let (at, known) = self.line.written(begun);
        let id = frame.field(transfer::DELIVERY_ID).as_u32();
        self.request(id, &payload, (at, known), shared);
    }

    /// Whether something may be written later than the client decided on it.
    fn is_held(&self) -> bool {
        self.line.stuck.is_some() || self.line.plan.window < 2048
    }

    /// Credit, and whether the receiver was there before.
    fn check_beginning(&mut self, begun: u64, shared: &mut Shared) {
        let (_, known) = self.line.written(begun);
        let stuck = self.is_held();
        let seen = &shared.witness.connections[self.line.number];
        if seen.receiver.is_none_or(|told| told.end > known[0]) {
            let text = format!("#{}: a request before the receiver was answered", self.line.number);
            shared.witness.violation(text);
        }
        let Some(link) = &mut self.sender else { return };
        link.delivered += 1;
        // What was in force when the request was written: that of the last Flow before, or of any since.
        let base = link.limits.iter().rposition(|(told, _)| told.end <= known[1] && !stuck);
        let allowed = link
            .limits
            .range(base.unwrap_or(0)..)
            .filter(|(told, _)| told.end <= known[0])
            .map(|(_, limit)| *limit)
            .max();
        if allowed.is_none_or(|allowed| link.delivered > allowed) {
            let count = link.delivered;
            let text =
                format!("#{}: request {count} without credit: {allowed:?}", self.line.number);
            shared.witness.violation(text);
        }
    }

    fn request(
        &mut self,
        id: Option<u32>,
        payload: &[u8],
        (at, known): (std::time::Duration, Known),
        shared: &mut Shared,
    ) {
        let asked = match text(payload).and_then(|text| Asked::read(&text)) {
            Ok(asked) => asked,
            Err(problem) => {
                return shared
                    .witness
                    .violation(format!("#{}: a request: {problem}", self.line.number));
            }
        };
        if self.line.plan.max_message_size.is_some_and(|limit| payload.len() as u64 > limit) {
            shared
                .witness
                .violation(format!("#{}: a request above max-message-size", self.line.number));
        }
        if self.sender.as_ref().is_some_and(|link| link.anonymous) && to(payload).is_none() {
            shared.witness.violation(format!("#{}: a request without `to`", self.line.number));
        }
        let coming = Coming { at, known, held: self.is_held(), is_same: false };
        let Some(arrival) = self.line.comes(&asked, coming, shared) else { return };
        let Some(link) = &mut self.sender else { return };
        let number = link.deliveries.len();
        if let Some((Trigger::AtRequest(wanted), _)) = self.line.plan.fault
            && wanted == number
        {
            return self.let_fault_happen(shared);
        }
        let (sending, treatment) = (arrival.order, shared.script.request(&arrival));
        if let Some(fault) = treatment.ends {
            self.line.plan.fault = Some((Trigger::AtRequest(number), fault));
            self.line.faulted = false;
            return self.let_fault_happen(shared);
        }
        let outcome = treatment.outcome;
        link.deliveries.push(Delivery { id: id.unwrap_or_default(), sending, outcome });
        if outcome == Outcome::Never {
            shared.witness.saw("outcome: never");
        } else {
            link.awaited += 1;
            shared
                .agenda
                .after(treatment.delay, Due::Timer(self.line.number, Timer::Outcome(number)));
        }
        self.line.answers(&asked, arrival.request, treatment.replies, envelope, shared);
        self.after_request(shared);
    }

    /// Plays the credit game on.
    fn after_request(&mut self, shared: &mut Shared) {
        let Some(link) = &self.sender else { return };
        let limit = link.limits.back().map_or(0, |(_, limit)| *limit);
        let left = limit.saturating_sub(link.delivered);
        match self.line.plan.credit {
            Credit::Ample(credit) | Credit::Late(_, credit) if left <= u64::from(credit) / 2 => {
                self.grant(credit, false, shared);
            }
            Credit::Sparse(_) => self.grant_again(shared),
            Credit::TakenBack(credit, delay) if link.delivered == 1 => {
                shared.witness.saw("credit: taken back");
                self.grant(0, false, shared);
                shared.agenda.after(delay, Due::Timer(self.line.number, Timer::Grant(credit)));
            }
            Credit::TakenBack(credit, _) if left == 0 && limit > 1 => {
                self.grant(credit, false, shared);
            }
            Credit::Drain(credit) if left == 0 => self.grant(credit, true, shared),
            _ => {}
        }
    }

    /// With little credit: more once all of it is used and no outcome is awaited.
    fn grant_again(&mut self, shared: &mut Shared) {
        let Some(link) = &self.sender else { return };
        let is_used = link.limits.back().is_none_or(|(_, limit)| link.delivered >= *limit);
        if let Credit::Sparse(credit) = self.line.plan.credit
            && is_used
            && link.awaited == 0
        {
            shared.witness.saw("credit: sparse");
            self.grant(credit, false, shared);
        }
    }

    /// Gives an outcome, alone or with those gathered before.
    pub(super) fn outcome_is_due(&mut self, number: usize, shared: &mut Shared) {
        let Some(link) = &mut self.sender else { return };
        link.due.push(number);
        link.awaited -= 1;
        if link.due.len() < self.line.plan.batch && link.awaited > 0 {
            return;
        }
        let mut due = std::mem::take(&mut link.due);
        due.sort_unstable();
        let same = |a: &usize, b: &usize| {
            *b == *a + 1 && link.deliveries[*a].outcome == link.deliveries[*b].outcome
        };
        let ranges: Vec<_> = due
            .chunk_by(same)
            .map(|range| {
                let ids =
                    (link.deliveries[range[0]].id, link.deliveries[range[range.len() - 1]].id);
                let sendings: Vec<_> =
                    range.iter().map(|delivery| link.deliveries[*delivery].sending).collect();
                (link.deliveries[range[0]].outcome, ids, sendings)
            })
            .collect();
        for (outcome, ids, sendings) in ranges {
            self.give(outcome, ids, &sendings, shared);
        }
        self.grant_again(shared);
    }

    fn give(
        &mut self,
        outcome: Outcome,
        (first, last): (u32, u32),
        sendings: &[usize],
        shared: &mut Shared,
    ) {
        if sendings.len() > 1 {
            shared.witness.saw("outcome: of several at once");
        }
        let (kind, state) = match outcome {
            Outcome::Accepted => ("outcome: accepted", accepted()),
            Outcome::Rejected(condition) => ("outcome: rejected", rejected(said(condition))),
            Outcome::Released => ("outcome: released", released()),
            Outcome::Modified { undeliverable_here: false } => {
                ("outcome: modified", modified(true, false))
            }
            Outcome::Modified { undeliverable_here: true } => {
                ("outcome: undeliverable here", modified(true, true))
            }
            Outcome::Forgotten => ("outcome: forgotten", Value::Null),
            Outcome::Never => return,
        };
        let last = Some(last).filter(|last| *last != first);
        let told = self.say(&disposition(Role::Receiver, first, last, true, state), shared);
        shared.witness.saw(kind);
        for sending in sendings {
            self.note_outcome(*sending, outcome, told, shared);
        }
        let now = shared.agenda.now();
        shared.witness.note(now, self.line.number, kind, &[]);
    }

    fn note_outcome(&self, sending: usize, outcome: Outcome, told: Told, shared: &mut Shared) {
        shared.witness.sendings[sending].outcome = Some((outcome, told));
        if let Outcome::Rejected(condition) = outcome {
            let at = shared.agenda.now();
            shared.witness.said.push(Said { place: Place::Outcome, condition, told, at });
        }
    }
}

/// The error that says a condition.
pub(super) fn said(condition: Condition) -> Value {
    match condition {
        Condition::Named { name, description } => error(name, description),
        Condition::Code(..) => unreachable!("a reason code of MQTT"),
    }
}

/// The text that is a request's body.
fn text(payload: &[u8]) -> Result<String, String> {
    let sections = message::read(payload).map_err(|error| error.to_string())?;
    let body = sections.iter().find(|(code, _)| *code == message::AMQP_VALUE);
    let text = body.and_then(|(_, value)| value.as_str()).ok_or("no text as its body")?;
    Ok(text.to_owned())
}

/// The address that a request names.
fn to(payload: &[u8]) -> Option<String> {
    let sections = message::read(payload).ok()?;
    let (_, properties) = sections.into_iter().find(|(code, _)| *code == message::PROPERTIES)?;
    properties.as_list()?.get(message::TO)?.as_str().map(str::to_owned)
}
