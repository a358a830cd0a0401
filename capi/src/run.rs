//! The requests of an operation: sending them, and the result of each.

use std::{
    ffi::{CString, c_char, c_int},
    ptr,
    sync::OnceLock,
};

use amqp_messenger::{
    Error, Run, Status,
    signing::{Entry, State, Verdict},
};

use crate::{
    Failure, attempt, borrow, borrow_mut, c_string, end, hand_over,
    operation::amqp_messenger_operation, signer::amqp_messenger_signer, status, with_sources,
};

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
}

/// The requests of an operation, and what is known of each.
pub struct amqp_messenger_run {
    run: Run,
    /// The values that C reads of each, made on demand.
    items: Vec<OnceLock<amqp_messenger_item>>,
}

/// One request of a run: for one item with one key, or in a batch for many images.
pub struct amqp_messenger_item {
    subject: CString,
    request_id: CString,
    state: c_int,
    status: u8,
    error: Option<CString>,
    reply: Option<CString>,
    values: Vec<CString>,
}

/// Checks an operation and makes its requests, each with its own id. Sends nothing. Free the run with
/// amqp_messenger_run_free.
///
/// The operation may be used for further runs, changed and freed.
///
/// Returns AMQP_MESSENGER_USAGE if the operation is wrong, AMQP_MESSENGER_CONFIG if no address can be formed for it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amqp_messenger_run_new(
    signer: *const amqp_messenger_signer,
    operation: *const amqp_messenger_operation,
    out: *mut *mut amqp_messenger_run,
) -> c_int {
    // SAFETY: the header's rules, as in the crate's root.
    status(|| unsafe {
        hand_over(out, || {
            let (signer, operation) = (borrow("signer", signer)?, borrow("operation", operation)?);
            let run = signer.0.prepare(&operation.complete()?)?;
            let items = run.entries().iter().map(|_| OnceLock::new()).collect();
            Ok(amqp_messenger_run { run, items })
        })
    })
}

/// Connects, sends the requests that are open, and waits for their replies, on the calling thread.
///
/// Without a reply it blocks for at most timeout x retries x send_retries seconds of the configuration, plus connecting
/// and sending, which have their own limits; each expected reply adds at most timeout. The configuration's deadline
/// limits all of it, and the signer's interrupt ends it at once.
///
/// Returns AMQP_MESSENGER_OK if everything is signed, or else the most severe status. Whatever it returns, the items
/// hold everything that was received. Items and strings that were read from the run before are no longer valid. A run
/// may be signed again: that continues with the requests that have no reply, except those that a broker does not accept
/// (AMQP_MESSENGER_UNDELIVERABLE). Make a new run once the reason is fixed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amqp_messenger_sign(
    signer: *const amqp_messenger_signer,
    run: *mut amqp_messenger_run,
) -> c_int {
    // SAFETY: the header's rules, as in the crate's root.
    status(|| unsafe {
        let (signer, run) = (borrow("signer", signer)?, borrow_mut("run", run)?);
        for item in &mut run.items {
            item.take();
        }
        let result = signer.0.sign(&mut run.run);
        match Status::of_run(&result, run.run.entries()) {
            Status::Signed => Ok(()),
            status => {
                Err(Failure { status: status.code(), text: summary(result, run.run.entries()) })
            }
        }
    })
}

/// Returns the number of requests of the run; 0 for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amqp_messenger_run_count(run: *const amqp_messenger_run) -> usize {
    // SAFETY: the header's rules, as in the crate's root.
    attempt(|| unsafe { Ok(borrow("run", run)?.items.len()) }).unwrap_or(0)
}

/// Returns a request of the run, in input order: for each item, each key. It is valid until the run is signed again
/// or freed. NULL if `index` is not below the count.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amqp_messenger_run_item(
    run: *const amqp_messenger_run,
    index: usize,
) -> *const amqp_messenger_item {
    // SAFETY: the header's rules, as in the crate's root.
    let item = attempt(|| unsafe {
        let run = borrow("run", run)?;
        let (entry, item) = (run.run.entries().get(index))
            .zip(run.items.get(index))
            .ok_or_else(|| beyond("index"))?;
        Ok(ptr::from_ref(item.get_or_init(|| amqp_messenger_item::of(entry))))
    });
    item.unwrap_or(ptr::null())
}

