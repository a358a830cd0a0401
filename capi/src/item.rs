//! One request of a run: its result, and its signed values.

use std::{
    ffi::{CString, c_char, c_int},
    ptr,
};

use amqp_messenger::{
    Status,
    signing::{Entry, SignedValue, State, Verdict},
};

use crate::{Failure, attempt, borrow, c_string};

/// How far a request got.
#[repr(C)]
pub enum amqp_messenger_state {
    /// It was not sent.
    AMQP_MESSENGER_NOT_SENT = 0,
    /// It was sent, and the broker has not confirmed it.
    AMQP_MESSENGER_SENT = 1,
    /// The broker has accepted it; no reply has come.
    AMQP_MESSENGER_ACCEPTED = 2,
    /// The broker returned it; signing the run again sends it again.
    AMQP_MESSENGER_RETURNED = 3,
    /// The broker does not accept it; signing again does not help.
    AMQP_MESSENGER_UNDELIVERABLE = 4,
    /// A reply has come.
    AMQP_MESSENGER_ANSWERED = 5,
    /// A reply has come that was longer than max_message_size, and was rejected.
    AMQP_MESSENGER_REPLY_TOO_LARGE = 6,
}

/// One request of a run: for one item with one key, or in a batch for many images.
pub struct amqp_messenger_item {
    subject: CString,
    request_id: CString,
    state: c_int,
    status: u8,
    error: Option<CString>,
    reply: Option<CString>,
    values: Vec<Value>,
}

/// A signed value, and what it signs.
struct Value {
    text: CString,
    digest: Option<CString>,
    reference: Option<CString>,
    key: CString,
    key_name: Option<CString>,
}

/// Returns what the request asks for, in words, such as "blob 1 key 55A34A82". This string and all others of an item
/// are valid as long as the item. NULL for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amqp_messenger_item_subject(
    item: *const amqp_messenger_item,
) -> *const c_char {
    // SAFETY: the header's rules, as in the crate's root.
    unsafe { text(item, |item| Some(&item.subject)) }
}

/// Returns the request's id, a UUID.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amqp_messenger_item_request_id(
    item: *const amqp_messenger_item,
) -> *const c_char {
    // SAFETY: the header's rules, as in the crate's root.
    unsafe { text(item, |item| Some(&item.request_id)) }
}

/// Returns how far the request got, one of amqp_messenger_state; -1 for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amqp_messenger_item_state(item: *const amqp_messenger_item) -> c_int {
    // SAFETY: the header's rules, as in the crate's root.
    attempt(|| unsafe { Ok(borrow("item", item)?.state) }).unwrap_or(-1)
}

/// Returns the result of the request: AMQP_MESSENGER_OK, AMQP_MESSENGER_REFUSED, AMQP_MESSENGER_BAD_REPLY or
/// AMQP_MESSENGER_UNANSWERED; AMQP_MESSENGER_USAGE for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amqp_messenger_item_status(item: *const amqp_messenger_item) -> c_int {
    // SAFETY: the header's rules, as in the crate's root.
    attempt(|| unsafe { Ok(borrow("item", item)?.status) }).unwrap_or_else(|status| status).into()
}

/// Returns why the request is not signed, with the words of the broker and the signing server; NULL if it is signed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amqp_messenger_item_error(
    item: *const amqp_messenger_item,
) -> *const c_char {
    // SAFETY: the header's rules, as in the crate's root.
    unsafe { text(item, |item| item.error.as_ref()) }
}

/// Returns the reply as the JSON text of a list: the whole reply, then its application properties or null. It is
/// ASCII. NULL if none has come.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amqp_messenger_item_reply(
    item: *const amqp_messenger_item,
) -> *const c_char {
    // SAFETY: the header's rules, as in the crate's root.
    unsafe { text(item, |item| item.reply.as_ref()) }
}

/// Returns the number of signed values that the request asks for: one, or in a batch one for each image and key; 0 for
/// NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amqp_messenger_item_value_count(
    item: *const amqp_messenger_item,
) -> usize {
    // SAFETY: the header's rules, as in the crate's root.
    attempt(|| unsafe { Ok(borrow("item", item)?.values.len()) }).unwrap_or(0)
}

/// Returns a signed value, base64 on one line; in a batch in the order of the images, and of the keys for each image.
/// Empty if it is missing, refused or unusable. NULL if `index` is not below the count.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amqp_messenger_item_value(
    item: *const amqp_messenger_item,
    index: usize,
) -> *const c_char {
    // SAFETY: the header's rules, as in the crate's root.
    unsafe { of_value(item, index, |value| Some(&value.text)) }
}

/// Returns the digest of the image that a signed value is for. NULL if it is not for an image, or `index` is not below
/// the count.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amqp_messenger_item_value_digest(
    item: *const amqp_messenger_item,
    index: usize,
) -> *const c_char {
    // SAFETY: the header's rules, as in the crate's root.
    unsafe { of_value(item, index, |value| value.digest.as_ref()) }
}

/// Returns the reference of the image that a signed value is for. NULL if it is not for an image, or `index` is not
/// below the count.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amqp_messenger_item_value_reference(
    item: *const amqp_messenger_item,
    index: usize,
) -> *const c_char {
    // SAFETY: the header's rules, as in the crate's root.
    unsafe { of_value(item, index, |value| value.reference.as_ref()) }
}

