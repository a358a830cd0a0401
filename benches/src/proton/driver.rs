//! The owner of Proton's objects, and the bytes that go through it.
#![allow(unsafe_code)]

use std::{mem::MaybeUninit, ptr, slice};

use proton_sys::*;

/// The longest frame that the peer may send, in bytes: that of Artemis. The engine needs it whole, in its buffer.
const MAX_FRAME: u32 = 128 * 1024;

/// A connection driver, freed once.
pub(super) struct Driver(pn_connection_driver_t);

impl Drop for Driver {
    fn drop(&mut self) {
        // SAFETY: initialised in `new`; nothing uses a pointer of the driver after this.
        unsafe { pn_connection_driver_destroy(&mut self.0) }
    }
}

impl Driver {
    pub(super) fn new() -> Self {
        let mut raw = MaybeUninit::<pn_connection_driver_t>::zeroed();
        // SAFETY: the null pointers make the driver create connection and transport; on success it is whole.
        unsafe {
            let status =
                pn_connection_driver_init(raw.as_mut_ptr(), ptr::null_mut(), ptr::null_mut());
            assert_eq!(status, 0, "no memory for a connection driver");
            let driver = Self(raw.assume_init());
            pn_transport_set_max_frame(driver.0.transport, MAX_FRAME);
            driver
        }
    }

    pub(super) fn connection(&self) -> *mut pn_connection_t {
        self.0.connection
    }

    pub(super) fn transport(&self) -> *mut pn_transport_t {
        self.0.transport
    }

    /// The buffer for the next bytes of the peer; empty once no more are accepted.
    pub(super) fn input(&mut self) -> &mut [u8] {
        // SAFETY: the buffer belongs to the driver and lives until the next call on it, which needs `&mut self`; its users
        // read no more of it than they wrote.
        unsafe {
            let buffer = pn_connection_driver_read_buffer_sized(&mut self.0, MAX_FRAME as usize);
            match buffer.size {
                0 => &mut [],
                size => slice::from_raw_parts_mut(buffer.start.cast(), size),
            }
        }
    }

    /// Notes that `count` bytes were put into the buffer given out last.
    pub(super) fn input_done(&mut self, count: usize) {
        // SAFETY: they were written, by the caller.
        unsafe { pn_connection_driver_read_done(&mut self.0, count) }
    }

    /// The bytes for the peer.
    pub(super) fn output(&mut self) -> &[u8] {
        // SAFETY: they live until the next call on the driver, which needs `&mut self`.
        unsafe {
            let bytes = pn_connection_driver_write_buffer(&mut self.0);
            match bytes.size {
                0 => &[],
                size => slice::from_raw_parts(bytes.start.cast(), size),
            }
        }
    }

    /// Notes that `count` bytes of [`Self::output`] are on their way.
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

/// Appends what has arrived of the current message of a link; whether that is all of it.
///
/// # Safety
/// The link is live, and `delivery` is its current one.
pub(super) unsafe fn receive(
    link: *mut pn_link_t,
    delivery: *mut pn_delivery_t,
    message: &mut Vec<u8>,
) -> bool {
    // SAFETY: by the caller; `pending` bytes are free at `start`.
    unsafe {
        let (start, pending) = (message.len(), pn_delivery_pending(delivery));
        message.resize(start + pending, 0);
        let received = pn_link_recv(link, message[start..].as_mut_ptr().cast(), pending);
        message.truncate(start + usize::try_from(received).unwrap_or(0));
        !pn_delivery_partial(delivery)
    }
}

/// Sends a message.
///
/// # Safety
/// The link is a live sender.
pub(super) unsafe fn send(link: *mut pn_link_t, tag: u64, message: &[u8]) {
    let tag = tag.to_be_bytes();
    // SAFETY: by the caller; tag and message are copied.
    unsafe {
        pn_delivery(link, pn_bytes_t { size: tag.len(), start: tag.as_ptr().cast() });
        pn_link_send(link, message.as_ptr().cast(), message.len());
        pn_link_advance(link);
    }
}
