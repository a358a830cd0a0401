//! The server's side of SASL: EXTERNAL, ANONYMOUS and PLAIN.

use std::sync::Arc;

use fe2o3_amqp::{
    acceptor::{SaslAcceptor, sasl_acceptor::SaslServerFrame},
    types::{
        primitives::{Array, Symbol},
        sasl::{SaslCode, SaslInit, SaslOutcome, SaslResponse},
    },
};

use super::super::shared::Broker;

/// Offers the configured mechanisms on one connection.
#[derive(Clone, Debug)]
pub(crate) struct Authenticator {
    broker: Arc<Broker>,
    connection: usize,
}

impl Authenticator {
    pub(crate) fn new(broker: &Arc<Broker>, connection: usize) -> Self {
        Self { broker: Arc::clone(broker), connection }
    }

    fn judge(&self, init: &SaslInit) -> SaslCode {
        let sasl = &self.broker.options.sasl;
        let mechanism = init.mechanism.to_string();
        let known = match mechanism.as_str() {
            "PLAIN" => sasl.user.as_ref().is_none_or(|(user, password)| {
                // RFC 4616: authorisation identity, NUL, user, NUL, password.
                let response = init.initial_response.as_ref();
                let response = response.map_or(&[][..], |response| response.as_slice());
                let mut parts = response.splitn(3, |byte| *byte == 0).skip(1);
                parts.next() == Some(user.as_bytes()) && parts.next() == Some(password.as_bytes())
            }),
            _ => true,
        };
        let offered = sasl.mechanisms.contains(&mechanism);
        self.broker.recorder.on_connection(self.connection, |c| c.sasl_mechanism = Some(mechanism));
        match known && offered {
            true => SaslCode::Ok,
            false => SaslCode::Auth,
        }
    }
}

impl SaslAcceptor for Authenticator {
    fn mechanisms(&self) -> Array<Symbol> {
        let mechanisms = self.broker.options.sasl.mechanisms.iter();
        Array::from(mechanisms.cloned().map(Symbol::from).collect::<Vec<_>>())
    }

    fn on_init(&mut self, init: SaslInit) -> SaslServerFrame {
        outcome(self.judge(&init))
    }

    fn on_response(&mut self, _: SaslResponse) -> SaslServerFrame {
        // None of the mechanisms has a challenge to respond to.
        outcome(SaslCode::Sys)
    }
}

fn outcome(code: SaslCode) -> SaslServerFrame {
    SaslServerFrame::Outcome(SaslOutcome { code, additional_data: None })
}
