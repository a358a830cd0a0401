//! The owner of Proton's objects: the connection driver, and the bytes that go through it.
#![allow(unsafe_code)]

use std::{mem::MaybeUninit, ptr, slice};

use proton_sys::*;

/// The engine uses a frame of the C stack for each level of the values that it reads, and only the
/// size of a frame bounds their number: about 22,000, of fewer than 200 bytes each. A thread may have
/// less than that.
const STACK: usize = 6 << 20;

/// A connection driver, freed once.
pub(super) struct Driver(pn_connection_driver_t);

impl Drop for Driver {
    fn drop(&mut self) {
        // SAFETY: initialised in `Driver::new`; nothing uses a pointer of the driver after this.
        unsafe { pn_connection_driver_destroy(&mut self.0) }
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
            Self(raw.assume_init())
        }
    }

    /// Live as long as the driver.
    pub(super) fn connection(&self) -> *mut pn_connection_t {
        self.0.connection
    }

    /// Live as long as the driver.
    pub(super) fn transport(&self) -> *mut pn_transport_t {
        self.0.transport
    }

    /// The buffer for up to `most` bytes of the next `size` from the peer; empty once no more are accepted.
    pub(super) fn input(&mut self, size: usize, most: usize) -> &mut [u8] {
        // SAFETY: the buffer belongs to the driver and lives until the next call on it, which needs
        // `&mut self`. Its bytes may never have been written; its users read no more of them than they wrote.
        unsafe {
            let buffer = pn_connection_driver_read_buffer_sized(&mut self.0, size);
            if buffer.size == 0 {
                &mut []
            } else {
                slice::from_raw_parts_mut(buffer.start.cast(), buffer.size.min(most))
            }
        }
    }

    /// Notes that `count` bytes were put into the buffer given out last.
    pub(super) fn input_done(&mut self, count: usize) {
        // SAFETY: `count` bytes were written to the buffer given out last.
        let read = || unsafe { pn_connection_driver_read_done(&mut self.0, count) };
        stacker::maybe_grow(STACK, 2 * STACK, read);
    }

    /// Notes that the peer sends no more.
    pub(super) fn input_ended(&mut self) {
        // SAFETY: the driver is live.
        unsafe { pn_connection_driver_read_close(&mut self.0) }
    }

    /// The bytes to send to the peer, which live until the next call; may run the engine.
    pub(super) fn output(&mut self) -> pn_bytes_t {
        // SAFETY: the driver is live.
        unsafe { pn_connection_driver_write_buffer(&mut self.0) }
    }

    /// Notes that `count` bytes of [`Driver::output`] were sent.
    pub(super) fn output_done(&mut self, count: usize) {
        // SAFETY: `count` is at most what was given out last.
        unsafe {
            pn_connection_driver_write_done(&mut self.0, count);
        }
    }

    /// The next event, or null. It and what it refers to live until the next call.
    pub(super) fn next_event(&mut self) -> *mut pn_event_t {
        // SAFETY: the driver is live.
        unsafe { pn_connection_driver_next_event(&mut self.0) }
    }

    /// Whether both directions have ended.
    pub(super) fn is_finished(&mut self) -> bool {
        // SAFETY: the driver is live.
        unsafe { pn_connection_driver_finished(&mut self.0) }
    }
}
