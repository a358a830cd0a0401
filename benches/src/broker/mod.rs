//! A broker with a signing server behind it, in one thread, which does only what a benchmark needs: it is not the
//! bottleneck. It serves one run of a client at a time, which may use several connections, as pubtools-sign does.

mod folder;
mod reply;

use std::{
    collections::VecDeque,
    error::Error,
    fs,
    io::{self, Write},
    net::TcpListener,
    os::fd::AsFd,
    path::PathBuf,
    time::{Duration, Instant},
};

use argh::FromArgs;

use crate::{
    connection::{Connection, Engine},
    mqtt, proton,
    system::{self, Cpu},
};
use folder::Folder;
use reply::Signer;

/// A connection of a client, as its broker sees it.
pub(crate) trait Side: Engine {
    /// Those of URLs, without TLS and with it.
    const SCHEMES: [&str; 2];
    /// The addresses of requests and of replies, as the configuration has them.
    const TOPICS: [&str; 2];

    /// One on whose way there may be that number of messages.
    fn new(credit: u16) -> Self;
    /// Whether the client receives replies on this connection.
    fn receives(&self) -> bool;
    /// Keeps the connection alive, if the client asked for that; how long until it is necessary again. Time counts from any
    /// moment, the same each time.
    fn keep_alive(&mut self, time: Duration) -> Option<Duration>;
    /// Answers what the client asks for, and hands each whole message to `on_message`.
    fn advance(&mut self, on_message: impl FnMut(&[u8]));
    /// Sends as many of the replies as the client is ready for.
    fn send(&mut self, replies: &mut VecDeque<Vec<u8>>);

    /// The text in a message.
    fn body(message: &[u8]) -> Option<&[u8]>;
    /// Everything of a reply before its text.
    fn head(properties: &[(&str, &str)]) -> Vec<u8>;
    /// Ends a message that began with [`Self::head`] of that length: its text is complete.
    fn finish(message: &mut [u8], head: usize);
}

/// Starts a broker with a signing server, and prints how to use it. Ends on SIGINT or SIGTERM, and prints what it cost.
#[derive(FromArgs)]
#[argh(subcommand, name = "broker")]
pub(crate) struct Options {
    /// where certificates and config.yaml are written
    #[argh(option)]
    dir: PathBuf,

    /// listen without TLS
    #[argh(switch)]
    plain: bool,

    /// speak MQTT 5
    #[argh(switch)]
    mqtt: bool,

    /// time that bytes need for each direction, in milliseconds: 25 is a round trip of 50
    #[argh(option, default = "0")]
    delay: u64,

    /// how long the signing server keeps each reply, in milliseconds
    #[argh(option, default = "0")]
    hold: u64,

    /// the number of requests that a client may have on the way; 1000, as with ActiveMQ
    #[argh(option, default = "1000")]
    credit: u16,

    /// answer each request as the first one, without reading it: for the limit
    #[argh(switch)]
    canned: bool,

    /// write the first request into this file: for the limit
    #[argh(option)]
    record: Option<PathBuf>,
}

/// Runs until a signal comes.
pub(crate) fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    match options.mqtt {
        true => serve::<mqtt::Server>(options),
        false => serve::<proton::Server>(options),
    }
}

fn serve<S: Side>(options: &Options) -> Result<(), Box<dyn Error>> {
    system::catch_signals();
    let folder = Folder::new(&options.dir)?;
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    listener.set_nonblocking(true)?;
    let scheme = S::SCHEMES[usize::from(!options.plain)];
    let url = format!("{scheme}://localhost:{}", listener.local_addr()?.port());
    let config = folder.configure(&url, S::TOPICS)?;
    let mut out = io::stdout();
    writeln!(out, "config {}\npid {}\nready", config.display(), std::process::id())?;
    out.flush()?;
    let mut broker = Broker::<S>::new(options, folder, listener);
    while !system::has_ended() {
        broker.wait();
        broker.advance()?;
    }
    let Cpu { user, system } = Cpu::own();
    writeln!(
        out,
        "requests {}, user {:.3} s, system {:.3} s",
        broker.requests,
        user.as_secs_f64(),
        system.as_secs_f64()
    )?;
    Ok(())
}

