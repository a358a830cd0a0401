//! The ids of requests.

use std::{
    fmt,
    hash::{DefaultHasher, Hash, Hasher},
};

use uuid::Uuid;

/// The id of a request, which its reply repeats: a UUID in lower case, or another text. [`Display`](fmt::Display) prints it.
#[derive(Clone, PartialEq, Eq)]
pub struct RequestId(Form);

/// A UUID costs no memory of its own: thousands of requests wait at the same time.
#[derive(Clone, PartialEq, Eq)]
enum Form {
    Uuid(u64, u64),
    Text(Box<str>),
}

impl RequestId {
    /// The id that is this UUID.
    pub(crate) fn of_uuid(bytes: [u8; 16]) -> Self {
        let (high, low) = Uuid::from_bytes(bytes).as_u64_pair();
        Self(Form::Uuid(high, low))
    }

    /// The id that is this text.
    pub(crate) fn of_text(text: impl AsRef<str>) -> Self {
        let text = text.as_ref();
        let uuid = Uuid::try_parse(text).map(|uuid| Self::of_uuid(uuid.into_bytes()));
        // It may be the same UUID in other characters.
        let is_same = |id: &Self| id.text(&mut [0; 36]) == text;
        uuid.ok().filter(is_same).unwrap_or_else(|| Self(Form::Text(text.into())))
    }

    /// Bits that differ from those of nearly every other id, if it was drawn at random.
    pub(super) fn bits(&self) -> u64 {
        match &self.0 {
            Form::Uuid(high, low) => high ^ low,
            Form::Text(text) => {
                let mut hasher = DefaultHasher::new();
                text.hash(&mut hasher);
                hasher.finish()
            }
        }
    }

    /// The text; the buffer is for that of a UUID.
    pub(crate) fn text<'a>(&'a self, buffer: &'a mut [u8; 36]) -> &'a str {
        match &self.0 {
            Form::Uuid(high, low) => {
                Uuid::from_u64_pair(*high, *low).hyphenated().encode_lower(buffer)
            }
            Form::Text(text) => text,
        }
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text(&mut [0; 36]))
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.text(&mut [0; 36]), f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_the_text_that_it_was_made_of() {
        let uuid = "0123abcd-0123-4123-8123-0123456789ab";
        let mut before = Vec::new();
        for text in [
            uuid,
            "ffffffff-ffff-ffff-ffff-ffffffffffff",
            &uuid.to_uppercase(),
            &uuid.replace('-', ""),
            &format!("{{{uuid}}}"),
            &format!("urn:uuid:{uuid}"),
            &uuid[1..],
            "",
            "7",
            "é",
        ] {
            let id = RequestId::of_text(text);
            assert_eq!((id.to_string().as_str(), id == RequestId::of_text(text)), (text, true));
            assert!(!before.contains(&id), "{text}");
            before.push(id);
        }
        assert_eq!(before.iter().filter(|id| matches!(id.0, Form::Uuid(..))).count(), 2);
    }
}
