//! Operations: what is to be signed.

mod data;
mod digest;
mod fits;
mod image;
mod key;
mod keys;
mod path;
mod reference;
mod task_id;

use crate::error::{Argument, Error};

pub use data::{Blob, Text};
pub use digest::Digest;
pub use image::Image;
pub use key::Key;
pub(super) use keys::KeySets;
pub use reference::Reference;
pub use task_id::TaskId;

/// Something to sign: every item with every key, for a task.
///
/// ```
/// use amqp_messenger::{Operation, signing::{Blob, Items, Key, TaskId}};
///
/// let blobs = Items::Blobs(vec![Blob::new("release 1.0")?]);
/// let operation = Operation::new(TaskId::new("1234")?, vec![Key::new("55A34A82")?], blobs)?;
/// assert_eq!(operation.task_id().as_str(), "1234");
/// # Ok::<(), amqp_messenger::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    task_id: TaskId,
    keys: KeySets,
    items: Items,
    /// Whether an image that is given twice is asked for twice.
    repeats: bool,
}

/// The items of an operation, all of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Items {
    /// Container images.
    Images(Vec<Image>),
    /// Texts: text and signature form one readable document.
    Texts {
        /// The texts.
        texts: Vec<Text>,
        /// The repository that the texts belong to.
        repo: Option<String>,
    },
    /// Blobs, which get detached signatures.
    Blobs(Vec<Blob>),
}

impl Items {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Images(images) => images.len(),
            Self::Texts { texts, .. } => texts.len(),
            Self::Blobs(blobs) => blobs.len(),
        }
    }
}

impl Operation {
    /// Checks the parts together; each by itself is valid already.
    ///
    /// # Errors
    /// [`Error::Argument`] if there is no item or no key, or if some keys have names and others have none.
    pub fn new(task_id: TaskId, keys: Vec<Key>, items: Items) -> Result<Self, Error> {
        let (argument, what) = match &items {
            Items::Images(_) => (Argument::Images, "digest and reference"),
            Items::Texts { .. } => (Argument::Texts, "text"),
            Items::Blobs(_) => (Argument::Blobs, "blob"),
        };
        if items.len() == 0 {
            return Err(Error::argument(
                argument,
                format!("nothing to sign: expected at least one {what}"),
            ));
        }
        keys::check(&keys)?;
        Ok(Self { task_id, keys: KeySets::new(keys), items, repeats: false })
    }

    /// Returns the task that the signatures are for.
    pub fn task_id(&self) -> &TaskId {
        &self.task_id
    }

    /// Gives the item with this number, from 0, keys of its own, instead of those of the operation. None at all means that
    /// the item is not to be signed.
    ///
    /// # Errors
    /// [`Error::Argument`] if some of the keys have names and others have none.
    ///
    /// # Panics
    /// If there is no such item.
    pub fn set_keys(&mut self, item: usize, keys: Vec<Key>) -> Result<(), Error> {
        assert!(
            item < self.items.len(),
            "an operation of {} items has no {item}",
            self.items.len()
        );
        keys::check_names(&keys)?;
        self.keys.set(item, keys);
        Ok(())
    }

    /// Returns the keys as given, aliases unresolved; at least one. Items may have others: [`Operation::keys_of`].
    pub fn keys(&self) -> &[Key] {
        self.keys.common()
    }

    /// Returns the keys of an item, as given: its own, or those of the operation.
    pub fn keys_of(&self, item: usize) -> &[Key] {
        self.keys.of(item)
    }

    /// The keys of all items, those of the operation first; some may be there more than once.
    #[cfg(feature = "verify")]
    pub(crate) fn all_keys(&self) -> impl Iterator<Item = &Key> {
        self.keys.all().iter().flatten()
    }

    /// The different lists of keys: first those of the operation, then those that items have of their own.
    pub(super) fn key_sets(&self) -> &KeySets {
        &self.keys
    }

    /// Makes an image that is given twice be asked for twice, as pubtools-sign does. A batch asks once.
    #[cfg(any(feature = "cli", test))]
    pub(crate) fn repeating(self) -> Self {
        Self { repeats: true, ..self }
    }

    pub(super) fn repeats(&self) -> bool {
        self.repeats
    }

    /// Returns the items to sign; at least one.
    pub fn items(&self) -> &Items {
        &self.items
    }

    /// Returns the fields that an address template may name; `None` for those that the user did not give.
    pub(crate) fn fields(&self, requester: Option<&str>) -> Vec<(&'static str, Option<String>)> {
        let mut fields = vec![
            ("task_id", Some(self.task_id.to_string())),
            ("requester", requester.map(str::to_owned)),
        ];
        if let Items::Texts { repo, .. } = &self.items {
            fields.push(("repo", repo.clone()));
        }
        fields
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operation(items: Items, keys: &[(&str, Option<&str>)]) -> Result<Operation, Error> {
        let key = |&(id, name): &(&str, Option<&str>)| match name {
            Some(name) => Key::named(id, name),
            None => Key::new(id),
        };
        let keys = keys.iter().map(key).collect::<Result<_, _>>()?;
        Operation::new(TaskId::new("7")?, keys, items)
    }

    fn image() -> Items {
        Items::Images(vec![Image::lenient("sha256:1", "host:5000/ns/repo@sha256:1").unwrap()])
    }

    fn texts(texts: Vec<Text>) -> Items {
        Items::Texts { texts, repo: Some("ns/repo".to_owned()) }
    }

    #[test]
    fn valid_operations_are_accepted() {
        for keys in [&[("K", None), ("L", None)], &[("K", Some("k")), ("L", Some(""))]] {
            operation(image(), keys).unwrap();
        }
    }

    #[test]
    fn every_check_names_the_argument() {
        let key: &[_] = &[("K", None)];
        for (items, keys, expected) in [
            (
                Items::Images(vec![]),
                key,
                "images: nothing to sign: expected at least one digest and",
            ),
            (texts(vec![]), key, "texts: nothing to sign: expected at least one text"),
            (Items::Blobs(vec![]), key, "blobs: nothing to sign: expected at least one blob"),
            (image(), &[], "keys: none given"),
            (image(), &[("K", None), (" ", None)], "key: is empty"),
            (image(), &[("K", Some("k")), ("L", None)], "key_name: 1 given, but 2 keys"),
        ] {
            let error = operation(items, keys).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{error}");
        }
    }

    #[test]
    fn an_address_may_name_the_scalar_fields() {
        let text = texts(vec![Text::new("a").unwrap()]);
        let fields = [
            ("task_id", Some("7".to_owned())),
            ("requester", None),
            ("repo", Some("ns/repo".to_owned())),
        ];
        assert_eq!(operation(text, &[("K", None)]).unwrap().fields(None), fields);
        let fields = [fields[0].clone(), ("requester", Some("me".to_owned()))];
        assert_eq!(operation(image(), &[("K", None)]).unwrap().fields(Some("me")), fields);
    }
}
