//! The lines that begin and end a block.

use super::command::Fix;
use crate::error::printable;

pub(super) const BEGIN: &str = "-----BEGIN ";
pub(super) const END: &str = "-----END ";
/// After the label.
pub(super) const HYPHENS: &str = "-----";

/// The label of a block that begins in this line.
pub(super) fn begin(line: &str, number: usize) -> Result<Option<&str>, Fix> {
    let Some((before, after)) = line.split_once(BEGIN) else {
        return match is_nearly(line, "BEGIN ") {
            true => Err(hyphens(number)),
            false => Ok(None),
        };
    };
    if !before.is_empty() {
        return Err(match before.trim().is_empty() {
            true => Fix::by_command(
                format!("line {number} is indented"),
                "sed 's/^[[:blank:]]*//' {in} > {out}",
            ),
            false => Fix::by_hand(format!(
                "line {number} has other characters before \"-----BEGIN\"; remove them"
            )),
        });
    }
    match after.split_once(HYPHENS) {
        Some((label, "")) if is_known(&label.to_uppercase()) && !is_known(label) => {
            Err(hyphens(number))
        }
        Some((label, "")) => Ok(Some(label)),
        Some((_, content)) => Err(without_line_break(content, number)),
        None => Err(hyphens(number)),
    }
}

fn without_line_break(content: &str, number: usize) -> Fix {
    let problem = format!("line {number} has no line break after \"-----BEGIN\" and its hyphens");
    let content = content.split(HYPHENS).next().unwrap_or_default();
    let is_base64 = |c: char| c.is_ascii_alphanumeric() || "+/= \t".contains(c);
    if content.chars().all(is_base64) {
        let command = r"sed -E 's/ *(-----(BEGIN|END) [A-Z0-9 ]+-----) */\n\1\n/g' {in} > {out}";
        return Fix::by_command(problem, command);
    }
    Fix::by_hand(format!("{problem}; put line breaks in place of what stands for them"))
}

/// What is before and after the end of a block, and its label.
pub(super) fn end(line: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = line.split_once(END)?;
    let (label, after) = rest.split_once(HYPHENS)?;
    Some((before, label, after))
}

pub(super) fn refuse_a_stray_end(line: &str, number: usize) -> Result<(), Fix> {
    match end(line) {
        Some((_, label, _)) => Err(Fix::by_hand(format!(
            "line {number} ends \"{}\", which begins nowhere: the file's beginning is missing",
            printable(label)
        ))),
        None => Ok(()),
    }
}

/// Within a block, whose line and content are given, no other may begin.
pub(super) fn refuse_another_beginning(
    line: &str,
    number: usize,
    begun: usize,
    what: &str,
) -> Result<(), Fix> {
    if line.contains(BEGIN) {
        return Err(Fix::by_hand(format!(
            "line {number} begins another block, but {what} of line {begun} has not ended"
        )));
    }
    if is_nearly(line, "END ") { Err(hyphens(number)) } else { Ok(()) }
}

/// Whether a line was meant to begin or end a block: in other letters, or with other hyphens.
fn is_nearly(line: &str, word: &str) -> bool {
    let line = line.trim().to_uppercase();
    let hyphens = |c| matches!(c, '-' | '\u{ad}' | '\u{2010}'..='\u{2015}' | '\u{2212}');
    let Some(label) = line.trim_matches(hyphens).trim().strip_prefix(word) else { return false };
    // Text may say much between two hyphens.
    is_known(label)
        && label.split(' ').count() <= 3
        && line.starts_with(hyphens)
        && line.ends_with(hyphens)
}

fn is_known(label: &str) -> bool {
    ["CERTIFICATE", "PRIVATE KEY", "X509 CRL"].iter().any(|kind| label.ends_with(kind))
}

fn hyphens(number: usize) -> Fix {
    Fix::by_hand(format!(
        "line {number} does not begin or end a block; expected such as \"-----BEGIN CERTIFICATE-----\", in capitals and with five hyphens on each side"
    ))
}
