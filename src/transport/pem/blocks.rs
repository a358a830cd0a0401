//! The blocks of a PEM text (RFC 7468), with the lines that they begin in.

use zeroize::Zeroizing;

use super::{
    command::Fix,
    marker::{self, BEGIN, END, HYPHENS},
};
use crate::error::printable;

const BYTE_ORDER_MARK: char = '\u{feff}';

/// One block of a PEM text.
pub(in crate::transport) struct Block {
    /// What is between `-----BEGIN ` and the hyphens after it.
    pub(in crate::transport) label: String,
    /// The line that it begins in, from 1.
    pub(in crate::transport) line: usize,
    /// Lines such as `Proc-Type: 4,ENCRYPTED`.
    pub(in crate::transport) headers: Vec<String>,
    /// Base64 without any blanks.
    body: Zeroizing<String>,
    /// The first line with characters that are no base64.
    foreign: Option<usize>,
}

impl Block {
    /// The bytes that the block encodes.
    pub(in crate::transport) fn der(&self) -> Option<Zeroizing<Vec<u8>>> {
        let padded = self.body.len().is_multiple_of(4) && !self.body.is_empty();
        padded.then(|| openssl::base64::decode_block(&self.body).ok().map(Zeroizing::new))?
    }

    /// The block as OpenSSL writes it, whatever its line breaks were.
    pub(in crate::transport) fn pem(&self) -> Zeroizing<String> {
        let Self { label, body, .. } = self;
        let headers: String = self.headers.iter().map(|line| format!("{line}\n")).collect();
        let empty_line = if headers.is_empty() { "" } else { "\n" };
        // Allocated once: growing would leave parts of a key behind in memory.
        let length = body.len() + body.len() / 64 + headers.len() + 2 * label.len() + 64;
        let mut pem = Zeroizing::new(String::with_capacity(length));
        pem.extend([BEGIN, label, HYPHENS, "\n", &headers, empty_line]);
        let mut rest = body.as_str();
        while !rest.is_empty() {
            let (line, others) = rest.split_at_checked(64).unwrap_or((rest, ""));
            pem.extend([line, "\n"]);
            rest = others;
        }
        pem.extend([END, label, HYPHENS, "\n"]);
        pem
    }

    /// What the block holds, in words.
    pub(in crate::transport) fn what(&self) -> String {
        match self.label.as_str() {
            "CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE" => "a certificate".into(),
            "CERTIFICATE REQUEST" | "NEW CERTIFICATE REQUEST" => "a certificate request".into(),
            "X509 CRL" => "a certificate revocation list".into(),
            "PUBLIC KEY" | "RSA PUBLIC KEY" | "SSH2 PUBLIC KEY" => "a public key".into(),
            "OPENSSH PRIVATE KEY" => "an OpenSSH key".into(),
            "PKCS7" | "CMS" | "PKCS #7 SIGNED DATA" => "a PKCS#7 bundle".into(),
            label if label.ends_with("PRIVATE KEY") => "a private key".into(),
            label => format!("\"{}\"", printable(label)),
        }
    }

    /// What can be seen in a block that cannot be read, as the end of a clause.
    pub(in crate::transport) fn defect(&self) -> String {
        match self.foreign {
            _ if self.body.is_empty() => ": it is empty".into(),
            Some(line) => format!(": line {line} has characters that are no base64"),
            None if self.der().is_none() => ": its base64 is not complete".into(),
            None => String::new(),
        }
    }

    fn push(&mut self, line: &str, number: usize) {
        if line.contains(':') {
            self.headers.push(line.to_owned());
            return;
        }
        let is_base64 =
            |c: char| c.is_ascii_alphanumeric() || c.is_whitespace() || "+/=".contains(c);
        if !line.chars().all(is_base64) {
            self.foreign.get_or_insert(number);
        }
        self.body.extend(line.split_whitespace());
    }
}

