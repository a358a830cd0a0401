//! A check before a run: what a run would meet, step by step. No message is sent or received.

mod doubts;
mod probe;
mod step;

use std::time::Duration;

use crate::{
    config::Settings,
    connector::{Connector, Route},
    error::Error,
    failover,
    session::Purpose,
    signing::TaskId,
    transport::Sockets,
};
use probe::Probe;

pub use crate::{
    facts::{Link, Mqtt, Peer, Sasl},
    transport::{Certificate, Tls},
};
pub use step::{Kind, Learned, State, Step};

/// The task whose addresses are checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// Its id.
    pub task_id: TaskId,
    /// The repository, if the addresses name one.
    pub repo: Option<String>,
}

/// What was found by a check.
#[derive(Debug)]
#[non_exhaustive]
pub struct Report {
    /// The steps before anything connects.
    pub local: Vec<Step>,
    /// The brokers in the order of the configuration.
    pub brokers: Vec<Broker>,
    /// How a run that began now would connect: the error is the one that it would end with.
    pub result: Result<(), Error>,
}

/// A broker that was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Broker {
    /// Its URL, without credentials.
    pub url: String,
    /// What was done, in this order.
    pub steps: Vec<Step>,
}

impl Broker {
    /// Returns whether a run could use the broker: at one address at least, nothing failed in the end.
    pub fn connects(&self) -> bool {
        let is_last = |index: usize, step: &Step| {
            self.steps[index + 1..].iter().all(|later| later.address != step.address)
        };
        let mut ends = self.steps.iter().enumerate().filter(|(index, step)| is_last(*index, step));
        ends.any(|(_, step)| {
            step.address.is_some() && matches!(step.state, State::Ok | State::Warning)
        })
    }
}

/// The client's own files, which were read and are in order.
pub(crate) fn of_files(
    settings: &Settings,
    creator: &str,
    certificate: Option<&Certificate>,
    authorities: Vec<Certificate>,
) -> Vec<Step> {
    let (path, section) = (settings.path().to_owned(), settings.section());
    let configuration = Learned::Configuration { path, section };
    let identity = Learned::Identity { creator: creator.into(), certificate: certificate.cloned() };
    let mut steps = vec![
        Step::new(Kind::Configuration, None, Some(configuration)),
        Step::new(Kind::Certificate, None, Some(identity)),
    ];
    let doubt = certificate.and_then(|certificate| {
        doubts::of_certificate("the client's", certificate, longest(settings))
    });
    if doubt.is_some() {
        steps[1] = Step { state: State::Warning, problem: doubt, ..steps[1].clone() };
    }
    if !authorities.is_empty() {
        let learned = Learned::Authorities(authorities);
        steps.push(Step::new(Kind::Authorities, None, Some(learned)));
    }
    steps
}

/// Checks the brokers in turn, on sockets; without links only up to the login. `each` gets each broker as soon as it
/// is checked.
///
/// # Errors
/// How a run would end; or that the check was ended from outside, with the brokers after that unchecked.
pub(crate) fn of_brokers(
    sockets: &Sockets<'_>,
    settings: &Settings,
    route: &Route,
    has_links: bool,
    password: Option<&str>,
    mut each: impl FnMut(Broker),
) -> Result<(), Error> {
    let purpose = if has_links { Purpose::SeeLinks } else { Purpose::SeeLogin };
    let connector = Connector { network: sockets, settings, route, password };
    let probe = Probe::new(connector, purpose, longest(settings));
    let mut brokers = settings.brokers.iter();
    let mut next = || {
        let steps = probe.take();
        let url = brokers.next().filter(|_| !steps.is_empty());
        url.map(|url| Broker { url: url.to_string(), steps })
    };
    let result = failover::survey(&probe, settings, || each(next().expect("its steps")));
    // The one that was checked when something ended the check.
    if let Some(broker) = next() {
        each(broker);
    }
    result
}

/// How long a run may wait.
fn longest(settings: &Settings) -> Duration {
    let silence = settings.longest_silence();
    settings.deadline.map_or(silence, |deadline| deadline.min(silence))
}
