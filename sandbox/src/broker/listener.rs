//! TCP and TLS: from an accepted socket to a stream of AMQP or MQTT.

use std::{fmt::Debug, pin::Pin, sync::Arc};

use openssl::{
    dh::Dh,
    error::ErrorStack,
    ssl::{
        AlpnError, NameType, Ssl, SslAcceptor, SslContext, SslMethod, SslOptions, SslRef,
        SslSessionCacheMode, SslVerifyMode, SslVersion,
    },
    x509::{X509NameRef, store::X509StoreBuilder},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
};
use tokio_openssl::SslStream;

use super::{
    amqp,
    line::{Line, ignore},
    mqtt,
    shared::Broker,
};
use crate::{
    Weakness,
    faults::{ConnectionAct, Layer, Phase},
    pki::{Authority, Identity},
};

/// What is behind a port.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Door {
    Amqp,
    /// MQTT. To a client each number is another broker, with sessions of its own.
    Mqtt(usize),
}

/// Accepts connections until the task is aborted; the end of `_done` shows that the port is closed.
pub(crate) async fn listen(
    listener: TcpListener,
    tls: Option<SslContext>,
    door: Door,
    broker: Arc<Broker>,
    _done: std::sync::mpsc::Sender<()>,
) {
    loop {
        // Accepting fails if there are no descriptors, or if the client has hung up already; the next may work.
        let Ok((socket, _)) = listener.accept().await else {
            continue;
        };
        let number = broker.recorder.connection(tls.is_some());
        let (broker, tls) = (Arc::clone(&broker), tls.clone());
        tokio::spawn(async move {
            if let Err(problem) = serve(socket, tls, door, &broker, number).await {
                broker.recorder.problem(number, problem);
            }
            broker.forget_socket(number);
            let now = Some(std::time::Instant::now());
            broker.recorder.on_connection(number, |c| c.closed = now);
        });
    }
}

async fn serve(
    socket: TcpStream,
    tls: Option<SslContext>,
    door: Door,
    broker: &Arc<Broker>,
    number: usize,
) -> Result<(), String> {
    let socket = share(socket, broker, number).map_err(|e| format!("socket: {e}"))?;
    let acts = broker.matcher.lock().unwrap().connection(number);
    let line = Line::new(broker, number, &acts);
    if let Some(bytes) = ConnectionAct::raw_first(&acts, Layer::Tcp) {
        line.write_raw(Layer::Tcp, bytes);
        return ignore(socket, &acts).await;
    }
    if line.is_silent(Phase::Tcp) {
        return ignore(socket, &acts).await;
    }
    let Some(context) = tls else {
        if line.is_silent(Phase::Tls) {
            return ignore(socket, &acts).await;
        }
        return enter(door, socket, broker, number, line, &acts).await;
    };
    let ssl = Ssl::new(&context).map_err(|e| format!("tls: {e}"))?;
    let mut stream = SslStream::new(ssl, socket).map_err(|e| format!("tls: {e}"))?;
    let shaken = Pin::new(&mut stream).accept().await;
    let server_name = stream.ssl().servername(NameType::HOST_NAME);
    broker.recorder.on_connection(number, |record| {
        record.server_name = server_name.map(str::to_owned);
    });
    shaken.map_err(|e| format!("tls: {e}"))?;
    broker.recorder.on_connection(number, |record| {
        record.tls_version = Some(stream.ssl().version_str().to_owned());
        record.certificate_subject = certificate_subject(stream.ssl());
        let alpn = stream.ssl().selected_alpn_protocol();
        record.alpn = alpn.map(|name| String::from_utf8_lossy(name).into_owned());
    });
    if line.is_silent(Phase::Tls) {
        return ignore(stream, &acts).await;
    }
    enter(door, stream, broker, number, line, &acts).await
}

async fn enter<S>(
    door: Door,
    stream: S,
    broker: &Arc<Broker>,
    number: usize,
    line: Line,
    acts: &[ConnectionAct],
) -> Result<(), String>
where
    S: AsyncRead + AsyncWrite + Debug + Send + Unpin + 'static,
{
    match door {
        Door::Amqp => amqp::serve(stream, broker, number, line, acts).await,
        Door::Mqtt(port) => mqtt::serve(stream, broker, port, number, line, acts).await,
    }
}

/// Keeps a second handle on the socket, by which it can be cut from outside.
fn share(socket: TcpStream, broker: &Broker, number: usize) -> std::io::Result<TcpStream> {
    socket.set_nodelay(true)?;
    let socket = socket.into_std()?;
    broker.keep_socket(number, socket.try_clone()?);
    TcpStream::from_std(socket)
}

fn certificate_subject(ssl: &SslRef) -> Option<String> {
    let certificate = ssl.peer_certificate()?;
    Some(subject(certificate.subject_name()))
}

fn subject(name: &X509NameRef) -> String {
    let parts = name.entries().map(|entry| {
        let key = entry.object().nid().short_name().unwrap_or("?");
        let value = String::from_utf8_lossy(entry.data().as_slice()).into_owned();
        format!("{key}={value}")
    });
    parts.collect::<Vec<_>>().join(",")
}

/// TLS 1.2 or newer with a client certificate from the authority.
pub(crate) fn tls_context(
    server: &Identity,
    clients: &Authority,
    require_client_certificate: bool,
    weakness: Option<Weakness>,
) -> Result<SslContext, ErrorStack> {
    let mut builder = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server())?;
    if let Some(weakness) = weakness {
        builder.set_security_level(0);
        if let Weakness::Dh(bits) = weakness {
            builder.set_max_proto_version(Some(SslVersion::TLS1_2))?;
            builder.set_cipher_list("DHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0")?;
            let dh = match bits {
                ..1024 => Dh::generate_params(bits, 2)?,
                1024..2048 => Dh::get_1024_160()?,
                _ => Dh::get_2048_256()?,
            };
            builder.set_tmp_dh(&dh)?;
        }
    }
    builder.set_certificate(&server.certificate)?;
    for certificate in &server.chain {
        builder.add_extra_chain_cert(certificate.clone())?;
    }
    builder.set_private_key(&server.key)?;

    let mut store = X509StoreBuilder::new()?;
    store.add_cert(clients.certificate().clone())?;
    builder.set_verify_cert_store(store.build())?;
    builder.add_client_ca(clients.certificate())?;
    let mut verify = SslVerifyMode::PEER;
    if require_client_certificate {
        verify |= SslVerifyMode::FAIL_IF_NO_PEER_CERT;
    }
    builder.set_verify(verify);

    // The first name that a client offers is taken.
    builder.set_alpn_select_callback(|_, offered| {
        let (length, names) = offered.split_first().ok_or(AlpnError::NOACK)?;
        names.get(..usize::from(*length)).ok_or(AlpnError::NOACK)
    });

    // The client presents its certificate again on every connection.
    builder.set_session_cache_mode(SslSessionCacheMode::OFF);
    builder.set_options(SslOptions::NO_TICKET);
    Ok(builder.build().into_context())
}
