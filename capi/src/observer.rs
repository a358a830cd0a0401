//! What happens in a run, while it happens.

use std::{
    ffi::{c_char, c_int, c_void},
    io, ptr,
};

use amqp_messenger::{
    Error,
    signing::{Noted, Notice, Observer},
};

use crate::item::state;

/// What a notice is about.
#[repr(C)]
#[derive(Clone, Copy)]
pub enum amqp_messenger_notice_kind {
    /// A cycle begins: every open request is to be sent. `number`, `of` and `open` are set.
    AMQP_MESSENGER_NOTICE_CYCLE = 0,
    /// A window of the cycle begins: a wait for replies. `number`, `of` and `open` are set.
    AMQP_MESSENGER_NOTICE_WINDOW = 1,
    /// A request was handed over to the connection. `index` and `state` are set.
    AMQP_MESSENGER_NOTICE_SENT = 2,
    /// The broker disposed of a request. `index` and `state` are set.
    AMQP_MESSENGER_NOTICE_OUTCOME = 3,
    /// A reply has come; the broker does not know yet that the client has it. With a state file, the requests that were signed
    /// before are reported so at the beginning. `index`, `state`, `body` and `body_length` are set.
    AMQP_MESSENGER_NOTICE_REPLY = 4,
}

/// Something that happened in a run. What is not set is 0.
#[repr(C)]
pub struct amqp_messenger_notice {
    /// One of amqp_messenger_notice_kind; later versions may have more.
    pub kind: c_int,
    /// The number of the cycle, or of the window in its cycle, from 1.
    pub number: u32,
    /// How many of these there are at most.
    pub of: u32,
    /// How many requests are open.
    pub open: usize,
    /// The number of the request, as for amqp_messenger_run_item.
    pub index: usize,
    /// How far the request got, one of amqp_messenger_state.
    pub state: c_int,
    /// The reply by itself, JSON text as in the document, without a NUL at its end; valid only during the call.
    pub body: *const c_char,
    /// The number of its bytes.
    pub body_length: usize,
}

/// Functions that are called during a run, on its thread. Each holds up the run for as long as it takes. They must not
/// throw, longjmp or use the run.
#[repr(C)]
pub struct amqp_messenger_observer {
    /// Receives each notice, which is valid only during the call; NULL for none.
    pub notice:
        Option<unsafe extern "C" fn(notice: *const amqp_messenger_notice, user_data: *mut c_void)>,
    /// Makes sure that nothing is lost of what was noticed, whatever becomes of the process; NULL for none.
    ///
    /// It is called before the first request is sent, and again before the broker learns that replies have come: for
    /// several at once. Returns 0, or else an error number (errno), which ends the run with AMQP_MESSENGER_LOCAL_FILE: the
    /// replies since the last call stay at the broker, and in the run.
    pub secure: Option<unsafe extern "C" fn(user_data: *mut c_void) -> c_int>,
    /// Passed to both.
    pub user_data: *mut c_void,
}

impl Observer for amqp_messenger_observer {
    fn notice(&self, notice: Notice<'_>) {
        use amqp_messenger_notice_kind::*;
        let Some(callback) = self.notice else { return };
        let mut told = amqp_messenger_notice {
            kind: 0,
            number: 0,
            of: 0,
            open: 0,
            index: 0,
            state: 0,
            body: ptr::null(),
            body_length: 0,
        };
        let mut of_request = |noted: Noted<'_>, kind: amqp_messenger_notice_kind| {
            (told.kind, told.index) = (kind as c_int, noted.index);
            told.state = state(noted.entry.state()) as c_int;
        };
        match notice {
            Notice::Sent(noted) => of_request(noted, AMQP_MESSENGER_NOTICE_SENT),
            Notice::Outcome(noted) => of_request(noted, AMQP_MESSENGER_NOTICE_OUTCOME),
            Notice::Reply(noted, received) => {
                of_request(noted, AMQP_MESSENGER_NOTICE_REPLY);
                let body = received.body();
                (told.body, told.body_length) = (body.as_ptr().cast(), body.len());
            }
            Notice::Cycle { number, of, open } => {
                told.kind = AMQP_MESSENGER_NOTICE_CYCLE as c_int;
                (told.number, told.of, told.open) = (number, of, open);
            }
            Notice::Window { number, of, open, .. } => {
                told.kind = AMQP_MESSENGER_NOTICE_WINDOW as c_int;
                (told.number, told.of, told.open) = (number, of, open);
            }
            // This interface does not know it.
            _ => return,
        }
        // SAFETY: the caller's own function and pointer, as passed.
        unsafe { callback(&raw const told, self.user_data) }
    }

    fn secure(&self) -> Result<(), Error> {
        let Some(callback) = self.secure else { return Ok(()) };
        // SAFETY: the caller's own function and pointer, as passed.
        match unsafe { callback(self.user_data) } {
            0 => Ok(()),
            number => Err(Error::System {
                what: "make sure of what was noticed",
                source: io::Error::from_raw_os_error(number),
            }),
        }
    }

    fn secures(&self) -> bool {
        self.secure.is_some()
    }
}
