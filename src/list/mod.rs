//! Lists of what is to be signed: container images, or the names of files.
//!
//! A list is read as a stream, checked as a whole, and never longer in memory than what it lists: no line and no object may
//! be longer than [`bytes::LONGEST`]. Every error names the list, the line and the attribute.

mod array;
mod bytes;
mod foreign;
mod lines;
mod listed;
mod names;
mod object;
mod place;
mod tsv;

use std::io::{BufRead, Read};

use crate::error::Error;

use bytes::{skip_blanks, without_head};
use lines::Lines;
pub(crate) use listed::Listed;
pub(crate) use names::{Ends, names};
use place::List;

/// Reads a list of images: a JSON array of objects, one object a line, or lines of reference, tab and digest. `name` is what
/// errors call it. In a batch, several keys have names.
///
/// # Errors
/// [`Error::Argument`] for the first mistake; [`Error::InputFile`] if the list cannot be read.
pub(crate) fn images(name: &str, input: impl Read, is_batch: bool) -> Result<Vec<Listed>, Error> {
    let list = List { name };
    let mut input = without_head(&list, input, foreign::problem)?;
    let line = list.readable(skip_blanks(&mut input, 1))?;
    let first = list.readable(input.fill_buf())?.first().copied();
    let mut listed = Vec::new();
    match first {
        Some(b'[') => {
            let mut elements = array::Elements::new(list, input, line);
            while let Some((place, text)) = elements.next()? {
                listed.push(object::read(&place, &text, is_batch)?);
            }
        }
        Some(first) => {
            let mut lines = Lines::new(list, input, line);
            while let Some((place, text)) = lines.next()? {
                match first {
                    b'{' => listed.push(object::read(&place, &text, is_batch)?),
                    _ if text.starts_with('#') => {}
                    _ => listed.push(tsv::read(&place, &text)?),
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

#[cfg(test)]
mod tests;
