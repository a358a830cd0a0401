//! The requests of an operation: sending them, and finding the result of each.

use std::{
    ffi::{OsStr, c_char, c_int},
    os::unix::ffi::OsStrExt,
    path::Path,
    ptr,
    sync::OnceLock,
};

use amqp_messenger::{
    Error, Run, Status,
    signing::{Entry, Observer},
};

use crate::{
    Failure, attempt, borrow, borrow_mut, bytes, end, hand_over,
    item::{amqp_messenger_item, beyond, problem},
    observer::amqp_messenger_observer,
    operation::amqp_messenger_operation,
    signer::amqp_messenger_signer,
    status, with_sources,
};

/// The requests of an operation, and what is known of each.
pub struct amqp_messenger_run {
    run: Run,
    /// The values that C reads of each, made on demand.
    items: Vec<OnceLock<amqp_messenger_item>>,
    /// Where the values are, in the order of the input: the item, and its value.
    places: Vec<(usize, usize)>,
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
            Ok(signer.0.prepare(&operation.complete()?)?.into())
        })
    })
}

/// As amqp_messenger_run_new, with a file that remembers the requests and their replies: whatever ends a run, it goes on
/// when the same operation is made a run with the same file. What is signed is not asked for again.
///
/// The file is made if it is missing, and locked until the run is freed. Requests are on disk before the first is sent, and
/// replies before the broker learns that they came. If everything is signed, amqp_messenger_sign connects to nothing.
///
/// Also returns AMQP_MESSENGER_CONFIG if the file is damaged, belongs to another operation or is no regular file,
/// AMQP_MESSENGER_UNANSWERED if another process or run has it, and AMQP_MESSENGER_LOCAL_FILE if it cannot be read or written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amqp_messenger_run_new_with_state(
    signer: *const amqp_messenger_signer,
    operation: *const amqp_messenger_operation,
    state_file: *const c_char,
    out: *mut *mut amqp_messenger_run,
) -> c_int {
    // SAFETY: the header's rules, as in the crate's root.
    status(|| unsafe {
        hand_over(out, || {
            let (signer, operation) = (borrow("signer", signer)?, borrow("operation", operation)?);
            let file = bytes(state_file).ok_or_else(|| Failure::usage("state_file", "is NULL"))?;
            let file = Path::new(OsStr::from_bytes(file));
            Ok(signer.0.prepare_with_state(&operation.complete()?, file)?.into())
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
    status(|| unsafe { sign(signer, run, &()) })
}

/// As amqp_messenger_sign, with functions that are called while it happens; `observer` is only read.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amqp_messenger_sign_observed(
    signer: *const amqp_messenger_signer,
    run: *mut amqp_messenger_run,
    observer: *const amqp_messenger_observer,
) -> c_int {
    // SAFETY: the header's rules, as in the crate's root.
    status(|| unsafe { sign(signer, run, borrow("observer", observer)?) })
}

unsafe fn sign(
    signer: *const amqp_messenger_signer,
    run: *mut amqp_messenger_run,
    observer: &dyn Observer,
) -> Result<(), Failure> {
    // SAFETY: the header's rules, as in the crate's root.
    let (signer, run) = unsafe { (borrow("signer", signer)?, borrow_mut("run", run)?) };
    for item in &mut run.items {
        item.take();
    }
    let result = signer.0.sign_observed(&mut run.run, observer);
    match Status::of_run(&result, run.run.entries()) {
        Status::Signed => Ok(()),
        status => Err(Failure { status: status.code(), text: summary(result, run.run.entries()) }),
    }
}

impl From<Run> for amqp_messenger_run {
    fn from(run: Run) -> Self {
        let items = run.entries().iter().map(|_| OnceLock::new()).collect();
        let places = run.places().collect();
        Self { run, items, places }
    }
}

/// Returns the number of requests of the run; 0 for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amqp_messenger_run_count(run: *const amqp_messenger_run) -> usize {
    // SAFETY: the header's rules, as in the crate's root.
    attempt(|| unsafe { Ok(borrow("run", run)?.items.len()) }).unwrap_or(0)
}

/// Returns a request of the run, in the order in which they are sent: for each item, each key; batches are grouped by
/// repository, so use amqp_messenger_run_value for values in the order of the input. It is valid until the run is
/// signed again or freed. NULL if `index` is not below the count.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amqp_messenger_run_item(
    run: *const amqp_messenger_run,
    index: usize,
) -> *const amqp_messenger_item {
    // SAFETY: the header's rules, as in the crate's root.
    let item = attempt(|| unsafe { item_at(borrow("run", run)?, index) });
    item.unwrap_or(ptr::null())
}

/// Returns the number of signed values that the run asks for: one for each item and key; 0 for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amqp_messenger_run_value_count(run: *const amqp_messenger_run) -> usize {
    // SAFETY: the header's rules, as in the crate's root.
    attempt(|| unsafe { Ok(borrow("run", run)?.places.len()) }).unwrap_or(0)
}

/// Finds a signed value in the order of the input: for each item, each key. Returns the request that asks for it, and
/// stores in `value` which of its values it is, for amqp_messenger_item_value.
///
/// An image that was added twice is asked for once, and found twice. The item is valid until the run is signed again or
/// freed. NULL if `index` is not below the count, or `value` is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amqp_messenger_run_value(
    run: *const amqp_messenger_run,
    index: usize,
    value: *mut usize,
) -> *const amqp_messenger_item {
    // SAFETY: the header's rules, as in the crate's root.
    let item = attempt(|| unsafe {
        let (run, value) = (borrow("run", run)?, borrow_mut("value", value)?);
        let (item, position) = *run.places.get(index).ok_or_else(|| beyond("index"))?;
        *value = position;
        item_at(run, item)
    });
    item.unwrap_or(ptr::null())
}

/// Frees a run, its items and their strings; NULL is ignored.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amqp_messenger_run_free(run: *mut amqp_messenger_run) {
    // SAFETY: the header's rules, as in the crate's root.
    unsafe { end(run) }
}

fn item_at(run: &amqp_messenger_run, index: usize) -> Result<*const amqp_messenger_item, Failure> {
    let (entry, item) =
        (run.run.entries().get(index)).zip(run.items.get(index)).ok_or_else(|| beyond("index"))?;
    Ok(ptr::from_ref(item.get_or_init(|| amqp_messenger_item::of(entry))))
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
    format!("{count} of {all} requests are not signed: {}: {problem}", first.request().subject())
}