/// What is in a text.
#[derive(Default)]
pub(super) struct Found {
    pub(super) blocks: Vec<Block>,
    /// Lines that were meant to begin or end a block, and do not. Like all text around blocks, OpenSSL ignores them.
    pub(super) oddities: Vec<Fix>,
}

/// Finds the blocks of a text. Text around them means nothing; a block may follow another without a line break.
///
/// # Errors
/// The line and what is wrong in it; never what the line says.
pub(super) fn find(text: &str) -> Result<Found, Fix> {
    let mut found = Found::default();
    // An odd beginning explains the end after it.
    let mut explained = false;
    let mut open: Option<Block> = None;
    for (number, line) in lines(text) {
        // Files that begin with a byte order mark, glued together, have it anywhere.
        let mut rest = line.trim_end().trim_start_matches(BYTE_ORDER_MARK);
        loop {
            let Some(block) = &mut open else {
                // A block that is commented out.
                if ["#", ";", "//"].iter().any(|comment| rest.trim_start().starts_with(comment)) {
                    break;
                }
                match marker::begin(rest, number) {
                    Ok(Some(label)) => {
                        let body = Zeroizing::new(String::with_capacity(length(text, line)));
                        open = Some(Block {
                            label: label.into(),
                            line: number,
                            headers: Vec::new(),
                            body,
                            foreign: None,
                        });
                    }
                    Ok(None) if explained => {}
                    Ok(None) => {
                        found.oddities.extend(marker::refuse_a_stray_end(rest, number).err())
                    }
                    Err(fix) => {
                        found.oddities.push(fix);
                        explained = true;
                    }
                }
                break;
            };
            let Some((before, label, after)) = marker::end(rest) else {
                marker::refuse_another_beginning(rest, number, block.line, &block.what())?;
                block.push(rest.trim_start(), number);
                break;
            };
            if label != block.label {
                return Err(Fix::by_hand(format!(
                    "line {number} ends \"{}\", but line {} begins {}",
                    printable(label),
                    block.line,
                    block.what()
                )));
            }
            block.push(before.trim(), number);
            found.blocks.extend(open.take());
            explained = false;
            rest = after.trim_start().trim_start_matches(BYTE_ORDER_MARK);
        }
    }
    match open {
        Some(block) => Err(Fix::by_hand(format!(
            "line {} begins {} that does not end: the file is cut off",
            block.line,
            block.what()
        ))),
        None => Ok(found),
    }
}

/// A limit of the block that begins in a line of the text: as above, its body must not grow.
fn length(text: &str, line: &str) -> usize {
    let rest = &text[line.as_ptr().addr() - text.as_ptr().addr()..];
    rest.find(END).unwrap_or(rest.len())
}