/// Returns the key that a signed value is by, its id or alias as it was added. NULL if `index` is not below the count.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amqp_messenger_item_value_key(
    item: *const amqp_messenger_item,
    index: usize,
) -> *const c_char {
    // SAFETY: the header's rules, as in the crate's root.
    unsafe { of_value(item, index, |value| Some(&value.key)) }
}

/// Returns the name of the key that a signed value is by, as it was added. NULL if it has none, or `index` is not below
/// the count.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amqp_messenger_item_value_key_name(
    item: *const amqp_messenger_item,
    index: usize,
) -> *const c_char {
    // SAFETY: the header's rules, as in the crate's root.
    unsafe { of_value(item, index, |value| value.key_name.as_ref()) }
}

unsafe fn text(
    item: *const amqp_messenger_item,
    field: impl FnOnce(&amqp_messenger_item) -> Option<&CString>,
) -> *const c_char {
    // SAFETY: the header's rules, as in the crate's root.
    let item = attempt(|| unsafe { borrow("item", item) });
    item.ok().and_then(field).map_or(ptr::null(), |text| text.as_ptr())
}

unsafe fn of_value(
    item: *const amqp_messenger_item,
    index: usize,
    field: impl FnOnce(&Value) -> Option<&CString>,
) -> *const c_char {
    // SAFETY: the header's rules, as in the crate's root.
    let value = attempt(|| unsafe {
        borrow("item", item)?.values.get(index).ok_or_else(|| beyond("index"))
    });
    value.ok().and_then(field).map_or(ptr::null(), |text| text.as_ptr())
}

pub(super) fn beyond(name: &str) -> Failure {
    Failure::usage(name, "is beyond the last")
}

impl amqp_messenger_item {
    pub(super) fn of(entry: &Entry) -> Self {
        let request = entry.request();
        let values = entry.signed_values().iter().map(Value::of).collect();
        Self {
            subject: c_string(&request.subject()),
            request_id: c_string(&request.id.to_string()),
            state: state(entry.state()) as c_int,
            status: Status::of_entry(entry).code(),
            error: problem(entry).map(|problem| c_string(&problem)),
            reply: entry.reply().map(|reply| c_string(&reply.document)),
            values,
        }
    }
}

impl Value {
    fn of(value: &SignedValue<'_>) -> Self {
        Self {
            text: c_string(value.as_str()),
            digest: value.digest().map(c_string),
            reference: value.reference().map(c_string),
            key: c_string(value.key().id()),
            key_name: value.key().name().map(c_string),
        }
    }
}

pub(super) fn state(state: &State) -> amqp_messenger_state {
    match state {
        State::NotSent => amqp_messenger_state::AMQP_MESSENGER_NOT_SENT,
        State::Sent => amqp_messenger_state::AMQP_MESSENGER_SENT,
        State::Accepted => amqp_messenger_state::AMQP_MESSENGER_ACCEPTED,
        State::Returned(_) | State::NotNow(_) => amqp_messenger_state::AMQP_MESSENGER_RETURNED,
        State::Undeliverable(_) => amqp_messenger_state::AMQP_MESSENGER_UNDELIVERABLE,
        State::Answered(_) => amqp_messenger_state::AMQP_MESSENGER_ANSWERED,
        State::ReplyTooLarge(_) => amqp_messenger_state::AMQP_MESSENGER_REPLY_TOO_LARGE,
        // This much is certain of a state that this interface does not know.
        _ => amqp_messenger_state::AMQP_MESSENGER_SENT,
    }
}

/// Why a request is not signed.
pub(super) fn problem(entry: &Entry) -> Option<String> {
    if let (State::Sent | State::Accepted, Some(reply)) = (entry.state(), entry.reply()) {
        return of_verdict(&reply.verdict);
    }
    Some(match entry.state() {
        State::NotSent => "not sent".into(),
        State::Sent => "no reply, and the broker never confirmed the request".into(),
        State::Accepted => "no reply, although the broker accepted the request".into(),
        State::Returned(how) => format!("returned by the broker ({how})"),
        State::NotNow(condition) => format!("returned by the broker ({condition})"),
        State::Undeliverable(condition) => format!("not accepted by the broker: {condition}"),
        State::ReplyTooLarge(size) => {
            format!("the reply was rejected: it has {size} bytes, more than max_message_size")
        }
        State::Answered(reply) => return of_verdict(&reply.verdict),
        other => format!("no reply ({other:?})"),
    })
}

fn of_verdict(verdict: &Verdict) -> Option<String> {
    Some(match verdict {
        Verdict::Signed => return None,
        Verdict::Refused { errors } => {
            format!("refused by the signing server: {}", errors.join("; "))
        }
        Verdict::Incomplete { missing } => {
            format!("the reply has no signature for {}", missing.join(", "))
        }
        Verdict::Pending { status } => format!("the signing server is not done: {status}"),
        Verdict::Unusable { problem } => format!("the reply is unusable: {problem}"),
        Verdict::Unverified { problems } => {
            format!("the signature is not verified: {}", problems.join("; "))
        }
        other => format!("the reply is not complete: {other:?}"),
    })
}
