//! The brokers of the configuration as one that stays: which to try next, when, and how to log in.

mod backoff;
mod login;

use std::time::Instant;

use crate::{
    broker::{Broker, Event, Handed, ReplyId},
    config::{BrokerUrl, SenderTarget, Settings},
    connection::{Connection, Options, Target},
    deadline::Deadline,
    error::{Error, Phase, Subject},
    signing::Request,
    transport::Network,
};
use backoff::Backoff;
use login::Login;

/// The addresses of one run, as the brokers understand them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Route {
    pub(crate) send_to: String,
    pub(crate) listen_to: String,
}

/// Makes connections to the brokers of the configuration, one at a time.
pub(crate) struct Failover<'a, N: Network> {
    settings: &'a Settings,
    route: &'a Route,
    password: Option<&'a str>,
    network: &'a N,
    candidates: Vec<Candidate>,
    /// The candidate to try next.
    next: usize,
    backoff: Backoff,
    connection: Option<Connection<N::Wire>>,
    /// Numbers replies across connections.
    next_reply: u64,
    /// What the current connection brought with it.
    news: Vec<Event>,
}

struct Candidate {
    url: BrokerUrl,
    /// How to log in, and where to attach the sender, where that was found out.
    login: Option<Login>,
    target: Target,
    /// Why it was not reached last time, and whether the log has it.
    failure: Option<Error>,
    reported: bool,
}

impl Candidate {
    fn has_refused(&self) -> bool {
        self.failure.as_ref().is_some_and(Error::is_refusal)
    }
}

impl<'a, N: Network> Failover<'a, N> {
    pub(crate) fn new(
        settings: &'a Settings,
        route: &'a Route,
        password: Option<&'a str>,
        network: &'a N,
    ) -> Self {
        let target = match settings.sender_target {
            SenderTarget::Auto => Target::AsOffered,
            SenderTarget::Address => Target::Address,
            SenderTarget::Anonymous => Target::Anonymous,
        };
        let candidate = |url: &BrokerUrl| Candidate {
            url: url.clone(),
            login: None,
            target,
            failure: None,
            reported: false,
        };
        let candidates: Vec<_> = settings.brokers.iter().map(candidate).collect();
        let backoff = Backoff::new(candidates.len(), network.now());
        Self {
            settings,
            route,
            password,
            network,
            candidates,
            next: 0,
            backoff,
            connection: None,
            next_reply: 0,
            news: Vec::new(),
        }
    }

    /// Opens the first connection: the whole list once without delay, then with pauses until
    /// `timeout` has passed.
    ///
    /// # Errors
    /// [`Error::Unreachable`] with each broker's reason, or the refusal of the receiver.
    pub(crate) fn connect(&mut self) -> Result<(), Error> {
        let deadline = Deadline::after(self.network.now(), self.settings.timeout, Phase::Open);
        // Each broker gets its whole time once, however short `timeout` is.
        for _ in 0..self.candidates.len() {
            if self.attempt(None)? {
                return Ok(());
            }
        }
        if self.candidates.iter().all(Candidate::has_refused) {
            return Err(self.unreachable());
        }
        // The reasons are told with the end of it.
        match deadline.remaining(self.network.now()).as_secs() {
            0 => {}
            left => log::warn!("no broker could be reached; trying again for {left} s"),
        }
        if self.reach(&deadline)? { Ok(()) } else { Err(self.unreachable()) }
    }

    /// Closes the connection in order, if there is one; waits for the broker up to `close_timeout`.
    pub(crate) fn close(mut self) {
        match self.connection.take() {
            Some(connection) => connection.close(&Deadline::after(
                self.network.now(),
                self.settings.close_timeout,
                Phase::Close,
            )),
            None => self.report_failures(),
        }
    }

    /// Tries one broker after the other until a connection stands or `deadline` is over.
    fn reach(&mut self, deadline: &Deadline) -> Result<bool, Error> {
        loop {
            let next = self.backoff.next();
            if next.max(self.network.now()) >= deadline.at() {
                self.network.sleep(deadline.at())?;
                return Ok(false);
            }
            self.network.sleep(next)?;
            if self.attempt(Some(deadline))? {
                return Ok(true);
            }
        }
    }

