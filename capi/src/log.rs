//! The log, passed to a function of the caller.

use std::{
    ffi::{c_char, c_int, c_void},
    sync::{PoisonError, RwLock},
};

use log::{LevelFilter, Log, Metadata, Record};

use crate::{Failure, c_line, status};

/// How much is logged, and how severe a line is.
#[repr(C)]
pub enum amqp_messenger_log_level {
    /// Nothing.
    AMQP_MESSENGER_LOG_OFF = 0,
    /// What went wrong.
    AMQP_MESSENGER_LOG_ERROR = 1,
    /// What may go wrong, or is unsafe.
    AMQP_MESSENGER_LOG_WARNING = 2,
    /// What happens, and how long it may take.
    AMQP_MESSENGER_LOG_INFO = 3,
    /// Connects, cycles and windows.
    AMQP_MESSENGER_LOG_DEBUG = 4,
    /// The requests themselves.
    AMQP_MESSENGER_LOG_TRACE = 5,
}

/// Receives one line of the log and its level, one of amqp_messenger_log_level. The line has no line end and is valid
/// only during the call.
pub type amqp_messenger_log_callback =
    Option<unsafe extern "C" fn(level: c_int, message: *const c_char, user_data: *mut c_void)>;

#[derive(Clone, Copy)]
struct Sink {
    callback: unsafe extern "C" fn(c_int, *const c_char, *mut c_void),
    user_data: *mut c_void,
}

// SAFETY: the pointer is only passed back to the caller's function; the header says on which threads.
unsafe impl Send for Sink {}
// SAFETY: as above.
unsafe impl Sync for Sink {}

static SINK: RwLock<Option<Sink>> = RwLock::new(None);

struct Callback;

/// Passes every line of the log up to `level`, one of amqp_messenger_log_level, to `callback`, for the whole process;
/// NULL as the callback ends that. Nothing is logged before. The configuration's log_level is ignored.
///
/// The callback runs on the threads that call this library, on several at once if several do, and gets `user_data`.
/// It must not throw, longjmp or call this library. It may still be running on another thread when this function
/// returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amqp_messenger_set_log(
    level: c_int,
    callback: amqp_messenger_log_callback,
    user_data: *mut c_void,
) -> c_int {
    status(|| {
        let levels = [LevelFilter::Off, LevelFilter::Error, LevelFilter::Warn].into_iter().chain([
            LevelFilter::Info,
            LevelFilter::Debug,
            LevelFilter::Trace,
        ]);
        let wrong = || {
            Failure::usage(
                "level",
                &format!("is {level}: expected one of amqp_messenger_log_level"),
            )
        };
        let filter = levels.into_iter().find(|known| *known as c_int == level).ok_or_else(wrong)?;
        let sink = callback.map(|callback| Sink { callback, user_data });
        let filter = if sink.is_some() { filter } else { LevelFilter::Off };
        *SINK.write().unwrap_or_else(PoisonError::into_inner) = sink;
        // Fails if a logger is set already; from the second call on, that is this logger.
        let _ = log::set_logger(&Callback);
        log::set_max_level(filter);
        Ok(())
    })
}

impl Log for Callback {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        let sink = *SINK.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(Sink { callback, user_data }) = sink {
            let message = c_line(&record.args().to_string());
            // SAFETY: the caller's own function and pointer, as passed.
            unsafe { callback(record.level() as c_int, message.as_ptr(), user_data) }
        }
    }

    fn flush(&self) {}
}
