//! What is wrong with a file that should be PEM, and the command that makes a right one of it.

use std::path::Path;

use crate::error::printable_path;

/// What a file is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::transport) enum Purpose {
    /// The client's certificate and private key.
    Identity,
    /// The client's certificate, whose key is in another file.
    Certificate,
    /// The client's private key.
    Key,
    /// The authorities that sign the brokers' certificates.
    Authorities,
}

impl Purpose {
    /// Whether what is made of the file stays readable only for its owner.
    fn is_secret(self) -> bool {
        matches!(self, Self::Identity | Self::Key)
    }
}

/// Blanks and line breaks of other systems end base64(1) with an error.
pub(super) const DECODE: &str = "tr -d '[:space:]' < {in} | base64 -d";

/// A problem of a file, and what makes it go away.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fix {
    /// One clause.
    pub(super) problem: String,
    /// With `{in}` and `{out}` for the file and the one to write.
    command: Option<String>,
}

impl Fix {
    /// The problem has its remedy in it, or there is none.
    pub(super) fn by_hand(problem: impl Into<String>) -> Self {
        Self { problem: problem.into(), command: None }
    }

    /// The command contains `{in}` and `{out}`, and is for a POSIX shell.
    pub(super) fn by_command(problem: impl Into<String>, command: impl Into<String>) -> Self {
        Self { problem: problem.into(), command: Some(command.into()) }
    }

    /// With one more thing to do.
    pub(super) fn and(mut self, further: &str) -> Self {
        self.problem = format!("{}; {further}", self.problem);
        self
    }

    /// The same for the text that `base64 -d` makes of the file.
    pub(super) fn after_base64(self) -> Self {
        let decoded = |command: String| {
            let named =
                [" -in {in}", " < {in}", " {in}"].into_iter().find(|named| command.contains(named));
            format!("{DECODE} | {}", command.replacen(named.unwrap_or_default(), "", 1))
        };
        let problem = format!("in base64, {}", self.problem);
        Self { problem, command: self.command.map(decoded) }
    }

    /// The whole clause.
    pub(super) fn text(&self, path: &Path, purpose: Purpose) -> String {
        let Some(command) = &self.command else { return self.problem.clone() };
        // No file is written over.
        let names = ["pem", "fixed.pem", "fixed-2.pem", "fixed-3.pem"]
            .map(|ending| path.with_extension(ending));
        let written =
            names.iter().find(|name| *name != path && !name.exists()).unwrap_or(&names[3]);
        let command = command.replace("{in}", &word(path)).replace("{out}", &word(written));
        let umask = if purpose.is_secret() { "umask 077; " } else { "" };
        format!("{}; name the file that this makes: {umask}{command}", self.problem)
    }
}

/// A path as one word of a shell.
fn word(path: &Path) -> String {
    let text = printable_path(path);
    let plain = |c: char| c.is_alphanumeric() || "/._-+@%=:,".contains(c);
    if text.chars().all(plain) { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_names_the_files_as_words_of_a_shell() {
        for (path, expected) in [
            ("/etc/my.p12", "/etc/my.p12 | b > /etc/my.pem"),
            ("my.pem", "my.pem | b > my.fixed.pem"),
            ("a b/it's.der", r"'a b/it'\''s.der' | b > 'a b/it'\''s.pem'"),
        ] {
            let text = Fix::by_command("bad", "a {in} | b > {out}")
                .text(path.as_ref(), Purpose::Authorities);
            assert_eq!(text, format!("bad; name the file that this makes: a {expected}"));
        }
    }

    #[test]
    fn a_file_with_a_key_stays_private() {
        let fix = Fix::by_command("bad", "a {in} > {out}");
        assert!(fix.text("k".as_ref(), Purpose::Identity).ends_with(": umask 077; a k > k.pem"));
    }

    #[test]
    fn a_command_reads_what_base64_decodes() {
        for (command, expected) in [
            (
                "openssl x -in {in} -out {out}",
                "tr -d '[:space:]' < k | base64 -d | openssl x -out k.pem",
            ),
            ("sed 'x' {in} | y > {out}", "tr -d '[:space:]' < k | base64 -d | sed 'x' | y > k.pem"),
        ] {
            let fix = Fix::by_command("is bad", command).after_base64();
            let text = fix.text("k".as_ref(), Purpose::Authorities);
            assert_eq!(
                text,
                format!("in base64, is bad; name the file that this makes: {expected}")
            );
        }
    }
}
