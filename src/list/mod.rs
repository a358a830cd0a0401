//! Lists of what is to be signed: container images, or the names of files.
//!
//! A list is read as a stream, checked as a whole, and never longer in memory than what it lists: no line and no object may
//! be longer than [`LONGEST`]. Every error names the list, the line and the attribute.

mod array;
mod foreign;
mod lines;
mod names;
mod object;
mod place;
mod tsv;

use std::io::{self, BufRead, BufReader, Cursor, Read};

use crate::{
    error::Error,
    signing::{Image, Key},
};

use lines::Lines;
pub(crate) use names::{Ends, names};
use place::List;

/// The most bytes of a line, or of an object in an array.
const LONGEST: usize = 1 << 20;

/// An image of a list.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Listed {
    pub(crate) image: Image,
    /// The keys for this image only; none if it has no keys of its own.
    pub(crate) keys: Vec<Key>,
    /// The object as it was written, on one line, if it has other attributes.
    pub(crate) input: Option<Box<str>>,
}

/// Reads a list of images: a JSON array of objects, one object a line, or lines of reference, tab and digest. `name` is what
/// errors call it.
///
/// # Errors
/// [`Error::Argument`] for the first mistake; [`Error::InputFile`] if the list cannot be read.
pub(crate) fn images(name: &str, input: impl Read) -> Result<Vec<Listed>, Error> {
    let list = List { name };
    let mut input = without_head(&list, input, foreign::problem)?;
    let line = list.readable(skip_blanks(&mut input, 1))?;
    let first = list.readable(input.fill_buf())?.first().copied();
    let mut listed = Vec::new();
    match first {
        Some(b'[') => {
            let mut elements = array::Elements::new(list, input, line);
            while let Some((place, text)) = elements.next()? {
                listed.push(object::read(&place, &text)?);
            }
        }
        Some(first) => {
            let read = if first == b'{' { object::read } else { tsv::read };
            let mut lines = Lines::new(list, input, line);
            while let Some((place, text)) = lines.next()? {
                if first == b'{' || !text.starts_with('#') {
                    listed.push(read(&place, &text)?);
                }
            }
        }
        None => {}
    }
    if listed.is_empty() {
        return Err(list.empty("at least one image"));
    }
    Ok(listed)
}

/// The list without the mark that some programs put before UTF-8 text.
///
/// # Errors
/// [`Error::Argument`] if its first bytes are those of another kind of file, by `problem`.
fn without_head<R: Read>(
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
fn skip_blanks(input: &mut impl BufRead, mut line: usize) -> io::Result<usize> {
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

#[cfg(test)]
mod tests;
