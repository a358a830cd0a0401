//! Keys that options of the command line set, which take precedence over the file's.

use std::collections::BTreeMap;

use super::yaml::Node;

/// The keys that options set, checked one by one.
#[derive(Clone, Default)]
pub(crate) struct Overrides {
    /// Each key's option.
    pub(super) options: BTreeMap<&'static str, &'static str>,
    /// Each key's value, its variables expanded.
    pub(super) entries: BTreeMap<String, Node>,
}

impl Overrides {
    /// Whether no option sets a key.
    #[cfg(feature = "cli")]
    pub(crate) fn is_empty(&self) -> bool {
        self.options.is_empty()
    }
}
