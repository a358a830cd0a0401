//! One broker of the list: how to log in to it, and why it was not reached.

use super::{connect::Connect, login};
use crate::{
    broker::Event,
    config::{BrokerUrl, SenderTarget, Settings},
    connection::{Connected, Failure},
    deadline::Deadline,
    error::{Error, Phase, Subject},
    session::{Beginning, Login, Target},
};

/// A broker of the configuration, and what is known about it.
pub(super) struct Candidate {
    pub(super) url: BrokerUrl,
    /// The login that it accepted.
    login: Option<Login>,
    /// The kind of target that its sender is attached to.
    target: Target,
    /// Why it was not reached last.
    pub(super) failure: Option<Error>,
    /// The failure was logged.
    pub(super) is_reported: bool,
}

impl Candidate {
    pub(super) fn new(url: &BrokerUrl, settings: &Settings) -> Self {
        let target = match settings.sender_target {
            SenderTarget::Auto => Target::AsOffered,
            SenderTarget::Address => Target::Address,
            SenderTarget::Anonymous => Target::Anonymous,
        };
        Self { url: url.clone(), login: None, target, failure: None, is_reported: false }
    }

    /// Whether it refused the client: it is not tried again.
    pub(super) fn has_refused(&self) -> bool {
        self.failure.as_ref().is_some_and(Error::is_refusal)
    }

    /// Opens a connection, with one login after the other that the configuration allows, until `deadline`
    /// in all. The event, if any, reports to the loops that the broker refuses the sender.
    pub(super) fn open<C: Connect>(
        &mut self,
        connect: &C,
        settings: &Settings,
        first_reply: u64,
        deadline: &Deadline,
    ) -> Result<(C::Connection, Option<Event>), Failure> {
        let allowed = || login::choices(settings, &self.url);
        let mut logins =
            self.login.map_or_else(allowed, |login| vec![login]).into_iter().peekable();
        let mut refusal = None;
        while let Some(login) = logins.next() {
            match self.open_as(login, connect, settings, first_reply, deadline) {
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

    fn open_as<C: Connect>(
        &mut self,
        login: Login,
        connect: &C,
        settings: &Settings,
        first_reply: u64,
        deadline: &Deadline,
    ) -> Result<(C::Connection, Option<Event>), Failure> {
        let beginning = Beginning { login, target: self.target };
        let (connection, sender) = connect.open(&self.url, beginning, first_reply, deadline)?;
        let Err(refusal) = sender else { return Ok((connection, None)) };
        let may_fall_back =
            settings.sender_target == SenderTarget::Auto && connection.is_anonymous();
        if !may_fall_back {
            return Ok((connection, Some(Event::SendingRefused(refusal))));
        }
        log::debug!("{refusal}; trying again with the address");
        // Two receivers would share the replies, and an exclusive address would refuse the second.
        let close = Deadline::after(connect.now(), settings.close_timeout, Phase::Close);
        connection.close(&close.or_earlier(*deadline));
        self.target = Target::Address;
        let beginning = Beginning { login, target: self.target };
        let (connection, sender) = connect.open(&self.url, beginning, first_reply, deadline)?;
        Ok((connection, sender.err().map(Event::SendingRefused)))
    }
}

impl Failure {
    fn requires_sasl(&self) -> bool {
        matches!(self.error(), Error::Refused { what: Subject::WithoutSasl, .. })
    }

    /// Whether another login may help: SASL is required, or the client is not authorised. If an address is
    /// missing or is not understood, it does not help.
    fn may_be_the_login(&self) -> bool {
        let is_address = |name: &str| {
            matches!(name, "amqp:not-found" | "amqp:invalid-field" | "amqp:not-implemented")
        };
        matches!(self.error(), Error::Refused { condition, .. } if !is_address(&condition.name))
    }

    fn is_of_protocol(&self) -> bool {
        matches!(self.error(), Error::Protocol { .. } | Error::Network { .. })
    }

    fn error(&self) -> &Error {
        match self {
            Self::OfBroker(error) | Self::OfRun(error) => error,
        }
    }
}
