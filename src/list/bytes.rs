//! The bytes of a list.

use std::io::{self, BufRead, BufReader, Cursor, Read};

use super::{foreign, place::List};
use crate::error::Error;

/// The most bytes of a line, or of an object in an array.
pub(super) const LONGEST: usize = 1 << 20;

/// The list without the mark that some programs put before UTF-8 text.
///
/// # Errors
/// [`Error::Argument`] if its first bytes are those of another kind of file, by `problem`.
pub(super) fn without_head<R: Read>(
    list: &List<'_>,
    input: R,
    problem: fn(&[u8]) -> Option<String>,
) -> Result<impl BufRead + use<R>, Error> {
    let mut input = BufReader::with_capacity(64 * 1024, input);
    // A pipe may give them one by one.
    let mut head = Vec::new();
    list.readable(input.by_ref().take(foreign::LONGEST).read_to_end(&mut head))?;
    if let Some(problem) = problem(&head) {
        return Err(list.wrong(problem));
    }
    let mark = if head.starts_with(foreign::UTF_8_MARK) { foreign::UTF_8_MARK.len() } else { 0 };
    head.drain(..mark);
    Ok(Cursor::new(head).chain(input))
}

/// Skips blanks and line breaks; returns the number of the line that follows.
pub(super) fn skip_blanks(input: &mut impl BufRead, mut line: usize) -> io::Result<usize> {
    loop {
        let bytes = input.fill_buf()?;
        let blank = bytes.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        line += bytes[..blank].iter().filter(|byte| **byte == b'\n').count();
        let is_all = blank > 0 && blank == bytes.len();
        input.consume(blank);
        if !is_all {
            return Ok(line);
        }
    }
}
