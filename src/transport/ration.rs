//! Limits how much one call into OpenSSL reads from the socket.
//!
//! OpenSSL continues to read while there are bytes that bring no data: requests for another handshake, session
//! tickets, changes of keys. If a peer never stopped sending these, a call would never return, and no deadline
//! and no signal would be noticed.

use std::io::{self, Read, Write};

/// The number of bytes in a turn: some records of 16 KiB (RFC 8446, 5.1). A handshake with long chains needs more turns.
const TURN: usize = 64 * 1024;

/// A stream that hands out a limited number of bytes, and then reports that there are none for now, until it is refilled.
pub(super) struct Rationed<S> {
    stream: S,
    left: usize,
}

impl<S> Rationed<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream, left: TURN }
    }

    /// Begins the next turn. Between turns the caller waits for the stream and checks the time.
    pub(super) fn refill(&mut self) {
        self.left = TURN;
    }

    pub(super) fn get_ref(&self) -> &S {
        &self.stream
    }
}

impl<S: Read> Read for Rationed<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = buffer.len().min(self.left);
        if most == 0 && !buffer.is_empty() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let count = self.stream.read(&mut buffer[..most])?;
        self.left -= count;
        Ok(count)
    }
}

impl<S: Write> Write for Rationed<S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_ends_although_there_is_always_more() {
        let mut stream = Rationed::new(io::repeat(7));
        for _ in 0..3 {
            let mut count = 0;
            let blocked = loop {
                match stream.read(&mut [0; 1000]) {
                    Ok(read) => count += read,
                    Err(error) => break error,
                }
            };
            assert_eq!((count, blocked.kind()), (TURN, io::ErrorKind::WouldBlock));
            stream.refill();
        }
    }

    #[test]
    fn the_end_of_the_stream_is_reported_as_such() {
        let mut stream = Rationed::new(io::empty());
        assert_eq!(stream.read(&mut [0; 9]).unwrap(), 0);
        assert_eq!(Rationed { stream: io::repeat(7), left: 0 }.read(&mut []).unwrap(), 0);
    }
}
