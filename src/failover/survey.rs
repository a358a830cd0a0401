//! Tries every address of every broker once, in the way of a run, to see what a run would meet.

use super::{candidate::Candidate, connect::Connect};
use crate::{
    broker::Event,
    config::Settings,
    connection::Connected,
    deadline::Deadline,
    error::{Error, Phase},
};

/// Opens and closes a connection to every address of every broker, each broker within `connect_timeout`; `done` is
/// called after each broker.
///
/// # Errors
/// The error that would end a run that began now, unless one of its later attempts succeeded; or that the run was ended
/// from outside, with the brokers after that untried.
pub(crate) fn survey<C: Connect>(
    connect: &C,
    settings: &Settings,
    mut done: impl FnMut(),
) -> Result<(), Error> {
    let (mut first, mut failures) = (None, Vec::new());
    for url in &settings.brokers {
        let mut candidate = Candidate::new(url, settings);
        let limit = Deadline::after(connect.now(), settings.connect_timeout, Phase::Open);
        let addresses = candidate.addresses(connect, &limit, false)?;
        for (index, &address) in addresses.iter().enumerate() {
            let limit = limit.share(connect.now(), addresses.len() - index);
            match candidate.attempt(address, connect, settings, 0, &limit, false) {
                Ok(None) => {}
                Ok(Some((connection, refusal))) => {
                    let timeout = settings.close_timeout;
                    let close = Deadline::after(connect.now(), timeout, Phase::Close);
                    connection.close(false, &close);
                    first.get_or_insert(match refusal {
                        Some(Event::SendingRefused(error)) => Err(error),
                        _ => Ok(()),
                    });
                }
                // A run ends here, and connects to no other broker.
                Err(error) if error.is_refusal() => drop(first.get_or_insert(Err(error))),
                Err(error) => return Err(error),
            }
        }
        candidate.judge();
        failures.extend(candidate.take_failures());
        done();
    }
    first.unwrap_or(Err(Error::Unreachable { brokers: failures }))
}
