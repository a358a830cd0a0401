//! Reading a file that should be PEM.

use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
};

use zeroize::Zeroizing;

use super::{Block, Purpose, binary::request, blocks, command::Fix, disguise};
use crate::error::{Error, printable_path};

/// More than any bundle of authorities; a device or a wrong file must not fill the memory.
const LIMIT: u64 = 16 << 20;

/// The blocks of a PEM file.
pub(in crate::transport) struct File {
    pub(in crate::transport) path: PathBuf,
    pub(in crate::transport) purpose: Purpose,
    pub(in crate::transport) blocks: Vec<Block>,
    oddities: Vec<Fix>,
    /// Whether other programs see the same lines.
    is_plain: bool,
}

/// For commands that work line by line: each block on lines of its own.
const SEPARATE: &str = r"sed -e 's/\r$//' -e 's/\r/\n/g' -e 's/-----BEGIN/\n&/g' {in} > {out}.lf";

/// Reads a PEM file.
///
/// # Errors
/// [`Error::Certificate`], which says what the file is, in which line it is wrong, and the command that makes PEM of it.
pub(in crate::transport) fn read(path: &Path, purpose: Purpose) -> Result<File, Error> {
    let what = match purpose {
        Purpose::Identity => "certificate and key",
        Purpose::Certificate => "the certificate",
        Purpose::Key => "the private key",
        Purpose::Authorities => "the CA certificates",
    };
    let wrong = |problem| Error::Certificate { path: path.into(), problem };
    let bytes = bytes(path).map_err(|error| wrong(format!("cannot read {what}: {error}")))?;
    if bytes.len() as u64 > LIMIT {
        return Err(wrong(format!("is larger than {} MiB; expected a PEM file", LIMIT >> 20)));
    }
    let is_plain = is_plain(&bytes);
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&bytes);
    let disguise = disguise::find(bytes, purpose);
    // Text around the blocks may be in another encoding.
    let found = blocks::find(&Zeroizing::new(String::from_utf8_lossy(bytes).into_owned()));
    let (blocks, mut oddities) = match found {
        Ok(found) if !found.blocks.is_empty() || disguise.is_none() => {
            (found.blocks, found.oddities)
        }
        Err(fix) if disguise.is_none() => return Err(wrong(fix.text(path, purpose))),
        _ => (Vec::new(), Vec::new()),
    };
    oddities.splice(0..0, disguise);
    Ok(File { path: path.into(), purpose, blocks, oddities, is_plain })
}

fn is_plain(bytes: &[u8]) -> bool {
    let begin = b"-----BEGIN ";
    !bytes.contains(&b'\r')
        && (1..bytes.len()).all(|at| bytes[at - 1] == b'\n' || !bytes[at..].starts_with(begin))
}

fn bytes(path: &Path) -> std::io::Result<Zeroizing<Vec<u8>>> {
    let file = fs::File::open(path)?;
    let expected = file.metadata()?.len().min(LIMIT);
    // A buffer that grows would leave parts of a key behind in memory.
    let mut bytes = Zeroizing::new(Vec::with_capacity(expected as usize + 1));
    file.take(LIMIT + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

impl File {
    /// The error of this file.
    pub(in crate::transport) fn wrong(&self, problem: impl Into<String>) -> Error {
        Error::Certificate { path: self.path.clone(), problem: problem.into() }
    }

    /// The same with a command, which contains `{in}` and `{out}` for the file and the one to write.
    pub(in crate::transport) fn wrong_until(
        &self,
        problem: impl Into<String>,
        command: &str,
    ) -> Error {
        let command = match self.is_plain {
            true => command.to_owned(),
            false => {
                let command = command.replace("{in}", "{out}.lf");
                format!("{SEPARATE} && {command} && rm {{out}}.lf")
            }
        };
        self.wrong(Fix::by_command(problem, command).text(&self.path, self.purpose))
    }

    /// The error of a file that lacks something: what is odd in it, or else what the caller says.
    pub(in crate::transport) fn lacks(&self, otherwise: impl FnOnce() -> Error) -> Error {
        let oddity = self.oddities.first();
        oddity.map_or_else(otherwise, |fix| self.wrong(fix.text(&self.path, self.purpose)))
    }

    /// Warns of lines that were meant to begin or end a block, beside those that do.
    pub(in crate::transport) fn warn_of_oddities(&self) {
        for fix in &self.oddities {
            log::warn!("{}: ignored: {}", printable_path(&self.path), fix.problem);
        }
    }

    /// The error of a file that has not one certificate.
    pub(in crate::transport) fn without_certificate(&self) -> Error {
        self.lacks(|| self.with_other_blocks())
    }

    fn with_other_blocks(&self) -> Error {
        let is_bundle =
            |block: &&Block| matches!(block.label.as_str(), "PKCS7" | "PKCS #7 SIGNED DATA");
        let bundle = self.blocks.iter().find(is_bundle);
        let Some(block) = bundle.or(self.blocks.first()) else {
            return self
                .wrong("holds no certificate; expected PEM with \"-----BEGIN CERTIFICATE-----\"");
        };
        let found = format!("holds no certificate; line {} begins {}", block.line, block.what());
        if block.label.ends_with("CERTIFICATE REQUEST") {
            return self.wrong(request(&found).problem);
        }
        match self.purpose {
            Purpose::Authorities | Purpose::Certificate if bundle.is_some() => {
                self.wrong_until(found, "openssl pkcs7 -in {in} -print_certs -out {out}")
            }
            Purpose::Identity if bundle.is_some() => self.wrong_until(
                found,
                "(sed -n '/PRIVATE KEY-/,/PRIVATE KEY-/p' {in}; openssl pkcs7 -in {in} -print_certs) > {out}",
            ),
            Purpose::Identity if block.label.ends_with("PRIVATE KEY") => {
                self.wrong(format!("{found}; expected the certificate beside it, in the same file"))
            }
            _ => self.wrong(found),
        }
    }

    /// Says that a block is not used, since the file that another key of the configuration names has the same.
    pub(in crate::transport) fn has_again(&self, block: &Block, key: &str) {
        let (path, line, what) = (printable_path(&self.path), block.line, block.what());
        log::info!("{path}: line {line}: {what} is not needed; {key} has the same");
    }

    /// Warns that a block is not used.
    pub(in crate::transport) fn ignores(&self, block: &Block) {
        let path = printable_path(&self.path);
        let (line, what) = (block.line, block.what());
        // Before a key that carries its own.
        if block.label == "EC PARAMETERS" {
            log::info!("{path}: line {line}: {what} is not needed");
        } else {
            log::warn!("{path}: line {line}: {what} is ignored");
        }
    }
}
