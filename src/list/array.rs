//! A JSON array, divided into the texts of its elements.

use std::io::BufRead;

use super::{
    bytes::{LONGEST, skip_blanks},
    place::{List, Place},
};
use crate::error::{Error, printable};

/// The objects of an array, one after the other.
pub(super) struct Elements<'a, R> {
    list: List<'a>,
    input: R,
    /// The number of the line that is read.
    line: usize,
    /// How many elements there have been.
    count: usize,
}

impl<'a, R: BufRead> Elements<'a, R> {
    /// The elements of the array that begins on this line.
    pub(super) fn new(list: List<'a>, input: R, line: usize) -> Self {
        Self { list, input, line, count: 0 }
    }

    /// The next object with its place.
    ///
    /// # Errors
    /// [`Error::Argument`] for anything else than an object, and what is between objects and no comma.
    pub(super) fn next(&mut self) -> Result<Option<(Place<'a>, String)>, Error> {
        let is_first = self.count == 0;
        if is_first {
            // The bracket.
            self.byte()?;
        }
        let mut found = self.visible()?;
        if !is_first {
            match found {
                Some(b',') => {
                    self.byte()?;
                    found = self.visible()?;
                    if found == Some(b']') {
                        return Err(self.here().wrong("a comma before \"]\"; remove it"));
                    }
                }
                Some(b']') | None => {}
                Some(other) => {
                    let problem = format!("expected a comma or \"]\", found {}", shown(other));
                    return Err(self.here().wrong(problem));
                }
            }
        }
        match found {
            Some(b']') => self.end().map(|()| None),
            Some(b'{') => {
                self.count += 1;
                let place = self.here().element(self.count);
                let text = self.object(place)?;
                match String::from_utf8(text) {
                    Ok(text) => Ok(Some((place, text))),
                    Err(_) => {
                        Err(place.wrong("is no UTF-8 text; convert the list (iconv -t UTF-8)"))
                    }
                }
            }
            Some(other) => {
                let place = self.here().element(self.count + 1);
                Err(place.wrong(format!("expected an object, found {}", shown(other))))
            }
            None => Err(self.here().wrong(CUT_OFF)),
        }
    }

    /// The text of an object, up to the brace that ends it.
    fn object(&mut self, place: Place<'_>) -> Result<Vec<u8>, Error> {
        let mut text = Vec::new();
        let (mut depth, mut is_in_string, mut is_escaped) = (0_usize, false, false);
        loop {
            let Some(byte) = self.byte()? else { return Err(place.wrong(CUT_OFF)) };
            text.push(byte);
            if text.len() > LONGEST {
                let problem =
                    format!("is longer than {LONGEST} bytes; is a quote or brace missing?");
                return Err(place.wrong(problem));
            }
            match byte {
                _ if is_escaped => is_escaped = false,
                b'\\' if is_in_string => is_escaped = true,
                b'"' => is_in_string = !is_in_string,
                b'\n' if is_in_string => {
                    return Err(place.wrong("a string has no end on its line; is a quote missing?"));
                }
                _ if is_in_string => {}
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return Ok(text);
            }
        }
    }

    /// What follows the array: nothing.
    fn end(&mut self) -> Result<(), Error> {
        self.byte()?;
        match self.visible()? {
            None => Ok(()),
            Some(other) => {
                let found = shown(other);
                Err(self.here().wrong(format!("expected nothing after the array, found {found}")))
            }
        }
    }

    fn here(&self) -> Place<'a> {
        self.list.line(self.line)
    }

    /// The next byte that is no blank, which is still to be read.
    fn visible(&mut self) -> Result<Option<u8>, Error> {
        self.line = self.list.readable(skip_blanks(&mut self.input, self.line))?;
        Ok(self.list.readable(self.input.fill_buf())?.first().copied())
    }

    fn byte(&mut self) -> Result<Option<u8>, Error> {
        let byte = self.list.readable(self.input.fill_buf())?.first().copied();
        if let Some(byte) = byte {
            self.input.consume(1);
            self.line += usize::from(byte == b'\n');
        }
        Ok(byte)
    }
}

const CUT_OFF: &str = "the list ends within the array; is it cut off?";

/// A byte of something unexpected.
fn shown(byte: u8) -> String {
    match byte {
        b'"' => "a string".into(),
        b'n' => "null".into(),
        b'[' => "an array".into(),
        b'-' | b'0'..=b'9' => "a number".into(),
        byte if byte.is_ascii() => format!("\"{}\"", printable(&char::from(byte).to_string())),
        byte => format!("the byte 0x{byte:02x}"),
    }
}
