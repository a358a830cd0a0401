//! Whether the replies to an operation can be short enough to be received.

use super::{Items, Operation};
use crate::error::{Argument, Error};

impl Operation {
    /// Checks that no reply must be longer than `max_message_size`.
    ///
    /// Only a text comes back with its signature, in base64. Blanks and line breaks may be left out of it, and all other
    /// signatures are short.
    ///
    /// # Errors
    /// [`Error::Argument`] for the first text whose reply would be rejected; [`Error::InputFile`] if it cannot be read.
    pub(crate) fn fits(&self, max_message_size: u64) -> Result<(), Error> {
        let Items::Texts { texts, .. } = self.items() else { return Ok(()) };
        for (index, text) in texts.iter().enumerate() {
            // Few files are so large that their blanks must be counted.
            if encoded(text.size()) <= max_message_size {
                continue;
            }
            let bytes = text.read()?;
            let kept = bytes.iter().filter(|byte| !byte.is_ascii_whitespace()).count();
            let least = encoded(kept as u64);
            if least > max_message_size {
                let problem = format!(
                    "number {} comes back with its signature, in at least {least} bytes, but \
                     max_message_size is {max_message_size}; raise that",
                    index + 1
                );
                return Err(Error::argument(Argument::Text, problem));
            }
        }
        Ok(())
    }
}

/// The length of bytes in base64.
fn encoded(bytes: u64) -> u64 {
    bytes.div_ceil(3) * 4
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signing::{Blob, Key, TaskId, Text};

    static LONG: &str =
        "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";

    #[test]
    fn only_a_text_that_cannot_come_back_is_refused() {
        let of = |items| {
            let key = Key::new("55A34A82").unwrap();
            Operation::new(TaskId::new("1").unwrap(), vec![key], items).unwrap()
        };
        let texts = |texts: &[&str]| {
            let texts = texts.iter().map(|text| Text::new(*text).unwrap()).collect();
            of(Items::Texts { texts, repo: None })
        };
        assert!(texts(&["short", &"x".repeat(75)]).fits(100).is_ok());
        assert!(texts(&[&"x \n".repeat(75)]).fits(100).is_ok(), "blanks may be left out");
        let error = texts(&["short", &"x".repeat(76)]).fits(100).unwrap_err().to_string();
        assert!(error.contains("number 2") && error.contains("104 bytes"), "{error}");
        let later = |bytes: &'static str| {
            let read = move || Ok(bytes.as_bytes().to_vec());
            of(Items::Texts { texts: vec![Text::later("f", 76, read).unwrap()], repo: None })
        };
        assert!(later(" ").fits(100).is_ok());
        assert!(later(LONG).fits(100).is_err());
        let blob = Blob::new("x".repeat(1000)).unwrap();
        assert!(of(Items::Blobs(vec![blob])).fits(100).is_ok(), "its signature is short");
    }
}
