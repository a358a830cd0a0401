//! What is to be signed, put together piece by piece.

use std::{
    ffi::{OsStr, c_char, c_int, c_void},
    fs,
    os::unix::ffi::OsStrExt,
    path::Path,
    slice,
};

use super::{Failure, borrow_mut, bytes, end, hand_over, optional_string, status, string};
use crate::{
    Error, Operation,
    signing::{BlobSign, ClearSign, ContainerSign, Keys, Text},
};

/// Something to be signed: container images, texts or blobs.
pub struct amqp_messenger_operation(pub(super) Operation);

/// Begins an operation that signs container images for a task. Add images and keys to it, and free it with
/// amqp_messenger_operation_free.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amqp_messenger_operation_container(
    task_id: *const c_char,
    out: *mut *mut amqp_messenger_operation,
) -> c_int {
    let make = |task_id| {
        let (digests, references) = (Vec::new(), Vec::new());
        Operation::Container(ContainerSign {
            digests,
            references,
            keys: Keys::default(),
            task_id,
            requester: None,
        })
    };
    // SAFETY: the header's rules, as in `super`.
    unsafe { begin(task_id, out, make) }
}

/// Begins an operation that signs texts for a task, so that text and signature form one readable document. Add
/// data or files and keys to it, and free it with amqp_messenger_operation_free.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amqp_messenger_operation_clear(
    task_id: *const c_char,
    out: *mut *mut amqp_messenger_operation,
) -> c_int {
    let make = |task_id| {
        let keys = Keys::default();
        Operation::Clear(ClearSign {
            inputs: Vec::new(),
            keys,
            task_id,
            repo: None,
            requester: None,
        })
    };
    // SAFETY: the header's rules, as in `super`.
    unsafe { begin(task_id, out, make) }
}

/// Begins an operation that makes detached signatures of blobs for a task. Add data or files and keys to it, and
/// free it with amqp_messenger_operation_free.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amqp_messenger_operation_blob(
    task_id: *const c_char,
    out: *mut *mut amqp_messenger_operation,
) -> c_int {
    let make = |task_id| {
        Operation::Blob(BlobSign {
            blobs: Vec::new(),
            keys: Keys::default(),
            task_id,
            requester: None,
        })
    };
    // SAFETY: the header's rules, as in `super`.
    unsafe { begin(task_id, out, make) }
}

/// Adds a key that every item is signed with: an id or an alias, of which the last 8 characters are sent.
///
/// `name` is the key's name or NULL: every key has one or none has; a clear text's has none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amqp_messenger_operation_add_key(
    operation: *mut amqp_messenger_operation,
    id: *const c_char,
    name: *const c_char,
) -> c_int {
    // SAFETY: the header's rules, as in `super`.
    status(|| unsafe {
        let operation = borrow_mut("operation", operation)?;
        let (id, name) = (string("id", id)?, optional_string("name", name)?);
        let keys = match &mut operation.0 {
            Operation::Clear(_) if name.is_some() => {
                return Err(Failure::usage("name", "is set: the keys of texts have no names"));
            }
            Operation::Container(ContainerSign { keys, .. })
            | Operation::Clear(ClearSign { keys, .. })
            | Operation::Blob(BlobSign { keys, .. }) => keys,
        };
        keys.ids.push(id);
        keys.names.extend(name);
        Ok(())
    })
}

/// Adds a container image: its digest, such as "sha256:...", and its reference, such as "registry/repository:tag".
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amqp_messenger_operation_add_image(
    operation: *mut amqp_messenger_operation,
    digest: *const c_char,
    reference: *const c_char,
) -> c_int {
    // SAFETY: the header's rules, as in `super`.
    status(|| unsafe {
        let operation = borrow_mut("operation", operation)?;
        let (digest, reference) = (string("digest", digest)?, string("reference", reference)?);
        match &mut operation.0 {
            Operation::Container(operation) => {
                operation.digests.push(digest);
                operation.references.push(reference);
                Ok(())
            }
            _ => Err(Failure::usage("operation", "signs no container images")),
        }
    })
}

/// Adds a text or a blob: `length` bytes, which are copied. `data` may be NULL where `length` is 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amqp_messenger_operation_add_data(
    operation: *mut amqp_messenger_operation,
    data: *const c_void,
    length: usize,
) -> c_int {
    // SAFETY: the header's rules, as in `super`; the bytes are there, as it asks for.
    status(|| unsafe {
        let operation = borrow_mut("operation", operation)?;
        let data = match (data.is_null(), length) {
            (true, 0) => &[],
            (true, _) => return Err(Failure::usage("data", "is NULL")),
            (false, _) if length > isize::MAX as usize => {
                return Err(Failure::usage("length", "is larger than memory"));
            }
            (false, _) => slice::from_raw_parts(data.cast::<u8>(), length),
        };
        add(&mut operation.0, data.to_vec())
    })
}

/// Adds the bytes of a file, which is read now, as a text or a blob.
///
/// Returns AMQP_MESSENGER_NO_INPUT where it cannot be read.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amqp_messenger_operation_add_file(
    operation: *mut amqp_messenger_operation,
    path: *const c_char,
) -> c_int {
    // SAFETY: the header's rules, as in `super`.
    status(|| unsafe {
        let operation = borrow_mut("operation", operation)?;
        let path = bytes(path).ok_or_else(|| Failure::usage("path", "is NULL"))?;
        let path = Path::new(OsStr::from_bytes(path));
        let data =
            fs::read(path).map_err(|source| Error::InputFile { path: path.into(), source })?;
        add(&mut operation.0, data)
    })
}

/// Says which repository the texts belong to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amqp_messenger_operation_set_repo(
    operation: *mut amqp_messenger_operation,
    repo: *const c_char,
) -> c_int {
    // SAFETY: the header's rules, as in `super`.
    status(|| unsafe {
        let operation = borrow_mut("operation", operation)?;
        let repo = string("repo", repo)?;
        match &mut operation.0 {
            Operation::Clear(operation) => operation.repo = Some(repo),
            _ => {
                return Err(Failure::usage(
                    "operation",
                    "signs no texts, and only they have a repository",
                ));
            }
        }
        Ok(())
    })
}

/// Frees an operation; NULL is passed over. Runs that were made from it do not need it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amqp_messenger_operation_free(operation: *mut amqp_messenger_operation) {
    // SAFETY: the header's rules, as in `super`.
    unsafe { end(operation) }
}

unsafe fn begin(
    task_id: *const c_char,
    out: *mut *mut amqp_messenger_operation,
    make: impl FnOnce(String) -> Operation,
) -> c_int {
    // SAFETY: the header's rules, as in `super`.
    status(|| unsafe {
        hand_over(out, || Ok(amqp_messenger_operation(make(string("task_id", task_id)?))))
    })
}

fn add(operation: &mut Operation, data: Vec<u8>) -> Result<(), Failure> {
    match operation {
        Operation::Container(_) => {
            return Err(Failure::usage("operation", "signs container images, not data"));
        }
        Operation::Clear(operation) => {
            operation
                .inputs
                .push(Text { shown: String::from_utf8_lossy(&data).into_owned(), bytes: data });
        }
        Operation::Blob(operation) => operation.blobs.push(data),
    }
    Ok(())
}
