//! The owner of Proton's objects: the connection driver, and the bytes that go through it.
#![allow(unsafe_code)]

use std::{mem::MaybeUninit, ptr, slice};

use proton_sys::*;

use super::nesting::Nesting;

/// The engine uses a frame of the C stack for each level of the values that it reads, and only the
/// size of a frame bounds their number: about 22,000, of fewer than 200 bytes each. A thread may have
/// less than that.
const STACK: usize = 6 << 20;

/// The same if no frame is deep, and what the engine needs besides.
const USUAL_STACK: usize = 512 << 10;

/// A connection driver, freed once.
pub(super) struct Driver {
    raw: pn_connection_driver_t,
    nesting: Nesting,
    /// How many bytes of output were given out last, from the beginning of what the engine has, and how many of these are sent.
    output: usize,
    sent: usize,
    /// A deep frame has come: no broker sends one in earnest. The engine may read it later than it comes.
    is_deep: bool,
}

impl Drop for Driver {
    fn drop(&mut self) {
        // SAFETY: initialised in `Driver::new`; nothing uses a pointer of the driver after this.
        unsafe { pn_connection_driver_destroy(&mut self.raw) }
    }
}

impl Driver {
    /// # Panics
    /// If there is no memory for it.
    pub(super) fn new() -> Self {
        let mut raw = MaybeUninit::<pn_connection_driver_t>::zeroed();
        // SAFETY: the null pointers make the driver create connection and transport; on success it is whole.
        unsafe {
            let (connection, transport) = (ptr::null_mut(), ptr::null_mut());
            let status = pn_connection_driver_init(raw.as_mut_ptr(), connection, transport);
            assert_eq!(status, 0, "no memory for a connection driver");
            let raw = raw.assume_init();
            Self { raw, nesting: Nesting::default(), output: 0, sent: 0, is_deep: false }
        }
    }

    /// Live as long as the driver.
    pub(super) fn connection(&self) -> *mut pn_connection_t {
        self.raw.connection
    }

    /// Live as long as the driver.
    pub(super) fn transport(&self) -> *mut pn_transport_t {
        self.raw.transport
    }

    /// The buffer for up to `most` bytes of the next `size` from the peer; empty once no more are accepted.
    pub(super) fn input(&mut self, size: usize, most: usize) -> &mut [u8] {
        // SAFETY: the buffer belongs to the driver and lives until the next call on it, which needs
        // `&mut self`. Its bytes may never have been written; its users read no more of them than they wrote.
        unsafe {
            let buffer = pn_connection_driver_read_buffer_sized(&mut self.raw, size);
            if buffer.size == 0 {
                &mut []
            } else {
                slice::from_raw_parts_mut(buffer.start.cast(), buffer.size.min(most))
            }
        }
    }

    /// Notes that `count` bytes were put into the buffer given out last.
    pub(super) fn input_done(&mut self, count: usize) {
        // SAFETY: `count` bytes were written to the buffer given out last, and this one is the same.
        self.is_deep |= unsafe {
            let buffer = pn_connection_driver_read_buffer_sized(&mut self.raw, count);
            count > 0 && self.nesting.feed(slice::from_raw_parts(buffer.start.cast(), count))
        };
        let needed = if self.is_deep { STACK } else { USUAL_STACK };
        // SAFETY: `count` bytes were written to the buffer given out last.
        let read = || unsafe { pn_connection_driver_read_done(&mut self.raw, count) };
        // A stack for each read costs a thread of 2 MiB up to 1.8 times the time of a run.
        stacker::maybe_grow(needed, 2 * STACK, read);
    }

    /// Notes that the peer sends no more.
    pub(super) fn input_ended(&mut self) {
        // SAFETY: the driver is live.
        unsafe { pn_connection_driver_read_close(&mut self.raw) }
    }

    /// The bytes to send to the peer, which live until the next call; may run the engine.
    pub(super) fn output(&mut self) -> pn_bytes_t {
        // SAFETY: the driver is live.
        let all = unsafe { pn_connection_driver_write_buffer(&mut self.raw) };
        self.output = all.size;
        match all.size.checked_sub(self.sent) {
            None | Some(0) => pn_bytes_t { size: 0, start: ptr::null() },
            // SAFETY: the engine has more than `sent` bytes, and adds only to their end.
            Some(size) => pn_bytes_t { size, start: unsafe { all.start.add(self.sent) } },
        }
    }

    /// Notes that `count` bytes of [`Driver::output`] were sent.
    ///
    /// The engine forgets them once all are sent: each time it moves the rest to the front, which may be megabytes.
    pub(super) fn output_done(&mut self, count: usize) {
        self.sent += count;
        if self.sent == self.output {
            // SAFETY: the engine has that many bytes of output.
            unsafe {
                pn_connection_driver_write_done(&mut self.raw, self.sent);
            }
            self.sent = 0;
        }
    }

    /// The next event, or null. It and what it refers to live until the next call.
    pub(super) fn next_event(&mut self) -> *mut pn_event_t {
        // SAFETY: the driver is live.
        unsafe { pn_connection_driver_next_event(&mut self.raw) }
    }

    /// Whether both directions have ended.
    pub(super) fn is_finished(&mut self) -> bool {
        // SAFETY: the driver is live.
        unsafe { pn_connection_driver_finished(&mut self.raw) }
    }
}
