//! The answer to a request is what the replies to it have, all together.

use super::super::{
    plan::Reply,
    run::Ended,
    witness::{Delivered, Made, Settled},
};
use crate::{signing::Entry, status::Status};

/// The replies to a request that the client has read, in order.
fn read<'a>(ended: &'a Ended, number: usize) -> impl Iterator<Item = (&'a Delivered, &'a Made)> {
    let witness = &ended.witness;
    let of = move |delivered: &'a Delivered| (delivered, &witness.made[delivered.reply]);
    witness.delivered.iter().map(of).filter(move |(delivered, made)| {
        made.request == number && ended.is_expected(delivered) && witness.was_read(delivered.told)
    })
}

/// Whether the signing server said that it was not done yet.
pub(super) fn is_pending(ended: &Ended, number: usize) -> bool {
    read(ended, number).any(|(_, made)| made.kind == Reply::NotYet)
}

/// Whether each value is one of the server's, and the status is what its replies come to.
pub(super) fn is_true(ended: &Ended, number: usize, entry: &Entry) -> bool {
    let values = entry.signed_values();
    let is_made = |(index, value): (usize, &str)| {
        value.is_empty()
            || read(ended, number)
                .any(|(_, made)| made.values.get(index).is_some_and(|made| made == value))
    };
    let filled = values.iter().filter(|value| !value.is_empty()).count();
    let said = |kinds: &[Reply]| read(ended, number).any(|(_, made)| kinds.contains(&made.kind));
    let is_right = match Status::of_entry(entry) {
        Status::Signed => filled == values.len(),
        Status::Refused => filled < values.len() && said(&[Reply::Refused]),
        Status::BadReply => filled == 0 && said(&[Reply::Unusable]),
        Status::Unanswered => {
            0 < filled && filled < values.len() && said(&[Reply::Incomplete, Reply::Rest])
        }
        _ => false,
    };
    is_right && values.iter().map(|value| value.as_str()).enumerate().all(is_made)
}

/// A value that the client accepted and does not have.
pub(super) fn lost(ended: &Ended, number: usize, entry: &Entry) -> Option<usize> {
    let values = entry.signed_values();
    let accepted =
        read(ended, number).filter(|(delivered, _)| delivered.settled == Some(Settled::Accepted));
    accepted
        .flat_map(|(_, made)| made.values.iter().enumerate())
        .find(|(index, value)| !value.is_empty() && values[*index].is_empty())
        .map(|(index, _)| index)
}
