//! One direction of a connection: bytes that are on their way for a while.

use std::{collections::VecDeque, time::Duration};

/// How a stream ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// In order, after the last byte.
    Eof,
    /// By a reset, which may take bytes along that were not read.
    Reset,
}

/// A slow line carries this many bytes at a time.
const PIECE: usize = 64;

/// Bytes in order, each readable from its time of arrival on.
#[derive(Debug, Default)]
pub(crate) struct Stream {
    latency: Duration,
    /// How long each piece of a slow line takes.
    pace: Option<Duration>,
    on_the_way: VecDeque<(Duration, Vec<u8>)>,
    /// How much of the first piece was read.
    taken: usize,
    length: usize,
    last_arrival: Duration,
    end: Option<(Duration, End)>,
    written: u64,
    read: u64,
    /// How long bytes were on a slow line.
    busy: Duration,
}

impl Stream {
    pub(crate) fn new(latency: Duration, pace: Option<Duration>) -> Self {
        Self { latency, pace, ..Self::default() }
    }

    /// Puts bytes in; when each piece of them arrives.
    pub(crate) fn write(&mut self, now: Duration, bytes: &[u8]) -> Vec<Duration> {
        let (piece, pace) = match self.pace {
            Some(pace) => (PIECE, pace),
            None => (bytes.len().max(1), Duration::ZERO),
        };
        let mut arrivals = Vec::new();
        for piece in bytes.chunks(piece) {
            let arrival = (now + self.latency).max(self.last_arrival + pace);
            arrivals.push(arrival);
            if self.end.is_none() {
                self.last_arrival = arrival;
                self.busy += pace;
                self.length += piece.len();
                self.written += piece.len() as u64;
                self.on_the_way.push_back((arrival, piece.to_vec()));
            }
        }
        arrivals
    }

    /// Ends the stream behind what is in it; when that is known at the other end.
    pub(crate) fn end(&mut self, now: Duration, end: End) -> Duration {
        let arrival = (now + self.latency).max(self.last_arrival);
        let (arrival, _) = *self.end.get_or_insert((arrival, end));
        arrival
    }

    /// The end, if it is known at the other end by now and nothing is left before it.
    pub(crate) fn ended(&self, now: Duration) -> Option<End> {
        self.end.filter(|(at, _)| *at <= now && !self.is_readable(now)).map(|(_, end)| end)
    }

    /// Whether a reset has arrived, whatever is left before it.
    pub(crate) fn is_reset(&self, now: Duration) -> bool {
        self.end.is_some_and(|(at, end)| at <= now && end == End::Reset)
    }

    /// Whether there are bytes to read.
    pub(crate) fn is_readable(&self, now: Duration) -> bool {
        self.on_the_way.front().is_some_and(|(at, _)| *at <= now)
    }

    /// Bytes that were written and not read.
    pub(crate) fn length(&self) -> usize {
        self.length
    }

    /// Bytes that were ever written, and read.
    pub(crate) fn written(&self) -> u64 {
        self.written
    }

    pub(crate) fn read_so_far(&self) -> u64 {
        self.read
    }

    pub(crate) fn busy(&self) -> Duration {
        self.busy
    }

    /// Reads what has arrived, as much as the buffer takes.
    pub(crate) fn read(&mut self, now: Duration, buffer: &mut [u8]) -> usize {
        let mut count = 0;
        while count < buffer.len()
            && let Some((_, piece)) = self.on_the_way.front().filter(|(at, _)| *at <= now)
        {
            let rest = &piece[self.taken..];
            let part = rest.len().min(buffer.len() - count);
            buffer[count..count + part].copy_from_slice(&rest[..part]);
            count += part;
            self.taken += part;
            if self.taken == piece.len() {
                self.on_the_way.pop_front();
                self.taken = 0;
            }
        }
        self.length -= count;
        self.read += count as u64;
        count
    }

    /// Loses what was not read.
    pub(crate) fn clear(&mut self) {
        (self.length, self.taken) = (0, 0);
        self.on_the_way.clear();
    }
}
