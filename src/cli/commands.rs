//! The commands: what each does, and which options it takes.

use super::{operand::Operand, style::Style};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Sign(Kind),
    /// Reports what a run would meet.
    Check,
    /// Verifies what a run wrote.
    Verify,
    Completions,
}

/// What to sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
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
    /// The options whose values are its items; a list of items, one of [`LISTS`], may take their place.
    pub(super) items: &'static [&'static str],
    /// The options that it accepts besides; a command that signs also accepts [`OPTIONAL`].
    pub(super) optional: &'static [&'static str],
    /// The options that it accepts besides, but not under pubtools-sign's names; a command that signs also accepts
    /// [`NATIVE`].
    pub(super) native: &'static [&'static str],
    /// What words that are not options are.
    pub(super) operand: Option<Operand>,
    /// Lines for a shell. `{}` is what calls the command, and line breaks are escaped; the first one is right under
    /// pubtools-sign's names, too, if the command exists there.
    pub(super) examples: &'static [&'static str],
}

/// The options that every command that signs needs.
pub(super) const REQUIRED: &[&str] = &["--signing-key", "--task-id"];

/// The options that name a list of items.
pub(super) const LISTS: [&str; 2] = ["--from", "--from0"];

/// The options that every command that signs accepts.
pub(super) const OPTIONAL: &[&str] = &["--config-file", "--requester", "--raw", "--log-level"];

/// The options that every command that signs accepts, but not under pubtools-sign's names.
pub(super) const NATIVE: &[&str] = &[
    "--set",
    "--deadline",
    "--timeout",
    "--retries",
    "--send-retries",
    "--no-resend",
    "--verify-keys",
    "--verify",
    "--dry-run",
    "--state",
    "--format",
    "--output",
    "--output-dir",
    "--skip-existing",
    "--quiet",
];

impl Command {
    pub(super) const ALL: [Self; 6] = [
        Self::Sign(Kind::Container),
        Self::Sign(Kind::Clear),
        Self::Sign(Kind::Blob),
        Self::Check,
        Self::Verify,
        Self::Completions,
    ];

