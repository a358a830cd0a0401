//! The keys to sign with.

use crate::error::{Argument, Error};

/// A key to sign with: its id or an alias of the configuration, and possibly its name.
///
/// The signing server gets the last 8 characters of the id.
///
/// ```
/// use amqp_messenger::signing::Key;
///
/// let keys = [Key::named("37036A73", "release")?, Key::named("staging", "test")?];
/// assert_eq!((keys[0].id(), keys[0].name()), ("37036A73", Some("release")));
/// # Ok::<(), amqp_messenger::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    id: String,
    name: Option<String>,
}

impl Key {
    /// Checks the id or alias of a key without a name.
    ///
    /// # Errors
    /// [`Error::Argument`] if it is blank.
    pub fn new(id: impl Into<String>) -> Result<Self, Error> {
        let id = id.into();
        if id.trim().is_empty() {
            return Err(Error::argument(Argument::Key, "is empty: expected a key id or an alias"));
        }
        Ok(Self { id, name: None })
    }

    /// Checks the id or alias of a key with a name.
    ///
    /// An empty name is not sent.
    ///
    /// # Errors
    /// As [`Key::new`].
    pub fn named(id: impl Into<String>, name: impl Into<String>) -> Result<Self, Error> {
        Ok(Self { name: Some(name.into()), ..Self::new(id)? })
    }

    /// Returns the id or alias, as given.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns the name, if one was given.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }
}