/// The lines, by each kind of line break, with their numbers.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    // "\r\n" is one line break, whose empty line in between is not counted.
    let mut number = 0;
    text.split('\n').flat_map(|line| line.strip_suffix('\r').unwrap_or(line).split('\r')).map(
        move |line| {
            number += 1;
            (number, line)
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(String, usize, String)> {
        let found = find(text).unwrap_or_else(|fix| panic!("{text:?}: {}", fix.problem));
        assert_eq!(found.oddities, [], "{text:?}");
        let blocks = found.blocks;
        blocks.into_iter().map(|block| (block.label, block.line, block.body.to_string())).collect()
    }

    #[test]
    fn blocks_are_found_whatever_surrounds_them() {
        let one = [("A".to_owned(), 1, "MIIB".to_owned())];
        for text in [
            "-----BEGIN A-----\nMIIB\n-----END A-----\n",
            "-----BEGIN A-----\r\nMIIB\r\n-----END A-----\r\n",
            "-----BEGIN A-----\rMIIB\r-----END A-----\r",
            "-----BEGIN A-----  \n\n  MI\tI\n B \n  -----END A-----",
            "-----BEGIN A-----\nMIIB-----END A-----# a comment\nhello - BEGIN",
            "-----BEGIN A-----\nMIIB\n-----END A-----\n# -----BEGIN B-----\n# MIIC\n# -----END B-----",
            "-----BEGIN A-----\nMIIB\n-----END A-----\n--- Begin of the list of each certificate ---",
            "\u{feff}-----BEGIN A-----\nMIIB\n-----END A-----",
        ] {
            assert_eq!(found(text), one, "{text:?}");
        }
        assert_eq!(
            found("subject=A\n\nissuer=B\n-----BEGIN A-----\nMIIB\n-----END A-----\n")[0].1,
            4
        );
        assert_eq!(
            found(
                "-----BEGIN A-----\nMIIB\n-----END A----------BEGIN B-----\nMIIC\n-----END B-----"
            ),
            [one[0].clone(), ("B".into(), 3, "MIIC".into())]
        );
        let twice = "\u{feff}-----BEGIN A-----\nMIIB\n-----END A-----\u{feff}-----BEGIN A-----\nMIIB\n-----END A-----";
        assert_eq!(found(twice).len(), 2);
        assert!(found("").is_empty() && found("hello").is_empty());
    }

    #[test]
    fn a_damaged_text_names_its_line() {
        for (text, expected) in [
            ("x\n -----BEGIN A-----\nMIIB\n-----END A-----", "line 2 is indented"),
            ("\t-----BEGIN A-----\nMIIB\n-----END A-----", "line 1 is indented"),
            ("> -----BEGIN A-----\n> MIIB", "line 1 has other characters before"),
            ("-----BEGIN A----- MIIB -----END A-----", "line 1 has no line break"),
            ("-----BEGIN A-----MIIB\n-----END A-----", "line 1 has no line break"),
            ("----BEGIN CERTIFICATE----\nMIIB", "five hyphens"),
            ("—BEGIN CERTIFICATE—\nMIIB", "five hyphens"),
            ("-----Begin RSA Private Key-----\nMIIB", "five hyphens"),
            ("-----BEGIN A---\nMIIB", "five hyphens"),
            (
                "-----BEGIN CERTIFICATE-----\nMIIB\n----END CERTIFICATE----",
                "line 3 does not begin or end",
            ),
            ("-----BEGIN A-----\nMIIB", "line 1 begins \"A\" that does not end"),
            ("MIIB\n-----END A-----", "line 2 ends \"A\", which begins nowhere"),
            ("-----BEGIN A-----\nMIIB\n-----END B-----", "line 3 ends \"B\", but line 1"),
            ("-----BEGIN A-----\nMIIB\n-----BEGIN A-----", "line 3 begins another block"),
        ] {
            let problem = match find(text) {
                Err(fix) => fix.problem,
                Ok(found) => {
                    assert_eq!((found.blocks.len(), found.oddities.len()), (0, 1), "{text:?}");
                    found.oddities[0].problem.clone()
                }
            };
            assert!(problem.contains(expected) && !problem.contains("MIIB"), "{text:?}: {problem}");
        }
    }

    /// Whatever a file holds.
    #[test]
    fn damaged_files_end_in_errors() {
        let good = "-----BEGIN A-----\r\nKey: 1\n\nMIIB\n-----END A----------BEGIN B-----\nMIIC-----END B-----\n";
        for at in 0..good.len() {
            let _found = find(&good[..at]);
            let _found = find(&good[at..]);
            for c in ["\n", "\r", "-", " ", "=", "é", "\u{feff}", "-----", "\\n", "#"] {
                let text = [&good[..at], c, &good[at + 1..]].concat();
                for block in find(&text).map(|found| found.blocks).unwrap_or_default() {
                    let _made = (block.der(), block.pem());
                }
            }
        }
    }

    #[test]
    fn a_block_is_written_as_openssl_writes_it() {
        let body = "A".repeat(100);
        let text = format!(
            "-----BEGIN K-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: X,00\n\n{body}\n-----END K-----"
        );
        let pem = find(&text).unwrap().blocks[0].pem();
        let (first, second) = body.split_at(64);
        assert_eq!(
            *pem,
            format!(
                "-----BEGIN K-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: X,00\n\n{first}\n{second}\n-----END K-----\n"
            )
        );
    }
}
