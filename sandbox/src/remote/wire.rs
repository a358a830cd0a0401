//! The way to a broker, whatever the protocol: its address, TCP and TLS.

use std::{fmt, pin::Pin};

use openssl::ssl::{SslConnector, SslFiletype, SslMethod};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_openssl::SslStream;

use super::settings::Settings;
use crate::config::Protocol;

/// A connection's bytes, by TLS or without.
pub(super) trait Stream: AsyncRead + AsyncWrite + fmt::Debug + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + fmt::Debug + Send + Unpin> Stream for S {}

/// The address of a broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Url {
    pub(super) protocol: Protocol,
    pub(super) tls: bool,
    pub(super) host: String,
    pub(super) port: u16,
}

impl Url {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let known = [
            ("amqps://", Protocol::Amqp, true),
            ("amqp://", Protocol::Amqp, false),
            ("mqtts://", Protocol::Mqtt, true),
            ("mqtt://", Protocol::Mqtt, false),
        ];
        let found = known.into_iter().find_map(|(scheme, protocol, tls)| {
            text.strip_prefix(scheme).map(|rest| (protocol, tls, rest))
        });
        let (protocol, tls, rest) =
            found.ok_or(format!("{text}: neither amqps://, amqp://, mqtts:// nor mqtt://"))?;
        let (host, port) = rest.rsplit_once(':').ok_or(format!("{text}: no port"))?;
        let port = port.parse().map_err(|_| format!("{text}: no port"))?;
        Ok(Self { protocol, tls, host: host.to_owned(), port })
    }
}

/// Connects, with TLS if the URL says so.
pub(super) async fn dial(url: &Url, settings: &Settings) -> Result<Box<dyn Stream>, String> {
    let socket = TcpStream::connect((url.host.as_str(), url.port))
        .await
        .map_err(|error| error.to_string())?;
    socket.set_nodelay(true).map_err(|error| error.to_string())?;
    Ok(match url.tls {
        true => Box::new(shake_hands(socket, &url.host, settings).await?),
        false => Box::new(socket),
    })
}

async fn shake_hands(
    socket: TcpStream,
    host: &str,
    settings: &Settings,
) -> Result<SslStream<TcpStream>, String> {
    let mut builder =
        SslConnector::builder(SslMethod::tls_client()).map_err(|error| error.to_string())?;
    let ca = settings.ca.as_ref().ok_or("TLS needs ca")?;
    builder.set_ca_file(ca).map_err(|error| format!("{}: {error}", ca.display()))?;
    if let Some(pem) = &settings.certificate {
        let set = builder.set_certificate_chain_file(pem);
        let set = set.and_then(|()| builder.set_private_key_file(pem, SslFiletype::PEM));
        set.map_err(|error| format!("{}: {error}", pem.display()))?;
    }
    let configured =
        builder.build().configure().and_then(|configuration| configuration.into_ssl(host));
    let ssl = configured.map_err(|error| error.to_string())?;
    let mut stream = SslStream::new(ssl, socket).map_err(|error| error.to_string())?;
    Pin::new(&mut stream).connect().await.map_err(|error| format!("tls: {error}"))?;
    Ok(stream)
}

/// The password, from its file.
pub(super) fn password(settings: &Settings) -> Result<String, String> {
    let path = settings.password_file.as_ref().ok_or("sasl: plain needs password_file")?;
    let password =
        std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(password.trim_end_matches(['\r', '\n']).to_owned())
}