    /// The commands that exist in a style.
    pub(super) fn of(style: Style) -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(move |command| style == Style::Native || command.signs())
    }

    pub(super) fn signs(self) -> bool {
        matches!(self, Self::Sign(_))
    }

    pub(super) fn row(self) -> &'static Row {
        match self {
            Self::Sign(Kind::Container) => &Row {
                name: "container-sign",
                summary: "sign container images, as pairs of digest and reference",
                about: "Requests a signature of each container image by each key.",
                items: &["--digest", "--reference"],
                optional: &["--signing-key-name", "--signer-type"],
                native: &["--from", "--layout"],
                operand: None,
                examples: &[
                    "{} --signing-key 55A34A82 --task-id 1234\n--digest sha256:3f2a… --reference registry.example.com/ns/app:1.0",
                    "{} --signing-key 55A34A82 --task-id 1234\n--from images.ndjson --state images.state --deadline 3600",
                    "{} --signing-key 55A34A82 --task-id 1234\n--from images.ndjson --output result.json --output-dir sigstore --layout lookaside",
                ],
            },
            Self::Sign(Kind::Clear) => &Row {
                name: "clear-sign",
                summary: "clear-sign texts or files",
                about: "Requests a clear-signed copy of each input by each key.",
                items: &[],
                optional: &["--repo"],
                native: &LISTS,
                operand: Some(Operand {
                    name: "INPUT",
                    meaning: "text to sign, or `@FILE` for the bytes of a file",
                    native: ", or `-` for those of standard input",
                    remark: "; after `--` every word is an input",
                    choices: &[],
                    is_repeatable: true,
                }),
                examples: &[
                    "{} --signing-key 55A34A82 --task-id 1234 @RELEASE.txt",
                    "generate-notes |\n{} --signing-key 55A34A82 --task-id 1234 --raw - |\nbase64 -d >notes.txt.asc",
                ],
            },
            Self::Sign(Kind::Blob) => &Row {
                name: "blob-sign",
                summary: "create detached signatures of files",
                about: "Requests a detached signature of each file by each key.",
                items: &["--blob-file"],
                optional: &["--signing-key-name", "--signer-type"],
                native: &LISTS,
                operand: None,
                examples: &[
                    "{} --signing-key 55A34A82 --task-id 1234 --blob-file app.tar.gz",
                    "{} --signing-key 55A34A82 --task-id 1234\n--blob-file app.tar.gz --output-dir .",
                    "find dist -type f -print0 |\n{} --signing-key 55A34A82 --task-id 1234 --from0 -",
                ],
            },
            Self::Check => &Row {
                name: "check",
                summary: "check configuration, certificates and brokers before a run; send nothing",
                about: "Connects to each broker as a run does, reports what it finds step by step, and ends with the status of a run that began now: 0 if that would connect. No message is sent or received. With --task-id the links are checked, too.",
                items: &[],
                optional: &[],
                native: &[
                    "--signing-key",
                    "--task-id",
                    "--repo",
                    "--config-file",
                    "--requester",
                    "--signer-type",
                    "--set",
                    "--deadline",
                    "--timeout",
                    "--retries",
                    "--send-retries",
                    "--no-resend",
                    "--verify-keys",
                    "--verify",
                    "--json",
                    "--log-level",
                    "--quiet",
                ],
                operand: None,
                examples: &["{}", "{} --task-id 1234 --json >check.json"],
            },
            Self::Verify => &Row {
                name: "verify",
                summary: "verify the signatures that a run wrote, without a broker",
                about: "Verifies the signatures that a run of a signing command wrote: whether each is a good one, by the key that was asked for, of exactly what was asked for. It takes the command's items and keys, and reads the results from --output, from --output-dir, or else from standard input. Each failure is a line on standard error; the exit status is then 65. clear-sign's inputs come after COMMAND.",
                items: &["--digest", "--reference", "--blob-file"],
                optional: &[],
                native: &[
                    "--signing-key",
                    "--signing-key-name",
                    "--from",
                    "--from0",
                    "--config-file",
                    "--set",
                    "--verify-keys",
                    "--signer-type",
                    "--raw",
                    "--format",
                    "--output",
                    "--output-dir",
                    "--layout",
                    "--log-level",
                    "--quiet",
                ],
                operand: Some(Operand {
                    name: "COMMAND",
                    meaning: "the command that signed",
                    native: "",
                    remark: "",
                    choices: &["container-sign", "clear-sign", "blob-sign"],
                    is_repeatable: false,
                }),
                examples: &[
                    "{} container-sign --verify-keys keys.asc --signing-key 55A34A82\n--from images.ndjson --output result.json",
                    "{} blob-sign --verify-keys keys.asc --signing-key 55A34A82\n--blob-file app.tar.gz --output-dir .",
                ],
            },
            Self::Completions => &Row {
                name: "completions",
                summary: "print a shell's completions of commands, options and values",
                about: "Prints a script by which a shell completes commands, options and values.",
                items: &[],
                optional: &[],
                native: &[],
                operand: Some(Operand {
                    name: "SHELL",
                    meaning: "the shell",
                    native: "",
                    remark: "",
                    choices: &["bash", "zsh", "fish"],
                    is_repeatable: false,
                }),
                examples: &[
                    "{} bash >~/.local/share/bash-completion/completions/amqp-messenger",
                    "{} fish >~/.config/fish/completions/amqp-messenger.fish",
                ],
            },
        }
    }

    /// The examples that are right in a style, called by `call`.
    pub(super) fn examples(self, style: Style, call: &str) -> impl Iterator<Item = String> {
        let count = if style == Style::Native { usize::MAX } else { 1 };
        let examples = self.row().examples.iter().take(count);
        examples.map(move |line| line.replace('\n', " \\\n    ").replace("{}", call))
    }

    pub(crate) fn name(self) -> &'static str {
        self.row().name
    }

    /// Whether it needs an option, unless a list takes its place.
    pub(super) fn needs(self, option: &str) -> bool {
        let of_verify = || self == Self::Verify && option == REQUIRED[0];
        (self.signs() && (REQUIRED.contains(&option) || self.row().items.contains(&option)))
            || of_verify()
    }

    pub(super) fn takes(self, option: &str, style: Style) -> bool {
        let row = self.row();
        self.needs(option)
            || row.items.contains(&option)
            || (self.signs() && OPTIONAL.contains(&option))
            || row.optional.contains(&option)
            || style == Style::Native
                && ((self.signs() && NATIVE.contains(&option)) || row.native.contains(&option))
    }
}
