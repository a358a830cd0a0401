//! A login by SASL (AMQP 1.0 part 5.3). The library's EXTERNAL works only with its own TLS.

use fe2o3_amqp::types::{
    primitives::{Binary, Symbol},
    sasl::{SaslCode, SaslInit, SaslMechanisms, SaslOutcome},
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{
    settings::{Mechanism, Settings},
    wire::{self, Stream, Url},
};

const SASL_HEADER: &[u8; 8] = b"AMQP\x03\x01\x00\x00";

/// Every frame of a login is shorter than this.
const LONGEST_FRAME: usize = 64 * 1024;

/// Connects and logs in; what follows is AMQP's protocol header.
pub(super) async fn connect(url: &Url, settings: &Settings) -> Result<Box<dyn Stream>, String> {
    let mut stream = wire::dial(url, settings).await?;
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

/// RFC 4616: authorisation identity, NUL, user, NUL, password.
fn plain(settings: &Settings) -> Result<Vec<u8>, String> {
    Ok(format!("\0{}\0{}", settings.username, wire::password(settings)?).into_bytes())
}

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
