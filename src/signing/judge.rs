//! Who decides whether a signed value counts.

use super::operation::{Blob, Image, Key, Text};

/// What a value must sign.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(not(feature = "verify"), allow(dead_code))]
pub(crate) enum Signed<'a> {
    Image(&'a Image),
    Text(&'a Text),
    Blob(&'a Blob),
}

/// Decides whether signed values count: the signer's verification, and in tests a word in place of a signature.
pub(crate) trait Judge: Send + Sync {
    /// Whether values by this key are judged. Otherwise all of them count.
    fn knows(&self, key: &Key) -> bool;

    /// Why a value, base64 on one line, does not count, if so.
    fn fault(&self, value: &str, signed: Signed<'_>, key: &Key) -> Option<String>;
}
