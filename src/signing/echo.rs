//! The copy of the operation in the printed document.

use openssl::base64;
use serde_json::{Value, json};

use super::operation::{Items, Key, Operation};

impl Operation {
    /// Repeats the operation: the arguments as given, in the order that scripts expect.
    ///
    /// `requester` is the name given, and `texts` are the texts as they were given.
    pub(crate) fn echo(&self, requester: Option<&str>, texts: &[String]) -> Value {
        match self.items() {
            Items::Images(images) => json!({
                "digests": images.iter().map(|image| image.digest().as_str()).collect::<Vec<_>>(),
                "references": images.iter().map(|image| image.reference().as_str()).collect::<Vec<_>>(),
                "signing_key_names": self.key_names(),
                "signing_keys": self.key_ids(),
                "task_id": self.task_id().as_str(),
                "requester": requester,
            }),
            Items::Texts { repo, .. } => json!({
                "inputs": texts,
                "signing_keys": self.key_ids(),
                "task_id": self.task_id().as_str(),
                "repo": repo,
                "requester": requester,
            }),
            Items::Blobs(blobs) => json!({
                "blobs": blobs.iter().map(|blob| base64::encode_block(blob.as_bytes())).collect::<Vec<_>>(),
                "signing_key_names": self.key_names(),
                "signing_keys": self.key_ids(),
                "task_id": self.task_id().as_str(),
                "requester": requester,
            }),
        }
    }

    /// The ids of the keys as given.
    pub(crate) fn key_ids(&self) -> Vec<&str> {
        self.keys().iter().map(Key::id).collect()
    }

    fn key_names(&self) -> Vec<&str> {
        self.keys().iter().filter_map(Key::name).collect()
    }
}