struct Broker<'a, S> {
    options: &'a Options,
    folder: Folder,
    listener: TcpListener,
    connections: Vec<Connection<S>>,
    signer: Signer,
    /// Replies that the signing server keeps, with the time at which it sends them.
    held: VecDeque<(Instant, Vec<u8>)>,
    /// Replies that wait for credit.
    replies: VecDeque<Vec<u8>>,
    requests: u64,
    began: Instant,
    hold: Duration,
    buffer: Vec<u8>,
}

impl<'a, S: Side> Broker<'a, S> {
    fn new(options: &'a Options, folder: Folder, listener: TcpListener) -> Self {
        Self {
            options,
            folder,
            listener,
            connections: Vec::new(),
            signer: Signer::new::<S>(options.canned),
            held: VecDeque::new(),
            replies: VecDeque::new(),
            requests: 0,
            began: Instant::now(),
            hold: Duration::from_millis(options.hold),
            buffer: vec![0; 256 * 1024],
        }
    }

    fn wait(&mut self) {
        let time = self.began.elapsed();
        let alive = self.connections.iter_mut().filter_map(|it| it.engine.keep_alive(time)).min();
        let next = self.connections.iter_mut().filter_map(Connection::next);
        let next = next.chain(self.held.front().map(|(due, _)| *due)).min();
        let timeout = next.map(|next| next.saturating_duration_since(Instant::now()));
        let timeout = timeout.into_iter().chain(alive).min();
        let writes: Vec<_> = self.connections.iter_mut().map(Connection::writes).collect();
        let sockets = self.connections.iter().map(|it| it.socket.as_fd()).zip(writes);
        let all: Vec<_> = sockets.chain([(self.listener.as_fd(), false)]).collect();
        system::poll(&all, timeout);
    }

    fn advance(&mut self) -> Result<(), Box<dyn Error>> {
        let now = Instant::now();
        while let Ok((socket, _)) = self.listener.accept() {
            let tls = match self.options.plain {
                true => None,
                false => Some(openssl::ssl::Ssl::new(self.folder.acceptor.context())?),
            };
            let delay = Duration::from_millis(self.options.delay);
            let engine = S::new(self.options.credit);
            self.connections.push(Connection::new(socket, tls, delay, engine)?);
        }
        let mut failure = None;
        self.connections.retain_mut(|connection| {
            let is_read = connection.read(now, &mut self.buffer).and_then(|()| {
                while connection.feed()? {
                    connection.engine.advance(|request| {
                        self.requests += 1;
                        if let (1, Some(file)) = (self.requests, &self.options.record)
                            && let Err(error) = fs::write(file, request)
                        {
                            failure = Some(format!("{}: {error}", file.display()));
                        }
                        match self.signer.reply(request) {
                            Ok(reply) => self.held.push_back((now + self.hold, reply)),
                            Err(error) => failure = Some(error),
                        }
                    });
                }
                Ok(())
            });
            is_read.is_ok()
        });
        if let Some(failure) = failure {
            return Err(failure.into());
        }
        let due = self.held.partition_point(|(due, _)| *due <= now);
        self.replies.extend(self.held.drain(..due).map(|(_, reply)| reply));
        let replies = &mut self.replies;
        self.connections.retain_mut(|connection| {
            connection.engine.send(replies);
            connection.write(now).is_ok() && !connection.has_ended()
        });
        // What the client of a run has not fetched is not for the next one.
        if !self.connections.iter().any(|connection| connection.engine.receives()) {
            self.replies.clear();
            self.held.clear();
        }
        Ok(())
    }
}
