//! How to log in: which beginnings a configuration allows, the preferred one first.

use crate::{
    config::{BrokerUrl, Sasl, Settings},
    proton::Mechanisms,
};

/// How to begin a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Login {
    /// The AMQP header at once, as the reference does.
    Bare,
    Anonymous,
    External,
    ExternalOrAnonymous,
    Plain,
}

impl Login {
    /// The beginnings to try with a broker, in this order.
    pub(super) fn choices(settings: &Settings, url: &BrokerUrl) -> Vec<Self> {
        let has_identity = url.tls && settings.certificate.is_some();
        match settings.sasl {
            Sasl::Plain => vec![Self::Plain],
            Sasl::Auto if settings.username.is_some() => vec![Self::Plain],
            Sasl::Auto if has_identity => vec![Self::Bare, Self::ExternalOrAnonymous],
            Sasl::Auto => vec![Self::Bare, Self::Anonymous],
            Sasl::None => vec![Self::Bare],
            Sasl::Anonymous => vec![Self::Anonymous],
            Sasl::External => vec![Self::External],
        }
    }

    /// The SASL mechanisms that it allows; `None`: no SASL layer.
    pub(super) fn mechanisms<'a>(
        self,
        settings: &'a Settings,
        password: Option<&'a str>,
    ) -> Option<Mechanisms<'a>> {
        Some(match self {
            Self::Bare => return None,
            Self::Anonymous => Mechanisms::Anonymous,
            Self::External => Mechanisms::External,
            Self::ExternalOrAnonymous => Mechanisms::ExternalOrAnonymous,
            Self::Plain => Mechanisms::Plain {
                user: settings.username.as_deref().unwrap_or_default(),
                password: password.unwrap_or_default(),
            },
        })
    }
}
