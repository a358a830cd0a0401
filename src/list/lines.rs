//! The lines of a list.

use std::io::{BufRead, Read};

use super::{
    bytes::LONGEST,
    place::{List, Place},
};
use crate::error::Error;

/// The lines of a list that are not blank, without their ends.
pub(super) struct Lines<'a, R> {
    list: List<'a>,
    input: R,
    next: usize,
}

impl<'a, R: BufRead> Lines<'a, R> {
    /// The lines of the rest of a list; `next` is the number of the first.
    pub(super) fn new(list: List<'a>, input: R, next: usize) -> Self {
        Self { list, input, next }
    }

    /// The next line with its place.
    ///
    /// # Errors
    /// [`Error::Argument`] for one that is too long, or no UTF-8 text.
    pub(super) fn next(&mut self) -> Result<Option<(Place<'a>, String)>, Error> {
        let Some((place, bytes)) = self.bytes()? else { return Ok(None) };
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Some((place, text))),
            Err(_) => Err(place.wrong("is no UTF-8 text; convert the list (iconv -t UTF-8)")),
        }
    }

    /// The same of any bytes.
    pub(super) fn bytes(&mut self) -> Result<Option<(Place<'a>, Vec<u8>)>, Error> {
        loop {
            let place = self.list.line(self.next);
            let mut line = Vec::new();
            let mut limited = self.input.by_ref().take(LONGEST as u64 + 1);
            if self.list.readable(limited.read_until(b'\n', &mut line))? == 0 {
                return Ok(None);
            }
            if line.len() > LONGEST {
                let problem = format!("is longer than {LONGEST} bytes: expected one item a line");
                return Err(place.wrong(problem));
            }
            self.next += 1;
            if line.last() == Some(&b'\n') {
                line.pop();
            }
            if line.last() == Some(&b'\r') {
                line.pop();
            }
            if !line.trim_ascii().is_empty() {
                return Ok(Some((place, line)));
            }
        }
    }
}
