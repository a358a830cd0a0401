//! The limit: what it costs to move the same bytes through Proton and TLS, and nothing else.

use std::{
    error::Error,
    fs,
    net::TcpStream,
    os::fd::AsFd,
    path::PathBuf,
    process::ExitCode,
    time::{Duration, Instant},
};

use argh::FromArgs;
use openssl::ssl::{Ssl, SslContext, SslFiletype, SslMethod, SslVerifyMode};

use crate::{connection::Connection, proton::Client, system};

/// Sends a recorded request again and again, and waits for the replies, of which it reads nothing.
#[derive(FromArgs)]
#[argh(subcommand, name = "limit")]
pub(crate) struct Options {
    /// the folder of a broker that was started with --canned
    #[argh(option)]
    dir: PathBuf,

    /// the request, as broker --record writes it
    #[argh(option)]
    request: PathBuf,

    /// how often it is sent
    #[argh(option)]
    count: u64,
}

pub(crate) fn run(options: &Options) -> Result<ExitCode, Box<dyn Error>> {
    let config = fs::read_to_string(options.dir.join("config.yaml"))?;
    let port = config.split_once("amqps://localhost:").and_then(|(_, rest)| rest.split_once('"'));
    let port = port.ok_or("the broker has no TLS")?.0.parse()?;
    let mut tls = SslContext::builder(SslMethod::tls_client())?;
    tls.set_verify(SslVerifyMode::PEER);
    tls.set_ca_file(options.dir.join("ca.pem"))?;
    tls.set_certificate_chain_file(options.dir.join("client.pem"))?;
    tls.set_private_key_file(options.dir.join("client.pem"), SslFiletype::PEM)?;
    let mut tls = Ssl::new(&tls.build())?;
    tls.param_mut().set_host("localhost")?;
    let socket = TcpStream::connect(("127.0.0.1", port))?;
    let engine = Client::new(fs::read(&options.request)?, options.count);
    let mut connection = Connection::new(socket, Some(tls), Duration::ZERO, engine)?;
    let mut buffer = vec![0; 256 * 1024];
    loop {
        let now = Instant::now();
        connection.read(now, &mut buffer)?;
        while connection.feed()? {
            connection.engine.advance();
        }
        connection.write(now)?;
        if connection.has_ended() {
            return Ok(ExitCode::SUCCESS);
        }
        let writes = connection.writes();
        system::poll(&[(connection.socket.as_fd(), writes)], None);
    }
}