    /// Tries the next broker that has not refused us, until `connect_timeout` or `deadline`.
    ///
    /// # Errors
    /// What ends the run: every broker has refused us, or the receiver was refused.
    fn attempt(&mut self, deadline: Option<&Deadline>) -> Result<bool, Error> {
        let count = self.candidates.len();
        let mut order = (0..count).map(|step| (self.next + step) % count);
        let Some(index) = order.find(|&index| !self.candidates[index].has_refused()) else {
            return Err(self.unreachable());
        };
        self.next = (index + 1) % count;
        self.backoff.attempt();
        let limit = Deadline::after(self.network.now(), self.settings.connect_timeout, Phase::Open);
        let limit = deadline.map_or(limit, |deadline| limit.or_earlier(*deadline));
        match self.open(index, &limit) {
            Ok(connection) => {
                self.candidates[index].failure = None;
                self.report_failures();
                log::info!("connected to {}", self.candidates[index].url);
                self.connection = Some(connection);
                Ok(true)
            }
            Err(Failure::OfBroker(error)) if error.is_transient() || error.is_refusal() => {
                log::debug!("{}", error.with_sources());
                self.candidates[index].failure = Some(error);
                self.candidates[index].reported = false;
                self.backoff.failed(self.network.now());
                Ok(false)
            }
            Err(Failure::OfBroker(error) | Failure::OfRun(error)) => Err(error),
        }
    }

    /// Says why brokers were not reached, once: attempts themselves are not worth a line each.
    fn report_failures(&mut self) {
        for candidate in &mut self.candidates {
            if let Some(error) = candidate.failure.as_ref().filter(|_| !candidate.reported) {
                log::warn!("{}", error.with_sources());
                candidate.reported = true;
            }
        }
    }

    fn unreachable(&mut self) -> Error {
        Error::Unreachable {
            brokers: self.candidates.iter_mut().filter_map(|c| c.failure.take()).collect(),
        }
    }

    /// Opens a connection to one broker, with each login in turn that the configuration allows.
    fn open(&mut self, index: usize, deadline: &Deadline) -> Result<Connection<N::Wire>, Failure> {
        let Candidate { url, login, .. } = &self.candidates[index];
        let mut logins =
            login.map_or_else(|| Login::choices(self.settings, url), |login| vec![login]);
        let mut refusal = None;
        loop {
            let login = logins.remove(0);
            match self.open_as(index, login, deadline) {
                Ok(connection) => {
                    self.candidates[index].login = Some(login);
                    return Ok(connection);
                }
                // A broker that refuses a bare connection may take one that says who it is.
                Err(failure) if !logins.is_empty() && failure.may_be_the_login() => {
                    log::debug!("{}; trying again with SASL", failure.error());
                    // A broker that asks for SASL understands it: what goes wrong then is another matter.
                    refusal = Some(failure).filter(|failure| !failure.demands_sasl());
                }
                // Where the broker does not even understand that, its refusal stands.
                Err(failure)
                    if matches!(
                        failure.error(),
                        Error::Protocol { .. } | Error::Network { .. }
                    ) =>
                {
                    return Err(refusal.unwrap_or(failure));
                }
                Err(failure) => return Err(failure),
            }
        }
    }

