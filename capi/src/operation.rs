//! Operations, built piece by piece.

use std::{
    ffi::{OsStr, c_char, c_int, c_void},
    os::unix::ffi::OsStrExt,
    path::Path,
    slice,
};

use amqp_messenger::{
    Error, Operation, files,
    signing::{Blob, Image, Items, Key, TaskId, Text},
};

use crate::{Failure, borrow_mut, bytes, end, hand_over, optional_string, status, string};

/// Something to sign: container images, texts or blobs.
pub struct amqp_messenger_operation {
    task_id: TaskId,
    keys: Vec<Key>,
    items: Items,
}

impl amqp_messenger_operation {
    /// The complete operation, which shares texts and blobs without copying them.
    pub(super) fn complete(&self) -> Result<Operation, Error> {
        Operation::new(self.task_id.clone(), self.keys.clone(), self.items.clone())
    }
}

/// Begins an operation that signs container images for a task. Add images and keys to it, and free it with
/// amqp_messenger_operation_free.
///
/// The task id becomes a part of an address: it is not empty and holds no wildcard (*, >, #), blank or control
/// character.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amqp_messenger_operation_container(
    task_id: *const c_char,
    out: *mut *mut amqp_messenger_operation,
) -> c_int {
    // SAFETY: the header's rules, as in the crate's root.
    unsafe { begin(task_id, Items::Images(Vec::new()), out) }
}

/// Begins an operation that signs texts for a task, so that text and signature form one readable document. Add
/// data or files and keys to it, and free it with amqp_messenger_operation_free.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amqp_messenger_operation_clear(
    task_id: *const c_char,
    out: *mut *mut amqp_messenger_operation,
) -> c_int {
    let items = Items::Texts { texts: Vec::new(), repo: None };
    // SAFETY: the header's rules, as in the crate's root.
    unsafe { begin(task_id, items, out) }
}

/// Begins an operation that makes detached signatures of blobs for a task. Add data or files and keys to it, and
/// free it with amqp_messenger_operation_free.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amqp_messenger_operation_blob(
    task_id: *const c_char,
    out: *mut *mut amqp_messenger_operation,
) -> c_int {
    // SAFETY: the header's rules, as in the crate's root.
    unsafe { begin(task_id, Items::Blobs(Vec::new()), out) }
}

/// Adds a key that every item is signed with: an id, of which the last 8 characters are sent, or an alias.
///
/// `name` is the key's name or NULL: either every key has a name or none has; the keys of texts have none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amqp_messenger_operation_add_key(
    operation: *mut amqp_messenger_operation,
    id: *const c_char,
    name: *const c_char,
) -> c_int {
    // SAFETY: the header's rules, as in the crate's root.
    status(|| unsafe {
        let operation = borrow_mut("operation", operation)?;
        let (id, name) = (string("id", id)?, optional_string("name", name)?);
        if name.is_some() && matches!(operation.items, Items::Texts { .. }) {
            return Err(Failure::usage("name", "is set: the keys of texts have no names"));
        }
        operation.keys.push(match name {
            Some(name) => Key::named(id, name)?,
            None => Key::new(id)?,
        });
        Ok(())
    })
}

/// Adds a container image: its digest, "sha256:" and 64 hex digits, and its reference, such as "registry/repository:tag".
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amqp_messenger_operation_add_image(
    operation: *mut amqp_messenger_operation,
    digest: *const c_char,
    reference: *const c_char,
) -> c_int {
    // SAFETY: the header's rules, as in the crate's root.
    status(|| unsafe {
        let operation = borrow_mut("operation", operation)?;
        let (digest, reference) = (string("digest", digest)?, string("reference", reference)?);
        match &mut operation.items {
            Items::Images(images) => images.push(Image::new(digest, reference)?),
            _ => return Err(Failure::usage("operation", "signs no container images")),
        }
        Ok(())
    })
}

/// Adds a text or a blob: `length` bytes, at most 1 GiB, which are copied. `data` may be NULL if `length` is 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amqp_messenger_operation_add_data(
    operation: *mut amqp_messenger_operation,
    data: *const c_void,
    length: usize,
) -> c_int {
    // SAFETY: the header's rules, as in the crate's root; the bytes exist, as it requires.
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
        add(operation, data.to_vec())
    })
}

/// Adds a file as a text or a blob. Its bytes are read when its requests are sent, and must not change until then; what
/// can be read only once, such as a pipe, is read now.
///
/// Returns AMQP_MESSENGER_NO_INPUT if it cannot be read.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amqp_messenger_operation_add_file(
    operation: *mut amqp_messenger_operation,
    path: *const c_char,
) -> c_int {
    // SAFETY: the header's rules, as in the crate's root.
    status(|| unsafe {
        let operation = borrow_mut("operation", operation)?;
        let path = bytes(path).ok_or_else(|| Failure::usage("path", "is NULL"))?;
        let path = Path::new(OsStr::from_bytes(path));
        match &mut operation.items {
            Items::Texts { texts, .. } => texts.push(files::text(path)?),
            Items::Blobs(blobs) => blobs.push(files::blob(path)?),
            _ => return Err(no_data()),
        }
        Ok(())
    })
}

/// Sets the repository that the texts belong to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amqp_messenger_operation_set_repo(
    operation: *mut amqp_messenger_operation,
    repo: *const c_char,
) -> c_int {
    // SAFETY: the header's rules, as in the crate's root.
    status(|| unsafe {
        let operation = borrow_mut("operation", operation)?;
        let repo = string("repo", repo)?;
        match &mut operation.items {
            Items::Texts { repo: texts_repo, .. } => *texts_repo = Some(repo),
            _ => {
                let problem = "signs no texts, and only they have a repository";
                return Err(Failure::usage("operation", problem));
            }
        }
        Ok(())
    })
}

/// Frees an operation; NULL is ignored. Runs that were made from it do not need it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn amqp_messenger_operation_free(operation: *mut amqp_messenger_operation) {
    // SAFETY: the header's rules, as in the crate's root.
    unsafe { end(operation) }
}

unsafe fn begin(
    task_id: *const c_char,
    items: Items,
    out: *mut *mut amqp_messenger_operation,
) -> c_int {
    // SAFETY: the header's rules, as in the crate's root.
    status(|| unsafe {
        hand_over(out, || {
            let task_id = TaskId::new(string("task_id", task_id)?)?;
            Ok(amqp_messenger_operation { task_id, keys: Vec::new(), items })
        })
    })
}

fn add(operation: &mut amqp_messenger_operation, data: Vec<u8>) -> Result<(), Failure> {
    match &mut operation.items {
        Items::Texts { texts, .. } => texts.push(Text::new(data)?),
        Items::Blobs(blobs) => blobs.push(Blob::new(data)?),
        _ => return Err(no_data()),
    }
    Ok(())
}

fn no_data() -> Failure {
    Failure::usage("operation", "signs container images, not data")
}
