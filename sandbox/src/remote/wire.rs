//! The way to a broker: TCP, TLS and SASL. The library's EXTERNAL works only with its own TLS.

use std::{fmt, pin::Pin};

use fe2o3_amqp::types::{
    primitives::{Binary, Symbol},
    sasl::{SaslCode, SaslInit, SaslMechanisms, SaslOutcome},
};
use openssl::ssl::{SslConnector, SslFiletype, SslMethod};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
};
use tokio_openssl::SslStream;

use super::settings::{Mechanism, Settings};
use crate::config::Protocol;

const SASL_HEADER: &[u8; 8] = b"AMQP\x03\x01\x00\x00";

/// Every frame of a login is shorter than this.
const LONGEST_FRAME: usize = 64 * 1024;

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

/// Connects and logs in for AMQP; what follows is AMQP's protocol header.
pub(super) async fn connect(url: &Url, settings: &Settings) -> Result<Box<dyn Stream>, String> {
    let mut stream = dial(url, settings).await?;
    let (mechanism, response) = match settings.sasl {
        Mechanism::None => return Ok(stream),
        Mechanism::Anonymous => ("ANONYMOUS", Vec::new()),
        // RFC 4422 appendix A: an empty response asks for the identity of the certificate.
        Mechanism::External => ("EXTERNAL", Vec::new()),
        Mechanism::Plain => ("PLAIN", plain(settings)?),
    };
    log_in(&mut stream, mechanism, response)
        .await
        .map_err(|error| format!("login by {mechanism}: {error}"))?;
    Ok(stream)
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

/// RFC 4616: authorisation identity, NUL, user, NUL, password.
fn plain(settings: &Settings) -> Result<Vec<u8>, String> {
    Ok(format!("\0{}\0{}", settings.username, password(settings)?).into_bytes())
}

/// The password, from its file.
pub(super) fn password(settings: &Settings) -> Result<String, String> {
    let path = settings.password_file.as_ref().ok_or("sasl: plain needs password_file")?;
    let password =
        std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(password.trim_end_matches(['\r', '\n']).to_owned())
}

/// AMQP 1.0 part 5.3.
async fn log_in(
    stream: &mut Box<dyn Stream>,
    mechanism: &str,
    response: Vec<u8>,
) -> Result<(), String> {
    let failed = |error: std::io::Error| error.to_string();
    stream.write_all(SASL_HEADER).await.map_err(failed)?;
    stream.flush().await.map_err(failed)?;
    let mut header = [0; 8];
    stream.read_exact(&mut header).await.map_err(failed)?;
    if header != *SASL_HEADER {
        return Err(format!("the broker answered {header:?}"));
    }
    let offered: SaslMechanisms = read(stream).await?;
    let offered = offered.sasl_server_mechanisms.0;
    if !offered.contains(&Symbol::from(mechanism)) {
        return Err(format!("the broker offers {offered:?}"));
    }
    let init = SaslInit {
        mechanism: mechanism.into(),
        initial_response: Some(Binary::from(response)),
        hostname: None,
    };
    let body = serde_amqp::to_vec(&init).map_err(|error| error.to_string())?;
    // Size, offset of the body in words of four bytes, type 1, and two bytes that SASL ignores.
    let size = (8 + body.len()) as u32;
    let frame = [&size.to_be_bytes()[..], &[2, 1, 0, 0], &body].concat();
    stream.write_all(&frame).await.map_err(failed)?;
    stream.flush().await.map_err(failed)?;
    let outcome: SaslOutcome = read(stream).await?;
    match outcome.code {
        SaslCode::Ok => Ok(()),
        code => Err(format!("refused: {code:?}")),
    }
}

async fn read<T: for<'de> serde::Deserialize<'de>>(
    stream: &mut Box<dyn Stream>,
) -> Result<T, String> {
    let mut head = [0; 8];
    stream.read_exact(&mut head).await.map_err(|error| error.to_string())?;
    let size = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
    let extended = usize::from(head[4]) * 4;
    if !(8..LONGEST_FRAME).contains(&size) || !(8..=size).contains(&extended) {
        return Err("a malformed frame".to_owned());
    }
    let mut body = vec![0; size - 8];
    stream.read_exact(&mut body).await.map_err(|error| error.to_string())?;
    serde_amqp::from_slice(&body[extended - 8..]).map_err(|error| error.to_string())
}