    fn open_as(
        &mut self,
        index: usize,
        login: Login,
        deadline: &Deadline,
    ) -> Result<Connection<N::Wire>, Failure> {
        let Candidate { url, target, .. } = &self.candidates[index];
        let options = Options {
            sasl: login.mechanisms(self.settings, self.password),
            hostname: self.settings.open_hostname.as_deref().unwrap_or(&url.host),
            idle_timeout: self.settings.idle_timeout,
            max_message_size: self.settings.max_message_size,
            listen_to: &self.route.listen_to,
            send_to: &self.route.send_to,
            target: *target,
            durable: self.settings.durable,
            ttl: self.settings.time_to_live(),
        };
        let (mut connection, sender) = self.attach(url, &options, deadline)?;
        let Err(refusal) = sender else { return Ok(connection) };
        if self.settings.sender_target == SenderTarget::Auto && connection.is_anonymous() {
            log::debug!("{refusal}; trying again with the address");
            // Two receivers would share the replies, and an exclusive address would refuse the second.
            connection.close(
                &Deadline::after(self.network.now(), self.settings.close_timeout, Phase::Close)
                    .or_earlier(*deadline),
            );
            let options = Options { target: Target::Address, ..options };
            let attached = self.attach(url, &options, deadline);
            self.candidates[index].target = Target::Address;
            let (other, sender) = attached?;
            connection = other;
            self.news.extend(sender.err().map(Event::SendingRefused));
        } else {
            self.news.push(Event::SendingRefused(refusal));
        }
        Ok(connection)
    }

    fn attach(
        &self,
        url: &BrokerUrl,
        options: &Options<'_>,
        deadline: &Deadline,
    ) -> Result<(Connection<N::Wire>, Result<(), Error>), Failure> {
        let opened = Connection::open(url, options, self.next_reply, deadline, self.network);
        let mut connection = opened.map_err(Failure::OfBroker)?;
        match connection.attach(deadline) {
            Ok(sender) => Ok((connection, sender)),
            // Brokers that answer a failed login with an Open close the connection right after it.
            Err(error @ Error::Refused { .. }) if connection.is_closed() => {
                Err(Failure::OfBroker(error))
            }
            // The broker let us in and says that we may not listen: another one would say the same.
            Err(error) if error.is_refusal() => Err(Failure::OfRun(error)),
            Err(error) => Err(Failure::OfBroker(error)),
        }
    }

    /// Takes note of a connection that broke; an error that does not pass is given back.
    fn lose(&mut self, error: Error) -> Result<(), Error> {
        if let Some(connection) = self.connection.take() {
            self.next_reply = connection.next_reply();
        }
        self.backoff.failed(self.network.now());
        if !error.is_transient() {
            return Err(error);
        }
        log::warn!("{}; connecting again", error.with_sources());
        Ok(())
    }
}

/// Why there is no connection.
enum Failure {
    /// The next broker may do better.
    OfBroker(Error),
    /// None would.
    OfRun(Error),
}

impl Failure {
    fn demands_sasl(&self) -> bool {
        matches!(self.error(), Error::Refused { what: Subject::WithoutSasl, .. })
    }

    /// Whether saying who we are may help: SASL is demanded, or we are not authorised. A missing
    /// address stays missing.
    fn may_be_the_login(&self) -> bool {
        matches!(self.error(), Error::Refused { condition, .. } if condition.name != "amqp:not-found")
    }

    fn error(&self) -> &Error {
        match self {
            Self::OfBroker(error) | Self::OfRun(error) => error,
        }
    }
}

impl<N: Network> Broker for Failover<'_, N> {
    fn now(&self) -> Instant {
        self.network.now()
    }

    fn send(&mut self, entry: usize, request: &Request) -> Handed {
        self.connection
            .as_mut()
            .map_or(Handed::NotNow, |connection| connection.send(entry, request))
    }

    fn flush(&mut self) -> bool {
        self.connection.as_mut().is_some_and(Connection::flush)
    }

    fn next(&mut self, deadline: &Deadline) -> Result<Event, Error> {
        loop {
            if let Some(event) = self.news.pop() {
                return Ok(event);
            }
            let Some(connection) = &mut self.connection else {
                return Ok(if self.reach(deadline)? { Event::Reconnected } else { Event::Quiet });
            };
            match connection.next(deadline) {
                Ok(event) => return Ok(event),
                Err(error) => self.lose(error)?,
            }
        }
    }

    fn settle(&mut self, reply: ReplyId, verdict: Result<(), &str>) {
        if let Some(connection) = &mut self.connection {
            connection.settle(reply, verdict);
        }
    }

    fn progress(&mut self) {
        self.backoff.progress();
    }
}
