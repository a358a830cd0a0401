//! The client's stream, whose frames are observed in both directions.

use std::{
    future::Future,
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf},
    time::Sleep,
};

use super::{super::line::Line, observer::Observer};

/// The number of bytes that may wait to be written before the writer must wait.
const WRITE_BUFFER: usize = 64 * 1024;

/// A stream whose frames an [`Observer`] sees; it may hold back those of the broker.
#[derive(Debug)]
pub(crate) struct Tapped<S> {
    stream: S,
    observer: Arc<Observer>,
    line: Line,
    /// Runs while a slow line pauses before a byte.
    pause: Option<Pin<Box<Sleep>>>,
    /// Bytes that were read ahead, and are returned first.
    ahead: Vec<u8>,
    /// The start of a frame coming in.
    incoming: Vec<u8>,
    /// The start of a frame going out.
    outgoing: Vec<u8>,
    /// Frames that the observer let pass, and raw bytes, not written yet.
    passed: Vec<u8>,
    /// Nothing is written after those.
    over: bool,
}

impl<S: AsyncRead + Unpin> Tapped<S> {
    /// Waits for the protocol header, without removing it from the stream.
    pub(crate) async fn new(
        mut stream: S,
        observer: Arc<Observer>,
        line: Line,
    ) -> io::Result<(Self, [u8; 8])> {
        let mut header = [0; 8];
        stream.read_exact(&mut header).await?;
        let tapped = Self {
            stream,
            observer,
            line,
            pause: None,
            ahead: header.to_vec(),
            incoming: Vec::new(),
            outgoing: Vec::new(),
            passed: Vec::new(),
            over: false,
        };
        Ok((tapped, header))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Tapped<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        // The writer may have nothing to write, and then does not run.
        this.take_raw(context);
        if let Poll::Ready(Err(error)) = this.poll_drain(context, 0) {
            return Poll::Ready(Err(error));
        }
        this.end_if_over();
        let before = buffer.filled().len();
        if this.ahead.is_empty() {
            ready!(Pin::new(&mut this.stream).poll_read(context, buffer))?;
        } else {
            let count = this.ahead.len().min(buffer.remaining());
            buffer.put_slice(&this.ahead[..count]);
            this.ahead.drain(..count);
        }
        if this.line.is_dead() && buffer.filled().len() > before {
            // The bytes are ignored, but the end of the stream is not: this ends with the client.
            buffer.set_filled(before);
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        this.incoming.extend(&buffer.filled()[before..]);
        let (observer, line) = (&this.observer, &mut this.line);
        take_frames(&mut this.incoming, |frame| {
            observer.incoming(frame);
            line.received(frame);
        });
        this.end_if_over();
        Poll::Ready(Ok(()))
    }
}

impl<S> Tapped<S> {
    /// Lets raw bytes pass.
    fn take_raw(&mut self, context: &Context<'_>) {
        let (bytes, last) = self.line.take_raw(context);
        if !self.over {
            self.passed.extend(bytes);
        }
        self.over |= last;
    }

    /// Hangs up once everything has passed that may pass.
    fn end_if_over(&self) {
        if (self.over || self.line.is_over()) && self.passed.is_empty() {
            self.line.cut();
        }
    }
}

impl<S: AsyncWrite + Unpin> Tapped<S> {
    /// Writes until no more than `rest` bytes wait.
    fn poll_drain(&mut self, context: &mut Context<'_>, rest: usize) -> Poll<io::Result<()>> {
        while self.passed.len() > rest {
            let mut count = self.passed.len();
            if let Some(pause) = self.line.pause {
                let sleep = self.pause.get_or_insert_with(|| Box::pin(tokio::time::sleep(pause)));
                ready!(sleep.as_mut().poll(context));
                count = 1;
            }
            let written =
                ready!(Pin::new(&mut self.stream).poll_write(context, &self.passed[..count]))?;
            self.pause = None;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.passed.drain(..written);
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Tapped<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        this.take_raw(context);
        ready!(this.poll_drain(context, WRITE_BUFFER))?;
        this.outgoing.extend(bytes);
        let (observer, line, passed, over) =
            (&this.observer, &mut this.line, &mut this.passed, this.over);
        take_frames(&mut this.outgoing, |frame| {
            if observer.lets_pass(frame) && !over {
                let count = line.allows(frame);
                passed.extend(&frame[..count]);
                if count == frame.len() {
                    observer.outgoing(frame);
                }
            }
        });
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.take_raw(context);
        ready!(self.poll_drain(context, 0))?;
        ready!(Pin::new(&mut self.stream).poll_flush(context))?;
        self.end_if_over();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_drain(context, 0))?;
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// Takes every complete frame and protocol header.
fn take_frames(bytes: &mut Vec<u8>, mut take: impl FnMut(&[u8])) {
    let mut start = 0;
    while let Some(length) = next_length(&bytes[start..]) {
        take(&bytes[start..start + length]);
        start += length;
    }
    bytes.drain(..start);
}

/// The length of the frame or protocol header at the start, once it is complete.
fn next_length(bytes: &[u8]) -> Option<usize> {
    let size: [u8; 4] = bytes.get(..4)?.try_into().ok()?;
    let length = match &size {
        b"AMQP" => 8,
        size => u32::from_be_bytes(*size) as usize,
    };
    // A size below 8 is malformed, and then the rest of the stream cannot be read.
    (length >= 8 && bytes.len() >= length).then_some(length)
}
