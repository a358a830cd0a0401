//! Which logins a configuration allows, the preferred one first.

use crate::{
    config::{BrokerUrl, Protocol, Sasl, Settings},
    session::Login,
};

/// The logins to try with a broker, in this order.
pub(super) fn choices(settings: &Settings, url: &BrokerUrl) -> Vec<Login> {
    // Over MQTT each connection shows a certificate and a user name if there are any.
    if url.protocol == Protocol::Mqtt {
        return vec![Login::Bare];
    }
    let has_identity = url.tls && settings.certificate.is_some();
    match settings.sasl {
        Sasl::Plain => vec![Login::Plain],
        Sasl::Auto if settings.username.is_some() => vec![Login::Plain],
        Sasl::Auto if has_identity => vec![Login::Bare, Login::ExternalOrAnonymous],
        Sasl::Auto => vec![Login::Bare, Login::Anonymous],
        Sasl::None => vec![Login::Bare],
        Sasl::Anonymous => vec![Login::Anonymous],
        Sasl::External => vec![Login::External],
    }
}
