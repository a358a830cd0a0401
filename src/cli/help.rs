//! What `--help` prints.

use super::argv::{Command, Style, Usage};

/// What help is asked for: a command, or the program as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Topic {
    pub(super) style: Style,
    pub(super) tool: String,
    pub(super) command: Option<Command>,
}

impl Topic {
    pub(super) fn new(style: Style, tool: &str, command: Option<Command>) -> Self {
        Self { style, tool: tool.into(), command }
    }

    /// The words that call the command.
    fn call(&self) -> String {
        match (self.command, self.style) {
            (Some(command), Style::Native) => format!("{} {}", self.tool, command.name()),
            (Some(command), Style::Reference) if self.tool == "pubtools-sign" => {
                format!("{} msg-{}", self.tool, command.name())
            }
            _ => self.tool.clone(),
        }
    }

    /// A mistake in the use of what this topic explains.
    pub(super) fn usage(&self, problem: String) -> Usage {
        Usage { tool: self.tool.clone(), problem, help: format!("{} --help", self.call()) }
    }

    /// Writes the help text, which ends with a line break.
    pub(crate) fn text(&self) -> String {
        let call = self.call();
        let statuses = match self.style {
            Style::Native => STATUSES,
            Style::Reference => REFERENCE_STATUSES,
        };
        let levels = match self.style {
            Style::Native => "trace, debug, info, warning, error or critical",
            Style::Reference => "DEBUG, INFO, WARNING or ERROR",
        };
        let common = COMMON.replace("{levels}", levels);
        match self.command {
            None if self.style == Style::Native => TOP.replace("{call}", &call) + statuses,
            None => BUNDLE.replace("{call}", &call) + statuses,
            Some(Command::Container) => {
                CONTAINER.replace("{call}", &call) + KEY_NAME + TYPE + &common + statuses
            }
            Some(Command::Clear) => CLEAR.replace("{call}", &call) + &common + statuses,
            Some(Command::Blob) => BLOB.replace("{call}", &call) + KEY_NAME + &common + statuses,
        }
    }
}

const TOP: &str = "\
Sends signing requests to an AMQP 1.0 broker and waits for the signed replies.

Usage: {call} COMMAND [OPTIONS]
       {call} COMMAND --help

Commands:
  container-sign   sign container images, as pairs of digest and reference
  clear-sign       clear-sign texts or files
  blob-sign        sign files, signatures apart

Options:
  -h, --help       print this help
  -V, --version    print the version

Files:
  ~/.config/pubtools-sign/conf.yaml, then /etc/pubtools-sign/conf.yaml
                   the configuration, unless --config-file names another

Environment:
  RUST_LOG         log level; beats the configuration, --log-level beats it
  any              ${NAME} in the configuration stands for that variable

Results go to standard output, everything else to standard error.
";

const BUNDLE: &str = "\
Signs by messages, under the names that pubtools-sign uses.

Usage: {call} COMMAND [OPTIONS]
       {call} COMMAND --help

Commands:
  msg-container-sign   sign container images, as pairs of digest and reference
  msg-clear-sign       clear-sign texts or files
  msg-blob-sign        sign files, signatures apart
";

const CONTAINER: &str = "\
Asks for a signature of each container image by each key.

Usage: {call} --signing-key KEY --task-id ID \\
         --digest DIGEST --reference REFERENCE [OPTIONS]

Example:
  {call} --signing-key 55A34A82 --task-id 1234 \\
      --digest sha256:3f2a… --reference registry.example.com/ns/app:1.0

Images (repeatable; the first digest goes with the first reference, and so on):
  --digest DIGEST         digest of the manifest
  --reference REFERENCE   name under which the image is pulled

Options:
";

const CLEAR: &str = "\
Asks for a clear-signed copy of each input by each key.

Usage: {call} --signing-key KEY --task-id ID [OPTIONS] [--] INPUT…

An INPUT is the text itself, or @FILE for the bytes of a file. After -- every word is an input.

Example:
  {call} --signing-key 55A34A82 --task-id 1234 @RELEASE.txt

Options:
  --repo REPO             repository that the request names
";

const BLOB: &str = "\
Asks for a signature of each file by each key.

Usage: {call} --signing-key KEY --task-id ID --blob-file FILE [OPTIONS]

Example:
  {call} --signing-key 55A34A82 --task-id 1234 --blob-file app.tar.gz

Files (repeatable):
  --blob-file FILE        file to sign

Options:
  --signer-type TYPE      single (default); batch is for containers
";

const KEY_NAME: &str =
    "  --signing-key-name NAME name of the key; repeatable, in the order of the keys\n";

const COMMON: &str = "\
\x20 --signing-key KEY       id or alias of the key; repeatable, required
  --task-id ID            task that the signatures are for; required
  --config-file FILE      configuration (default: ~/.config/pubtools-sign/conf.yaml,
                          then /etc/pubtools-sign/conf.yaml)
  --requester NAME        name to ask under, instead of the client certificate's
  --raw                   print each signed value, in base64, on a line of its own instead of one
                          JSON document
  --log-level LEVEL       {levels}
  -h, --help              print this help
  -V, --version           print the version
";

const TYPE: &str =
    "  --signer-type TYPE      single (default), or batch for many images in a request\n";

const STATUSES: &str = "
Exit statuses:
    0  everything asked for is signed
    1  the signing server refused at least one item
    2  wrong use of the command line
   65  a reply holds neither a signed value nor an error
   66  an input file is missing or unreadable
   69  no connection to any broker
   74  a local file or standard output could not be read or written
   75  some requests stayed unanswered; standard error says which can be tried again
   77  TLS or the broker refused us
   78  the configuration or a certificate file is wrong
  124  the deadline of the whole run passed
  129, 130, 143  interrupted; what was received is printed
";

const REFERENCE_STATUSES: &str = "
Exit statuses:
    0  every request has a reply
    1  it has not, or something else failed; with --raw also where a reply holds errors
    2  wrong use of the command line
";
