//! The keys to sign with.

use crate::{
    error::{Argument, Error, printable},
    signing::key_id,
};

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
    /// The blanks or colons of a fingerprint in groups are not sent.
    ///
    /// # Errors
    /// [`Error::Argument`] if it is blank, `null` or several ids, or holds a control character.
    pub fn new(id: impl Into<String>) -> Result<Self, Error> {
        let id = id.into();
        match key_id::fault(&id) {
            None => Ok(Self { id, name: None }),
            Some(fault) => {
                let problem = format!("{fault}: expected a key id or an alias");
                Err(Error::argument(Argument::Key, problem))
            }
        }
    }

    /// Checks the id or alias of a key with a name.
    ///
    /// An empty name is not sent.
    ///
    /// # Errors
    /// As [`Key::new`], and if the name holds a control character.
    pub fn named(id: impl Into<String>, name: impl Into<String>) -> Result<Self, Error> {
        let name = name.into();
        if let Some(c) = name.chars().find(|c| c.is_control()) {
            let problem = format!("\"{}\" holds {c:?}: expected a key's name", printable(&name));
            return Err(Error::argument(Argument::KeyName, problem));
        }
        Ok(Self { name: Some(name), ..Self::new(id)? })
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
