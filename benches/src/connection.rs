//! A connection: its socket, the delay of its line, and its TLS. The broker and the limit share it.

use std::{
    collections::VecDeque,
    io::{self, ErrorKind, Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

use openssl::ssl::{Ssl, SslStream};

/// One side of a connection: a protocol.
pub(crate) trait Engine {
    const IS_SERVER: bool;

    /// The buffer for the next bytes of the peer; empty once no more are accepted.
    fn input(&mut self) -> &mut [u8];
    /// Notes that `count` bytes were put into that buffer.
    fn input_done(&mut self, count: usize);
    /// The bytes for the peer.
    fn output(&mut self) -> &[u8];
    /// Notes that `count` of them are on their way.
    fn output_done(&mut self, count: usize);
    /// Whether both directions have ended.
    fn is_finished(&mut self) -> bool;
}

/// Bytes on a line that takes its time; each block with the time at which it arrives.
#[derive(Default)]
struct Line {
    delay: Duration,
    blocks: VecDeque<(Instant, Vec<u8>)>,
    arrived: Vec<u8>,
    /// How many of those have been taken.
    taken: usize,
}

impl Line {
    fn put(&mut self, bytes: &[u8], now: Instant) {
        match self.delay.is_zero() {
            true => self.arrived.extend_from_slice(bytes),
            false => self.blocks.push_back((now + self.delay, bytes.to_vec())),
        }
    }

    fn advance(&mut self, now: Instant) {
        while self.next().is_some_and(|arrives| arrives <= now) {
            self.arrived.extend(self.blocks.pop_front().map_or(Vec::new(), |(_, block)| block));
        }
    }

    fn rest(&self) -> &[u8] {
        &self.arrived[self.taken..]
    }

    fn take(&mut self, count: usize) {
        self.taken += count;
        if self.taken == self.arrived.len() {
            self.arrived.clear();
            self.taken = 0;
        }
    }

    fn next(&self) -> Option<Instant> {
        self.blocks.front().map(|(arrives, _)| *arrives)
    }
}

/// Both lines, as what TLS reads from and writes to. Neither blocks.
struct Lines {
    incoming: Line,
    outgoing: Line,
    now: Instant,
}

impl Read for Lines {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let rest = self.incoming.rest();
        let count = rest.len().min(buffer.len());
        if count == 0 {
            return Err(ErrorKind::WouldBlock.into());
        }
        buffer[..count].copy_from_slice(&rest[..count]);
        self.incoming.take(count);
        Ok(count)
    }
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.outgoing.put(bytes, self.now);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

enum Layer {
    Plain(Lines),
    Tls(SslStream<Lines>),
}

/// A connection with the engine that speaks on it.
pub(crate) struct Connection<E> {
    pub(crate) socket: TcpStream,
    layer: Layer,
    /// TLS is established.
    is_open: bool,
    pub(crate) engine: E,
    has_ended: bool,
}

impl<E: Engine> Connection<E> {
    pub(crate) fn new(
        socket: TcpStream,
        tls: Option<Ssl>,
        delay: Duration,
        engine: E,
    ) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        socket.set_nodelay(true)?;
        let line = || Line { delay, ..Line::default() };
        let lines = Lines { incoming: line(), outgoing: line(), now: Instant::now() };
        let (layer, is_open) = match tls {
            Some(tls) => (Layer::Tls(SslStream::new(tls, lines)?), false),
            None => (Layer::Plain(lines), true),
        };
        Ok(Self { socket, layer, is_open, engine, has_ended: false })
    }

    fn lines(&mut self) -> &mut Lines {
        match &mut self.layer {
            Layer::Plain(lines) => lines,
            Layer::Tls(stream) => stream.get_mut(),
        }
    }

    /// Takes what has come from the socket, and does what is necessary for TLS to begin.
    pub(crate) fn read(&mut self, now: Instant, buffer: &mut [u8]) -> io::Result<()> {
        self.lines().now = now;
        loop {
            match self.socket.read(buffer) {
                Ok(0) => {
                    self.has_ended = true;
                    break;
                }
                Ok(count) => {
                    self.lines().incoming.put(&buffer[..count], now);
                    if count < buffer.len() {
                        break;
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        self.lines().incoming.advance(now);
        if let (Layer::Tls(stream), false) = (&mut self.layer, self.is_open) {
            let established = match E::IS_SERVER {
                true => stream.accept(),
                false => stream.connect(),
            };
            match established {
                Ok(()) => self.is_open = true,
                Err(error) => return blocked(error).map(drop),
            }
        }
        Ok(())
    }

    /// Moves some of what has come into the engine; whether there was something.
    pub(crate) fn feed(&mut self) -> io::Result<bool> {
        let input = self.engine.input();
        if !self.is_open || input.is_empty() {
            return Ok(false);
        }
        let count = match &mut self.layer {
            Layer::Plain(lines) => lines.read(input).unwrap_or(0),
            Layer::Tls(stream) => stream.ssl_read(input).or_else(blocked)?,
        };
        self.engine.input_done(count);
        Ok(count > 0)
    }

    /// Moves what the engine has for the peer to the socket.
    pub(crate) fn write(&mut self, now: Instant) -> io::Result<()> {
        self.lines().now = now;
        while self.is_open {
            let output = self.engine.output();
            if output.is_empty() {
                break;
            }
            let count = output.len();
            match &mut self.layer {
                Layer::Plain(lines) => lines.write_all(output)?,
                Layer::Tls(stream) => stream.write_all(output)?,
            }
            self.engine.output_done(count);
        }
        self.lines().outgoing.advance(now);
        loop {
            let rest = match &self.layer {
                Layer::Plain(lines) => lines.outgoing.rest(),
                Layer::Tls(stream) => stream.get_ref().outgoing.rest(),
            };
            if rest.is_empty() {
                return Ok(());
            }
            match (&self.socket).write(rest) {
                Ok(count) => self.lines().outgoing.take(count),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    }

    /// Whether the socket has to become writable, for bytes that have arrived there.
    pub(crate) fn writes(&mut self) -> bool {
        !self.lines().outgoing.rest().is_empty()
    }

    /// When the next bytes arrive at one of the ends.
    pub(crate) fn next(&mut self) -> Option<Instant> {
        let lines = self.lines();
        [lines.incoming.next(), lines.outgoing.next()].into_iter().flatten().min()
    }

    /// Whether everything was said.
    pub(crate) fn has_ended(&mut self) -> bool {
        let lines = self.lines();
        let is_on_its_way = !lines.outgoing.rest().is_empty() || !lines.outgoing.blocks.is_empty();
        self.has_ended || (self.engine.is_finished() && !is_on_its_way)
    }
}

/// No bytes, if the other side only has to say more.
fn blocked(error: openssl::ssl::Error) -> io::Result<usize> {
    use openssl::ssl::ErrorCode;
    match error.code() {
        ErrorCode::WANT_READ | ErrorCode::WANT_WRITE | ErrorCode::ZERO_RETURN => Ok(0),
        _ => Err(error.into_io_error().unwrap_or_else(io::Error::other)),
    }
}