/// Frees a run, its items and their strings; NULL is ignored.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amqp_messenger_run_free(run: *mut amqp_messenger_run) {
    // SAFETY: the header's rules, as in the crate's root.
    unsafe { end(run) }
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

/// Returns a signed value, base64 as the signing server sent it; in a batch in the order of the images, and of the keys
/// for each image. Empty if it is missing or refused. NULL if `index` is not below the count.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amqp_messenger_item_value(
    item: *const amqp_messenger_item,
    index: usize,
) -> *const c_char {
    // SAFETY: the header's rules, as in the crate's root.
    let value = attempt(|| unsafe {
        borrow("item", item)?.values.get(index).ok_or_else(|| beyond("index"))
    });
    value.map_or(ptr::null(), |value| value.as_ptr())
}

unsafe fn text(
    item: *const amqp_messenger_item,
    field: impl FnOnce(&amqp_messenger_item) -> Option<&CString>,
) -> *const c_char {
    // SAFETY: the header's rules, as in the crate's root.
    let item = attempt(|| unsafe { borrow("item", item) });
    item.ok().and_then(field).map_or(ptr::null(), |text| text.as_ptr())
}

fn beyond(name: &str) -> Failure {
    Failure::usage(name, "is beyond the last")
}

impl amqp_messenger_item {
    fn of(entry: &Entry) -> Self {
        let request = entry.request();
        let values = entry.signed_values().iter().map(|value| c_string(value)).collect();
        Self {
            subject: c_string(&request.subject),
            request_id: c_string(&request.id),
            state: state(entry.state()) as c_int,
            status: Status::of_entry(entry).code(),
            error: problem(entry).map(|problem| c_string(&problem)),
            reply: entry.reply().map(|reply| c_string(&reply.document)),
            values,
        }
    }
}

fn state(state: &State) -> amqp_messenger_state {
    match state {
        State::NotSent => amqp_messenger_state::AMQP_MESSENGER_NOT_SENT,
        State::Sent => amqp_messenger_state::AMQP_MESSENGER_SENT,
        State::Accepted => amqp_messenger_state::AMQP_MESSENGER_ACCEPTED,
        State::Returned(_) | State::NotNow(_) => amqp_messenger_state::AMQP_MESSENGER_RETURNED,
        State::Undeliverable(_) => amqp_messenger_state::AMQP_MESSENGER_UNDELIVERABLE,
        State::Answered(_) => amqp_messenger_state::AMQP_MESSENGER_ANSWERED,
        // This much is certain of a state that this interface does not know.
        _ => amqp_messenger_state::AMQP_MESSENGER_SENT,
    }
}

/// Why a request is not signed.
fn problem(entry: &Entry) -> Option<String> {
    Some(match entry.state() {
        State::NotSent => "not sent".into(),
        State::Sent => "no reply, and the broker never confirmed the request".into(),
        State::Accepted => "no reply, although the broker accepted the request".into(),
        State::Returned(how) => format!("returned by the broker ({how})"),
        State::NotNow(condition) => format!("returned by the broker ({condition})"),
        State::Undeliverable(condition) => format!("not accepted by the broker: {condition}"),
        State::Answered(reply) => match &reply.verdict {
            Verdict::Signed => return None,
            Verdict::Refused { errors } => {
                format!("refused by the signing server: {}", errors.join("; "))
            }
            Verdict::Incomplete { missing } => {
                format!("the reply has no signature for {}", missing.join(", "))
            }
            Verdict::Unusable { problem } => format!("the reply is unusable: {problem}"),
            other => format!("the reply is not complete: {other:?}"),
        },
        other => format!("no reply ({other:?})"),
    })
}

/// Why a run did not sign everything: the error that ended it, or else the problem of the first request that is not
/// signed.
fn summary(result: Result<(), Error>, entries: &[Entry]) -> String {
    if let Err(error) = result {
        return with_sources(&error);
    }
    let mut problems = entries.iter().filter_map(|entry| Some((entry, problem(entry)?)));
    let Some((first, problem)) = problems.next() else { return String::new() };
    let (count, all) = (problems.count() + 1, entries.len());
    format!("{count} of {all} requests are not signed: {}: {problem}", first.request().subject)
}
