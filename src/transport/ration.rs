//! Reads the socket in large pieces, and limits how much one call reads from it.
//!
//! OpenSSL asks for the header of each record by itself. From a buffer that costs no call of the system, and what has
//! arrived is known to be read without another call that finds nothing.
//!
//! OpenSSL also continues to read while there are bytes that bring no data: requests for another handshake, session
//! tickets, changes of keys. If a peer never stopped sending these, a call would never return, and no deadline
//! and no signal would be noticed.

use std::io::{self, Read, Write};

/// The number of bytes that are read at once, and at most in a call: some records of 16 KiB (RFC 8446, 5.1). A handshake
/// with long chains needs more calls.
const PIECE: usize = 64 * 1024;

/// A stream that is read once a call at most, and not at all once it is drained, until the caller has waited for it.
pub(super) struct Rationed<S> {
    stream: S,
    buffer: Vec<u8>,
    /// The part of the buffer that was read, and of that the part that was handed out.
    filled: usize,
    used: usize,
    may_read: bool,
    /// The last read brought fewer bytes than it could have: there are no more for now.
    is_drained: bool,
}

impl<S> Rationed<S> {
    pub(super) fn new(stream: S) -> Self {
        let buffer = vec![0; PIECE];
        Self { stream, buffer, filled: 0, used: 0, may_read: true, is_drained: false }
    }

    /// Begins the next call.
    pub(super) fn begin(&mut self) {
        self.may_read = true;
    }

    /// Notes that the caller waits for the stream, and so has handled everything that was handed out.
    pub(super) fn waits(&mut self) {
        self.may_read = true;
        self.is_drained = false;
    }

    pub(super) fn get_ref(&self) -> &S {
        &self.stream
    }
}

impl<S: Read> Read for Rationed<S> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        if self.used == self.filled && !bytes.is_empty() {
            if self.is_drained || !self.may_read {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            (self.filled, self.used) = (0, 0);
            self.filled = self.stream.read(&mut self.buffer)?;
            // The end of the stream can be read again.
            self.may_read = self.filled == 0;
            self.is_drained = (1..PIECE).contains(&self.filled);
        }
        let count = bytes.len().min(self.filled - self.used);
        bytes[..count].copy_from_slice(&self.buffer[self.used..self.used + count]);
        self.used += count;
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

    /// Reads until there is nothing for now.
    fn read(stream: &mut impl Read, size: usize) -> usize {
        let mut count = 0;
        loop {
            match stream.read(&mut vec![0; size]) {
                Ok(0) => return count,
                Ok(read) => count += read,
                Err(error) => {
                    assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
                    return count;
                }
            }
        }
    }

    #[test]
    fn a_call_ends_although_there_is_always_more() {
        let mut stream = Rationed::new(io::repeat(7));
        for _ in 0..3 {
            assert_eq!(read(&mut stream, 1000), PIECE);
            stream.begin();
        }
    }

    /// Has one of these numbers of bytes for each read, the last one first, and counts the reads.
    struct Pieces(Vec<usize>, usize);

    impl Read for Pieces {
        fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
            self.1 += 1;
            let count = self.0.pop().ok_or(io::ErrorKind::WouldBlock)?;
            bytes[..count].fill(7);
            Ok(count)
        }
    }

    /// Headers of five bytes, and no call that finds nothing.
    #[test]
    fn what_has_arrived_is_read_by_one_call_of_the_system() {
        let mut stream = Rationed::new(Pieces(vec![300, 1000], 0));
        assert_eq!((read(&mut stream, 5), stream.get_ref().1), (1000, 1));
        stream.begin();
        assert_eq!((read(&mut stream, 5), stream.get_ref().1), (0, 1), "it is drained");
        stream.waits();
        assert_eq!((read(&mut stream, 5), stream.get_ref().1), (300, 2));
        stream.waits();
        assert_eq!((read(&mut stream, 5), stream.get_ref().1), (0, 3));
    }

    #[test]
    fn the_end_of_the_stream_is_reported_as_such() {
        let mut stream = Rationed::new(io::empty());
        assert_eq!(stream.read(&mut [0; 9]).unwrap(), 0);
        assert_eq!(stream.read(&mut [0; 9]).unwrap(), 0);
        assert_eq!(Rationed::new(io::repeat(7)).read(&mut []).unwrap(), 0);
    }
}
