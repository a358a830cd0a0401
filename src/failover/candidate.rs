//! One broker of the list: how to log in to it, and why it was not reached.

use std::{collections::HashSet, net::SocketAddr};

use super::{
    connect::{Connect, label},
    login,
};
use crate::{
    broker::Event,
    config::{BrokerUrl, Capability, Protocol, SenderTarget, Settings},
    connection::{Connected, Failure},
    deadline::Deadline,
    error::{Error, Phase},
    session::{Beginning, Login, Target},
};

/// A broker of the configuration, and what is known about it.
pub(super) struct Candidate<M> {
    pub(super) url: BrokerUrl,
    /// The login that it accepted.
    login: Option<Login>,
    /// The kind of target that its sender is attached to.
    target: Target,
    /// The address of the last connection.
    last: Option<SocketAddr>,
    /// Why each of its addresses was not reached last, or without an address, why it has none.
    failures: Vec<(Option<SocketAddr>, Error)>,
    /// The failures were logged.
    is_reported: bool,
    /// It refused the client at every address.
    has_refused: bool,
    /// What its connections leave for the later ones.
    memory: M,
}

/// A connection that was opened, and the event, if any, that reports to the loops that the broker refuses the sender.
pub(super) type Ready<C> = (C, Option<Event>);

impl<M: Default> Candidate<M> {
    pub(super) fn new(url: &BrokerUrl, settings: &Settings) -> Self {
        let target = match settings.sender_target {
            // A PUBLISH names its topic.
            _ if url.protocol == Protocol::Mqtt => Target::Address,
            // A message's own address has no capability.
            SenderTarget::Auto if settings.sender_capability != Capability::None => Target::Address,
            // Addresses of this form are those of ActiveMQ and Artemis, which have the anonymous terminus: waiting for the
            // Open that offers it takes a round trip.
            SenderTarget::Auto if settings.send_to.begins_with_scheme() => Target::Anonymous,
            SenderTarget::Auto => Target::AsOffered,
            SenderTarget::Address => Target::Address,
            SenderTarget::Anonymous => Target::Anonymous,
        };
        let (url, failures) = (url.clone(), Vec::new());
        Self {
            url,
            login: None,
            target,
            last: None,
            failures,
            is_reported: false,
            has_refused: false,
            memory: M::default(),
        }
    }

    /// Waits for what the broker offers instead of presuming it, on later connections.
    pub(super) fn await_offer(&mut self, settings: &Settings) {
        if self.is_presumed(settings) {
            self.target = Target::AsOffered;
        }
    }

    /// Whether the broker is only presumed to have the anonymous terminus.
    fn is_presumed(&self, settings: &Settings) -> bool {
        settings.sender_target == SenderTarget::Auto && self.target == Target::Anonymous
    }

    /// Whether it refused the client at every address: it is not tried again.
    pub(super) fn has_refused(&self) -> bool {
        self.has_refused
    }

    /// Takes the reasons why it was not reached.
    pub(super) fn take_failures(&mut self) -> impl Iterator<Item = Error> {
        self.failures.drain(..).map(|(_, error)| error)
    }

    /// Logs once why it was not reached, not for every attempt.
    pub(super) fn report(&mut self) {
        if !std::mem::replace(&mut self.is_reported, true) {
            for (_, error) in &self.failures {
                log::warn!("{}", error.with_sources());
            }
        }
    }

    /// Opens a connection to one of its addresses, until `deadline` in all; `None` if that failed at each of them. Each
    /// address gets an equal share of the time that remains.
    ///
    /// # Errors
    /// Why the run ends.
    pub(super) fn open<C: Connect<Memory = M>>(
        &mut self,
        connect: &C,
        settings: &Settings,
        first_reply: u64,
        deadline: &Deadline,
        is_cut_short: bool,
    ) -> Result<Option<Ready<C::Connection>>, Error> {
        let addresses = self.addresses(connect, deadline, is_cut_short)?;
        for (index, &address) in addresses.iter().enumerate() {
            let deadline = deadline.share(connect.now(), addresses.len() - index);
            let ready =
                self.attempt(address, connect, settings, first_reply, &deadline, is_cut_short)?;
            if ready.is_some() {
                return Ok(ready);
            }
        }
        self.judge();
        Ok(None)
    }

    /// Opens a connection to one of its addresses; `None` if that failed.
    ///
    /// # Errors
    /// Why the run ends.
    pub(super) fn attempt<C: Connect<Memory = M>>(
        &mut self,
        address: SocketAddr,
        connect: &C,
        settings: &Settings,
        first_reply: u64,
        deadline: &Deadline,
        is_cut_short: bool,
    ) -> Result<Option<Ready<C::Connection>>, Error> {
        match self.open_at(address, connect, settings, first_reply, deadline) {
            Ok(ready) => {
                self.failures.retain(|(_, error)| error.is_refusal());
                self.last = Some(address);
                log::info!("connected to {}", label(&self.url, address));
                Ok(Some(ready))
            }
            Err(Failure::OfBroker(error)) => {
                self.failed(Some(address), error, is_cut_short).map(|()| None)
            }
            Err(Failure::OfRun(error)) => Err(error),
        }
    }

