//! The commands: what each signs, and which options it takes.

/// What to sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Container,
    Clear,
    Blob,
}

/// A command's row in the table. Options are named as in [`Options`](super::options::Options).
pub(super) struct Row {
    pub(super) name: &'static str,
    /// In a list of commands.
    pub(super) summary: &'static str,
    /// At the head of its help.
    pub(super) about: &'static str,
    /// The options that it needs besides [`REQUIRED`].
    pub(super) required: &'static [&'static str],
    /// The options that it accepts besides [`OPTIONAL`].
    pub(super) optional: &'static [&'static str],
    /// Whether words that are not options are inputs; at least one is then required.
    pub(super) inputs: bool,
    /// The rest of the example, after the options that every command requires.
    pub(super) example: &'static str,
}

/// The options that every command needs.
pub(super) const REQUIRED: &[&str] = &["--signing-key", "--task-id"];

/// The options that every command accepts.
pub(super) const OPTIONAL: &[&str] = &["--config-file", "--requester", "--raw", "--log-level"];

impl Command {
    pub(super) const ALL: [Self; 3] = [Self::Container, Self::Clear, Self::Blob];

    pub(super) fn row(self) -> &'static Row {
        match self {
            Self::Container => &Row {
                name: "container-sign",
                summary: "sign container images, as pairs of digest and reference",
                about: "Requests a signature of each container image by each key.",
                required: &["--digest", "--reference"],
                optional: &["--signing-key-name", "--signer-type"],
                inputs: false,
                example: "--digest sha256:3f2a… --reference registry.example.com/ns/app:1.0",
            },
            Self::Clear => &Row {
                name: "clear-sign",
                summary: "clear-sign texts or files",
                about: "Requests a clear-signed copy of each input by each key.",
                required: &[],
                optional: &["--repo"],
                inputs: true,
                example: "@RELEASE.txt",
            },
            Self::Blob => &Row {
                name: "blob-sign",
                summary: "create detached signatures of files",
                about: "Requests a detached signature of each file by each key.",
                required: &["--blob-file"],
                optional: &["--signing-key-name", "--signer-type"],
                inputs: false,
                example: "--blob-file app.tar.gz",
            },
        }
    }

    pub(crate) fn name(self) -> &'static str {
        self.row().name
    }

    pub(super) fn needs(self, option: &str) -> bool {
        REQUIRED.contains(&option) || self.row().required.contains(&option)
    }

    pub(super) fn takes(self, option: &str) -> bool {
        self.needs(option) || OPTIONAL.contains(&option) || self.row().optional.contains(&option)
    }
}
