//! The run ends for a reason that there was, and with the exit status of the documents.

use std::time::Duration;

use super::super::{plan::Reply, run::Ended, witness::Place};
use crate::{
    error::Error,
    signing::{Entry, State, Verdict},
    status::Status,
};

pub(super) fn judge(ended: &Ended, broken: &mut Vec<String>) {
    let status = Status::of_run(&ended.result, ended.ledger.entries()).code();
    let expected = expected_status(ended);
    if status != expected {
        broken.push(format!("status {status}, expected {expected}"));
    }
    if let Some(problem) = reason(ended) {
        broken.push(format!("{problem}: {:?}", ended.result));
    }
    if let Some(problem) = ignored(ended) {
        broken.push(format!("{problem}: {:?}", ended.result));
    }
}

/// The status that the documents have for it: of several the first of this list.
fn expected_status(ended: &Ended) -> u8 {
    let entries = ended.ledger.entries();
    let any = |fits: &dyn Fn(&Verdict) -> bool| {
        entries.iter().any(|entry| entry.reply().is_some_and(|reply| fits(&reply.verdict)))
    };
    match &ended.result {
        Err(Error::Interrupted) => 130,
        Err(Error::Deadline { .. }) => 124,
        Err(error) if error.is_refusal() => 77,
        _ if any(&|verdict| matches!(verdict, Verdict::Refused { .. })) => 1,
        _ if any(&|verdict| matches!(verdict, Verdict::Unusable { .. })) => 65,
        Err(_) => 69,
        Ok(())
            if entries.iter().all(|entry| {
                matches!(entry.reply().map(|reply| &reply.verdict), Some(Verdict::Signed))
            }) =>
        {
            0
        }
        Ok(()) => 75,
    }
}

/// What is wrong with the reason that the run gives for its end.
fn reason(ended: &Ended) -> Option<&'static str> {
    let (entries, settings) = (ended.ledger.entries(), &ended.settings);
    let is_open = |state: &State| {
        !matches!(state, State::Undeliverable(_) | State::ReplyTooLarge(_) | State::Answered(_))
    };
    let was_attached =
        (0..ended.witness.connections.len()).any(|connection| ended.is_attached(connection));
    match &ended.result {
        Ok(()) => {
            let is_open = entries.iter().any(|entry| is_open(entry.state()));
            // And there was nothing for `timeout` after the last expected reply.
            let least = settings.timeout * settings.send_retries;
            let least = least.max(
                last_reply_to(ended, |_, entry| entry.reply().is_some()).unwrap_or_default()
                    + settings.timeout,
            );
            // The rest of an answer in parts is waited for, unless an answer without any had ended the wait.
            let is_incomplete = |number: usize, entry: &Entry| {
                let verdict = entry.reply().map(|reply| &reply.verdict);
                matches!(verdict, Some(Verdict::Incomplete { .. })) && !was_unusable(ended, number)
            };
            let waited = last_reply_to(ended, is_incomplete)
                .map_or(Duration::ZERO, |at| at + settings.timeout);
            let is_early = is_open && ended.took < least || ended.took < waited;
            is_early.then_some("the run gives up early")
        }
        Err(Error::Interrupted) => match ended.interrupt {
            Some(at) if at <= ended.took => None,
            _ => Some("nothing interrupted it"),
        },
        Err(Error::Deadline { .. }) => match settings.deadline {
            Some(at) if at <= ended.took => None,
            _ => Some("the deadline has not passed"),
        },
        Err(Error::Unreachable { brokers }) => {
            let least = settings.brokers.len();
            if !(least..=least * ended.addresses() as usize).contains(&brokers.len()) {
                Some("not every broker has its reason")
            } else if was_attached && !brokers.iter().all(Error::is_refusal) {
                Some("a broker was reached")
            } else {
                None
            }
        }
        Err(error) if error.is_refusal() => {
            let places = [
                Place::Login,
                Place::Connection,
                Place::Session,
                Place::Receiver,
                Place::Sender,
                Place::Outcome,
            ];
            let anonymous = settings.sender_target == crate::config::SenderTarget::Anonymous;
            (ended.refusals(&places).next().is_none() && !anonymous)
                .then_some("no broker refused anything")
        }
        Err(_) => Some("such an error does not end a run"),
    }
}

/// When the last reply was sent that was the first one to its request, of those requests.
fn last_reply_to(ended: &Ended, fits: impl Fn(usize, &Entry) -> bool) -> Option<Duration> {
    let witness = &ended.witness;
    let of_request = |number| {
        let mut deliveries = witness.delivered.iter().filter(|delivered| {
            witness.made[delivered.reply].request == number
                && ended.is_expected(delivered)
                && witness.was_read(delivered.told)
        });
        deliveries.next().map(|delivered| delivered.at)
    };
    let entries = ended.ledger.entries().iter().enumerate();
    let fitting = entries.filter(|(number, entry)| fits(*number, entry));
    fitting.filter_map(|(number, _)| of_request(number)).max()
}

/// Whether one of the replies to a request that were read had neither a value nor an error.
fn was_unusable(ended: &Ended, number: usize) -> bool {
    let witness = &ended.witness;
    witness.delivered.iter().any(|delivered| {
        let made = &witness.made[delivered.reply];
        made.request == number && made.kind == Reply::Unusable && witness.was_read(delivered.told)
    })
}

/// What should have ended the run and did not.
fn ignored(ended: &Ended) -> Option<&'static str> {
    let stops = [ended.interrupt, ended.settings.deadline].into_iter().flatten().min();
    let is_stopped = matches!(ended.result, Err(Error::Interrupted | Error::Deadline { .. }));
    if let Some(stop) = stops
        && !is_stopped
        && ended.took > stop + ended.settings.close_timeout + ended.witness.jumped
    {
        return Some("it goes on after it was to stop");
    }
    // What has arrived is read before the run ends.
    let last = ended.witness.connections.last();
    if let (Some(stop), Some(seen)) = (stops, last)
        && is_stopped
        && seen.ended.is_none()
        && seen.left.is_some_and(|(at, unread)| unread && at >= stop)
    {
        return Some("it ends before it has read what has arrived");
    }
    let is_answered =
        ended.ledger.entries().iter().all(|entry| matches!(entry.state(), State::Answered(_)));
    let is_refused = matches!(&ended.result, Err(error) if error.is_refusal());
    let refused = ended.refusals_of_sending().any(|said| {
        let seen = &ended.witness.connections[said.told.connection];
        let is_last = said.told.connection + 1 == ended.witness.connections.len();
        let limit = match seen.closed {
            Some(known) => known[1],
            None if is_last => 0,
            None => seen.read,
        };
        said.told.end <= limit
            && ended.witness.counts(said.told)
            && ended.is_attached(said.told.connection)
    });
    (refused && !is_answered && !is_refused && !is_stopped).then_some("a refusal is ignored")
}