    /// Looks up its addresses; none if that failed.
    ///
    /// # Errors
    /// Why the run ends.
    pub(super) fn addresses<C: Connect>(
        &mut self,
        connect: &C,
        deadline: &Deadline,
        is_cut_short: bool,
    ) -> Result<Vec<SocketAddr>, Error> {
        let addresses = match connect.addresses(&self.url, deadline) {
            Ok(addresses) => addresses,
            Err(error) => {
                self.failed(None, error, is_cut_short)?;
                return Ok(Vec::new());
            }
        };
        self.failures.retain(|(known, _)| known.is_some_and(|known| addresses.contains(&known)));
        Ok(self.in_turn(addresses))
    }

    /// Decides whether it refused the client. An address without a listener, such as the IPv6 address of a broker that
    /// has only IPv4, has no say in that.
    pub(super) fn judge(&mut self) {
        let refuses = |(_, error): &(_, Error)| error.is_refusal();
        let is_mute = |(_, error): &(_, Error)| {
            matches!(
                error,
                Error::Network { phase: Phase::Tcp, .. } | Error::Timeout { phase: Phase::Tcp, .. }
            )
        };
        let failures = &mut self.failures;
        self.has_refused = failures.iter().any(refuses)
            && failures.iter().all(|failure| refuses(failure) || is_mute(failure));
        if self.has_refused {
            failures.retain(refuses);
        }
    }

    /// The addresses to try: those that have not refused the client, the one that was in use last at the end.
    fn in_turn(&self, mut addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
        let mut known = HashSet::new();
        addresses.retain(|address| known.insert(*address));
        if let Some(used) = addresses.iter().position(|address| Some(*address) == self.last) {
            addresses.rotate_left(used + 1);
        }
        let refused = |address: &SocketAddr| {
            self.failures
                .iter()
                .any(|(known, error)| *known == Some(*address) && error.is_refusal())
        };
        addresses.retain(|address| !refused(address));
        addresses
    }

    /// Notes why it was not reached at an address; returns an error that ends the run.
    fn failed(
        &mut self,
        address: Option<SocketAddr>,
        error: Error,
        is_cut_short: bool,
    ) -> Result<(), Error> {
        if !error.is_transient() && !error.is_refusal() {
            return Err(error);
        }
        log::debug!("{}", error.with_sources());
        // If it had less time than an earlier attempt, its silence says less than that one's reason.
        let says_less = is_cut_short && matches!(error, Error::Timeout { .. });
        let known = self.failures.iter().position(|(known, _)| *known == address);
        match known {
            Some(_) if says_less => return Ok(()),
            Some(known) => self.failures[known].1 = error,
            None => self.failures.push((address, error)),
        }
        self.is_reported = false;
        Ok(())
    }

    /// Opens a connection with one login after the other that the configuration allows, until `deadline` in all.
    fn open_at<C: Connect<Memory = M>>(
        &mut self,
        address: SocketAddr,
        connect: &C,
        settings: &Settings,
        first_reply: u64,
        deadline: &Deadline,
    ) -> Result<Ready<C::Connection>, Failure> {
        let allowed = || login::choices(settings, &self.url);
        let mut logins =
            self.login.map_or_else(allowed, |login| vec![login]).into_iter().peekable();
        let mut refusal = None;
        while let Some(login) = logins.next() {
            match self.open_as(login, address, connect, settings, first_reply, deadline) {
                Ok(opened) => {
                    self.login = Some(login);
                    return Ok(opened);
                }
                // A broker that refuses a connection without SASL may accept one with it.
                Err(failure) if logins.peek().is_some() && failure.may_be_the_login() => {
                    log::debug!("{}; trying again with SASL", failure.error());
                    // A broker that requires SASL supports it: an error after that has another reason.
                    refusal = Some(failure).filter(|failure| !failure.requires_sasl());
                }
                // If the broker does not even support SASL, its refusal stands.
                Err(failure) if failure.is_of_protocol() => return Err(refusal.unwrap_or(failure)),
                Err(failure) => return Err(failure),
            }
        }
        unreachable!("there is always a login, and the last one returns");
    }

    fn open_as<C: Connect<Memory = M>>(
        &mut self,
        login: Login,
        address: SocketAddr,
        connect: &C,
        settings: &Settings,
        first_reply: u64,
        deadline: &Deadline,
    ) -> Result<Ready<C::Connection>, Failure> {
        let open = |target| {
            let beginning = Beginning { login, target };
            connect.open(&self.url, address, beginning, first_reply, &self.memory, deadline)
        };
        let (connection, sender) = match open(self.target) {
            // A broker that does not know the anonymous terminus may end the session.
            Err(failure) if self.is_presumed(settings) && failure.is_of_session() => {
                log::debug!("{}; trying again as the broker's Open says", failure.error());
                self.target = Target::AsOffered;
                open(self.target)?
            }
            opened => opened?,
        };
        let Err(refusal) = sender else { return Ok((connection, None)) };
        let may_fall_back =
            settings.sender_target == SenderTarget::Auto && connection.is_anonymous();
        if !may_fall_back {
            return Ok((connection, Some(Event::SendingRefused(refusal))));
        }
        log::debug!("{refusal}; trying again with the address");
        // Two receivers would share the replies, and an exclusive address would refuse the second.
        let close = Deadline::after(connect.now(), settings.close_timeout, Phase::Close);
        connection.close(false, &close.or_earlier(*deadline));
        self.target = Target::Address;
        let (connection, sender) = open(self.target)?;
        Ok((connection, sender.err().map(Event::SendingRefused)))
    }
}
