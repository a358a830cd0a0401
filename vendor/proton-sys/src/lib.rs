//! Declarations of the part of Qpid Proton's C interface that `amqp_messenger` and its benchmarks use.
//!
//! Hand-written, in the order of the headers, for Proton 0.37 to below 0.41, whose layouts and
//! constants are the same for all that is here; `tests/headers.rs` holds every line against the
//! installed headers. No safe code and no policy: the owner of these objects is the engine.
//!
//! Enumerations are C `int`s here. A Rust enum would make an unknown value from a newer library
//! undefined behaviour; a number can be matched with a catch-all.

#![allow(non_camel_case_types, missing_docs, unsafe_code)]

use core::ffi::{c_char, c_int, c_void};

macro_rules! opaque {
    ($($name:ident)*) => { $(
        #[repr(C)]
        pub struct $name { _private: [u8; 0], _not_send: core::marker::PhantomData<*mut u8> }
    )* };
}

// ---- types.h ----
opaque! { pn_connection_t pn_session_t pn_link_t pn_delivery_t pn_collector_t pn_transport_t }

pub type pn_sequence_t = u32;
pub type pn_millis_t = u32;
pub type pn_seconds_t = u32;
pub type pn_state_t = c_int;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct pn_bytes_t {
    pub size: usize,
    pub start: *const c_char,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct pn_rwbytes_t {
    pub size: usize,
    pub start: *mut c_char,
}

// ---- error.h ----
pub const PN_EOS: c_int = -1;
pub const PN_ABORTED: c_int = -11;

// ---- condition.h ----
opaque! { pn_condition_t }

// ---- codec.h ----
opaque! { pn_data_t }

pub type pn_type_t = c_int;
pub const PN_BOOL: pn_type_t = 2;
pub const PN_USHORT: pn_type_t = 5;
pub const PN_UINT: pn_type_t = 7;
pub const PN_INT: pn_type_t = 8;
pub const PN_ULONG: pn_type_t = 10;
pub const PN_LONG: pn_type_t = 11;
pub const PN_STRING: pn_type_t = 20;
pub const PN_SYMBOL: pn_type_t = 21;
pub const PN_ARRAY: pn_type_t = 23;
pub const PN_MAP: pn_type_t = 25;

// ---- terminus.h ----
opaque! { pn_terminus_t }

pub type pn_terminus_type_t = c_int;
pub const PN_UNSPECIFIED: pn_terminus_type_t = 0;

// ---- disposition.h ----
opaque! { pn_disposition_t }

pub const PN_RECEIVED: u64 = 0x23;
pub const PN_ACCEPTED: u64 = 0x24;
pub const PN_REJECTED: u64 = 0x25;
pub const PN_RELEASED: u64 = 0x26;
pub const PN_MODIFIED: u64 = 0x27;

// ---- delivery.h ----
pub type pn_delivery_tag_t = pn_bytes_t;

// ---- event.h ----
opaque! { pn_event_t }

pub type pn_event_type_t = c_int;
pub const PN_CONNECTION_REMOTE_OPEN: pn_event_type_t = 9;
pub const PN_CONNECTION_REMOTE_CLOSE: pn_event_type_t = 11;
pub const PN_SESSION_REMOTE_OPEN: pn_event_type_t = 15;
pub const PN_SESSION_REMOTE_CLOSE: pn_event_type_t = 17;
pub const PN_LINK_REMOTE_OPEN: pn_event_type_t = 21;
pub const PN_LINK_REMOTE_CLOSE: pn_event_type_t = 23;
pub const PN_LINK_REMOTE_DETACH: pn_event_type_t = 25;
pub const PN_LINK_FLOW: pn_event_type_t = 26;
pub const PN_DELIVERY: pn_event_type_t = 28;
pub const PN_TRANSPORT_ERROR: pn_event_type_t = 31;
pub const PN_TRANSPORT_TAIL_CLOSED: pn_event_type_t = 33;
pub const PN_TRANSPORT_CLOSED: pn_event_type_t = 34;

// ---- sasl.h ----
opaque! { pn_sasl_t }

pub type pn_sasl_outcome_t = c_int;
pub const PN_SASL_OK: pn_sasl_outcome_t = 0;
pub const PN_SASL_SYS: pn_sasl_outcome_t = 2;
pub const PN_SASL_TEMP: pn_sasl_outcome_t = 4;

// ---- logger.h ----
opaque! { pn_logger_t }

pub type pn_log_sink_t = Option<unsafe extern "C" fn(isize, c_int, c_int, *const c_char)>;

// ---- connection_driver.h ----
/// Movable: holds no pointer to itself.
#[repr(C)]
pub struct pn_connection_driver_t {
    pub connection: *mut pn_connection_t,
    pub transport: *mut pn_transport_t,
    pub collector: *mut pn_collector_t,
}

unsafe extern "C" {
    // ---- condition.h ----
    pub fn pn_condition_is_set(condition: *mut pn_condition_t) -> bool;
    pub fn pn_condition_get_name(condition: *mut pn_condition_t) -> *const c_char;
    pub fn pn_condition_set_name(condition: *mut pn_condition_t, name: *const c_char) -> c_int;
    pub fn pn_condition_get_description(condition: *mut pn_condition_t) -> *const c_char;
    pub fn pn_condition_set_description(
        condition: *mut pn_condition_t,
        description: *const c_char,
    ) -> c_int;
    pub fn pn_condition_info(condition: *mut pn_condition_t) -> *mut pn_data_t;

    // ---- codec.h ----
    pub fn pn_data_rewind(data: *mut pn_data_t);
    pub fn pn_data_next(data: *mut pn_data_t) -> bool;
    pub fn pn_data_type(data: *mut pn_data_t) -> pn_type_t;
    pub fn pn_data_enter(data: *mut pn_data_t) -> bool;
    pub fn pn_data_put_symbol(data: *mut pn_data_t, symbol: pn_bytes_t) -> c_int;
    pub fn pn_data_get_bool(data: *mut pn_data_t) -> bool;
    pub fn pn_data_get_ushort(data: *mut pn_data_t) -> u16;
    pub fn pn_data_get_uint(data: *mut pn_data_t) -> u32;
    pub fn pn_data_get_int(data: *mut pn_data_t) -> i32;
    pub fn pn_data_get_ulong(data: *mut pn_data_t) -> u64;
    pub fn pn_data_get_long(data: *mut pn_data_t) -> i64;
    pub fn pn_data_get_string(data: *mut pn_data_t) -> pn_bytes_t;
    pub fn pn_data_get_symbol(data: *mut pn_data_t) -> pn_bytes_t;

    // ---- connection.h ----
    pub fn pn_connection_set_user(connection: *mut pn_connection_t, user: *const c_char);
    pub fn pn_connection_set_password(connection: *mut pn_connection_t, password: *const c_char);
    pub fn pn_connection_set_container(connection: *mut pn_connection_t, container: *const c_char);
    pub fn pn_connection_set_hostname(connection: *mut pn_connection_t, hostname: *const c_char);
    pub fn pn_connection_open(connection: *mut pn_connection_t);
    pub fn pn_connection_close(connection: *mut pn_connection_t);
    pub fn pn_connection_remote_container(connection: *mut pn_connection_t) -> *const c_char;
    pub fn pn_connection_remote_condition(connection: *mut pn_connection_t) -> *mut pn_condition_t;
    pub fn pn_connection_remote_offered_capabilities(
        connection: *mut pn_connection_t,
    ) -> *mut pn_data_t;
    pub fn pn_connection_remote_properties(connection: *mut pn_connection_t) -> *mut pn_data_t;

    // ---- session.h ----
    pub fn pn_session(connection: *mut pn_connection_t) -> *mut pn_session_t;
    pub fn pn_session_open(session: *mut pn_session_t);
    pub fn pn_session_close(session: *mut pn_session_t);
    pub fn pn_session_remote_condition(session: *mut pn_session_t) -> *mut pn_condition_t;

    // ---- link.h ----
    pub fn pn_sender(session: *mut pn_session_t, name: *const c_char) -> *mut pn_link_t;
    pub fn pn_receiver(session: *mut pn_session_t, name: *const c_char) -> *mut pn_link_t;
    pub fn pn_link_open(link: *mut pn_link_t);
    pub fn pn_link_close(link: *mut pn_link_t);
    pub fn pn_link_is_sender(link: *mut pn_link_t) -> bool;
    pub fn pn_link_source(link: *mut pn_link_t) -> *mut pn_terminus_t;
    pub fn pn_link_target(link: *mut pn_link_t) -> *mut pn_terminus_t;
    pub fn pn_link_remote_source(link: *mut pn_link_t) -> *mut pn_terminus_t;
    pub fn pn_link_remote_target(link: *mut pn_link_t) -> *mut pn_terminus_t;
    pub fn pn_link_remote_condition(link: *mut pn_link_t) -> *mut pn_condition_t;
    pub fn pn_link_current(link: *mut pn_link_t) -> *mut pn_delivery_t;
    pub fn pn_link_advance(link: *mut pn_link_t) -> bool;
    pub fn pn_link_credit(link: *mut pn_link_t) -> c_int;
    pub fn pn_link_queued(link: *mut pn_link_t) -> c_int;
    pub fn pn_link_get_drain(link: *mut pn_link_t) -> bool;
    pub fn pn_link_drained(link: *mut pn_link_t) -> c_int;
    pub fn pn_link_flow(receiver: *mut pn_link_t, credit: c_int);
    pub fn pn_link_send(sender: *mut pn_link_t, bytes: *const c_char, n: usize) -> isize;
    pub fn pn_link_recv(receiver: *mut pn_link_t, bytes: *mut c_char, n: usize) -> isize;
    pub fn pn_link_remote_max_message_size(link: *mut pn_link_t) -> u64;

    // ---- terminus.h ----
    pub fn pn_terminus_get_type(terminus: *mut pn_terminus_t) -> pn_terminus_type_t;
    pub fn pn_terminus_set_address(terminus: *mut pn_terminus_t, address: *const c_char) -> c_int;
    pub fn pn_terminus_capabilities(terminus: *mut pn_terminus_t) -> *mut pn_data_t;
    pub fn pn_terminus_copy(terminus: *mut pn_terminus_t, source: *mut pn_terminus_t) -> c_int;

    // ---- delivery.h ----
    pub fn pn_delivery(link: *mut pn_link_t, tag: pn_delivery_tag_t) -> *mut pn_delivery_t;
    pub fn pn_delivery_get_context(delivery: *mut pn_delivery_t) -> *mut c_void;
    pub fn pn_delivery_set_context(delivery: *mut pn_delivery_t, context: *mut c_void);
    pub fn pn_delivery_link(delivery: *mut pn_delivery_t) -> *mut pn_link_t;
    pub fn pn_delivery_local(delivery: *mut pn_delivery_t) -> *mut pn_disposition_t;
    pub fn pn_delivery_remote(delivery: *mut pn_delivery_t) -> *mut pn_disposition_t;
    pub fn pn_delivery_remote_state(delivery: *mut pn_delivery_t) -> u64;
    pub fn pn_delivery_settled(delivery: *mut pn_delivery_t) -> bool;
    pub fn pn_delivery_pending(delivery: *mut pn_delivery_t) -> usize;
    pub fn pn_delivery_partial(delivery: *mut pn_delivery_t) -> bool;
    pub fn pn_delivery_aborted(delivery: *mut pn_delivery_t) -> bool;
    pub fn pn_delivery_abort(delivery: *mut pn_delivery_t);
    pub fn pn_delivery_update(delivery: *mut pn_delivery_t, state: u64);
    pub fn pn_delivery_settle(delivery: *mut pn_delivery_t);

    // ---- disposition.h ----
    pub fn pn_disposition_condition(disposition: *mut pn_disposition_t) -> *mut pn_condition_t;
    pub fn pn_disposition_is_undeliverable(disposition: *mut pn_disposition_t) -> bool;

    // ---- event.h ----
    pub fn pn_event_type(event: *mut pn_event_t) -> pn_event_type_t;
    pub fn pn_event_session(event: *mut pn_event_t) -> *mut pn_session_t;
    pub fn pn_event_link(event: *mut pn_event_t) -> *mut pn_link_t;
    pub fn pn_event_delivery(event: *mut pn_event_t) -> *mut pn_delivery_t;

    // ---- sasl.h ----
    pub fn pn_sasl(transport: *mut pn_transport_t) -> *mut pn_sasl_t;
    pub fn pn_sasl_allowed_mechs(sasl: *mut pn_sasl_t, mechs: *const c_char);
    pub fn pn_sasl_outcome(sasl: *mut pn_sasl_t) -> pn_sasl_outcome_t;
    pub fn pn_sasl_get_mech(sasl: *mut pn_sasl_t) -> *const c_char;
    pub fn pn_sasl_set_allow_insecure_mechs(sasl: *mut pn_sasl_t, insecure: bool);

    // ---- logger.h ----
    pub fn pn_logger_reset_mask(logger: *mut pn_logger_t, subsystem: u16, level: u16);
    pub fn pn_logger_set_log_sink(
        logger: *mut pn_logger_t,
        sink: pn_log_sink_t,
        sink_context: isize,
    );

    // ---- transport.h ----
    pub fn pn_transport_set_server(transport: *mut pn_transport_t);
    pub fn pn_transport_logger(transport: *mut pn_transport_t) -> *mut pn_logger_t;
    pub fn pn_transport_condition(transport: *mut pn_transport_t) -> *mut pn_condition_t;
    pub fn pn_transport_set_max_frame(transport: *mut pn_transport_t, size: u32);
    pub fn pn_transport_get_remote_max_frame(transport: *mut pn_transport_t) -> u32;
    pub fn pn_transport_set_idle_timeout(transport: *mut pn_transport_t, timeout: pn_millis_t);
    pub fn pn_transport_get_remote_idle_timeout(transport: *mut pn_transport_t) -> pn_millis_t;
    pub fn pn_transport_tick(transport: *mut pn_transport_t, now: i64) -> i64;

    // ---- connection_driver.h ----
    pub fn pn_connection_driver_init(
        driver: *mut pn_connection_driver_t,
        connection: *mut pn_connection_t,
        transport: *mut pn_transport_t,
    ) -> c_int;
    pub fn pn_connection_driver_read_buffer_sized(
        driver: *mut pn_connection_driver_t,
        n: usize,
    ) -> pn_rwbytes_t;
    pub fn pn_connection_driver_read_done(driver: *mut pn_connection_driver_t, n: usize);
    pub fn pn_connection_driver_read_close(driver: *mut pn_connection_driver_t);
    pub fn pn_connection_driver_write_buffer(driver: *mut pn_connection_driver_t) -> pn_bytes_t;
    pub fn pn_connection_driver_write_done(
        driver: *mut pn_connection_driver_t,
        n: usize,
    ) -> pn_bytes_t;
    pub fn pn_connection_driver_next_event(driver: *mut pn_connection_driver_t) -> *mut pn_event_t;
    pub fn pn_connection_driver_finished(driver: *mut pn_connection_driver_t) -> bool;
    pub fn pn_connection_driver_destroy(driver: *mut pn_connection_driver_t);
}
