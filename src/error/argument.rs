//! The arguments that a library user passes, by name.

use std::fmt;

/// An argument of an operation or of a signer.
///
/// Displays as the name that it has in the interfaces for Rust and C, such as `task_id`; the command line names its
/// options instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Argument {
    /// An address of a broker.
    Address,
    /// One blob.
    Blob,
    /// The blobs to sign.
    Blobs,
    /// The digest of an image.
    Digest,
    /// The container images to sign.
    Images,
    /// The id or alias of a key.
    Key,
    /// The name of a key.
    KeyName,
    /// The keys to sign with.
    Keys,
    /// A list of what is to be signed.
    List,
    /// The reference of an image.
    Reference,
    /// The repository that texts belong to.
    Repo,
    /// The name under which requests are made.
    Requester,
    /// The type of the signer: single or batch.
    SignerType,
    /// The task that the signatures are for.
    TaskId,
    /// One text.
    Text,
    /// The texts to sign.
    Texts,
    /// The trace that requests belong to.
    TraceParent,
    /// The state of that trace.
    TraceState,
}

impl fmt::Display for Argument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Address => "address",
            Self::Blob => "blob",
            Self::Blobs => "blobs",
            Self::Digest => "digest",
            Self::Images => "images",
            Self::Key => "key",
            Self::KeyName => "key_name",
            Self::Keys => "keys",
            Self::List => "list",
            Self::Reference => "reference",
            Self::Repo => "repo",
            Self::Requester => "requester",
            Self::SignerType => "signer_type",
            Self::TaskId => "task_id",
            Self::Text => "text",
            Self::Texts => "texts",
            Self::TraceParent => "traceparent",
            Self::TraceState => "tracestate",
        })
    }
}
