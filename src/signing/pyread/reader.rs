//! Reads JSON, and prints it into the memory that it is read from.

use super::{Kind, Node, buffer::Buffer, scan};
use crate::signing::pyjson;

/// More values than this are refused; the replies of signing servers have far fewer.
pub(super) const MAX_VALUES: usize = 1_000_000;

/// Lists and objects are not nested deeper.
const MAX_DEPTH: usize = 127;

/// Reads one text.
pub(super) struct Reader {
    bytes: Buffer,
    /// The number of the line that is read, and the place in the message where it begins.
    line: (usize, usize),
    nodes: Vec<Node>,
    /// The lists and objects that have begun and not ended.
    open: Vec<usize>,
    values: usize,
    /// What a character is printed as.
    escaped: Vec<u8>,
}

impl Reader {
    pub(super) fn new(bytes: Vec<u8>) -> Self {
        let (nodes, open) = (Vec::with_capacity(64), Vec::new());
        Self {
            bytes: Buffer::new(bytes),
            line: (1, 0),
            nodes,
            open,
            values: 0,
            escaped: Vec::new(),
        }
    }

    /// Returns the beginning of a list that has the value so far, and where its parts are.
    pub(super) fn read(mut self) -> Result<(Vec<u8>, Vec<Node>), String> {
        if self.bytes.rest().starts_with("\u{feff}".as_bytes()) {
            self.bytes.put_instead(3, b"");
        }
        self.bytes.put_instead(0, b"[");
        self.blanks();
        loop {
            let mut is_whole = self.value()?;
            while is_whole {
                self.blanks();
                let Some(&of) = self.open.last() else {
                    return if self.bytes.rest().is_empty() {
                        Ok((self.bytes.into_printed(), self.nodes))
                    } else {
                        Err(self.fault("expected nothing after the value"))
                    };
                };
                is_whole = self.goes_on(of)?;
            }
        }
    }

    /// Reads the comma after a part, and returns false; or the end, and returns true.
    fn goes_on(&mut self, of: usize) -> Result<bool, String> {
        let is_object = self.nodes[of].kind == Kind::Object;
        let end = if is_object { b'}' } else { b']' };
        match self.bytes.next() {
            Some(b',') => {
                self.separate(b", ");
                if is_object {
                    self.name()?;
                }
                Ok(false)
            }
            Some(byte) if byte == end => {
                self.open.pop();
                self.bytes.copy(1);
                let (end, next) = (self.bytes.printed(), self.nodes.len());
                let node = &mut self.nodes[of];
                (node.end, node.next) = (end, next);
                Ok(true)
            }
            _ if is_object => Err(self.fault("expected \",\" or \"}\"")),
            _ => Err(self.fault("expected \",\" or \"]\"")),
        }
    }

    /// Reads a value; returns whether it is whole, and not a list or object that only begins.
    fn value(&mut self) -> Result<bool, String> {
        self.values += 1;
        if self.values > MAX_VALUES {
            return Err("it holds more than a million values".to_owned());
        }
        match self.bytes.next() {
            Some(b'"') => self.string()?,
            Some(b'{') => return self.begin(Kind::Object, b"{}"),
            Some(b'[') => return self.begin(Kind::List, b"[]"),
            Some(b'-' | b'0'..=b'9') if !self.bytes.rest().starts_with(b"-I") => {
                self.number()?;
            }
            _ => self.word()?,
        }
        Ok(true)
    }

    fn begin(&mut self, kind: Kind, signs: &[u8; 2]) -> Result<bool, String> {
        if self.open.len() == MAX_DEPTH {
            return Err("its JSON is nested 128 levels deep or deeper".to_owned());
        }
        self.open.push(self.nodes.len());
        let start = self.bytes.printed();
        self.bytes.copy(1);
        self.push(kind, start, true);
        self.blanks();
        if self.bytes.next() == Some(signs[1]) {
            return self.goes_on(self.nodes.len() - 1);
        }
        if kind == Kind::Object {
            self.name()?;
        }
        Ok(false)
    }

    /// Reads a name and the colon after it.
    fn name(&mut self) -> Result<(), String> {
        if self.bytes.next() != Some(b'"') {
            return Err(self.fault("expected a name in quotation marks"));
        }
        self.string()?;
        self.blanks();
        if self.bytes.next() != Some(b':') {
            return Err(self.fault("expected \":\""));
        }
        self.separate(b": ");
        Ok(())
    }

    fn word(&mut self) -> Result<(), String> {
        const WORDS: [(&[u8], &[u8], Kind); 6] = [
            (b"null", b"null", Kind::Null),
            (b"true", b"true", Kind::Bool),
            (b"false", b"false", Kind::Bool),
            (b"NaN", b"null", Kind::Null),
            (b"Infinity", b"Infinity", Kind::Number),
            (b"-Infinity", b"-Infinity", Kind::Number),
        ];
        let rest = self.bytes.rest();
        let Some((word, printed, kind)) = WORDS.iter().find(|(word, ..)| rest.starts_with(word))
        else {
            return Err(self.fault("expected a value"));
        };
        let start = self.bytes.printed();
        if word == printed {
            self.bytes.copy(word.len());
        } else {
            self.bytes.put_instead(word.len(), printed);
        }
        self.push(*kind, start, true);
        Ok(())
    }

    fn number(&mut self) -> Result<(), String> {
        let Some(length) = scan::number(self.bytes.rest()) else {
            return Err(self.fault("expected a number"));
        };
        let start = self.bytes.printed();
        let text = &self.bytes.rest()[..length];
        if text != b"-0" && text.iter().all(|byte| byte.is_ascii_digit() || *byte == b'-') {
            self.bytes.copy(length);
        } else {
            let text = String::from_utf8_lossy(text).into_owned();
            self.bytes.put_instead(length, pyjson::number(&text).as_bytes());
        }
        self.push(Kind::Number, start, true);
        Ok(())
    }

    /// Reads a string: runs of plain characters, and between them what is printed otherwise or not plain.
    fn string(&mut self) -> Result<(), String> {
        let start = self.bytes.printed();
        let mut is_plain = true;
        self.bytes.copy(1);
        loop {
            self.bytes.copy(pyjson::plain(self.bytes.rest()));
            match self.bytes.next() {
                Some(b'"') => {
                    self.bytes.copy(1);
                    self.push(Kind::String, start, is_plain);
                    return Ok(());
                }
                Some(b'\\') => self.escape(&mut is_plain)?,
                Some(0..b' ') => return Err(self.fault("a control character in a string")),
                Some(_) => {
                    is_plain = false;
                    let c = self.character()?;
                    self.put_character(c.len_utf8(), c);
                }
                None => return Err(self.fault("expected the end of a string")),
            }
        }
    }

    fn escape(&mut self, is_plain: &mut bool) -> Result<(), String> {
        let rest = self.bytes.rest();
        match rest.get(1) {
            Some(b'/') => self.bytes.put_instead(2, b"/"),
            Some(b'"' | b'\\' | b'b' | b'f' | b'n' | b'r' | b't') => {
                *is_plain = false;
                self.bytes.copy(2);
            }
            Some(b'u') => {
                let Some((length, c)) = scan::escaped(rest) else {
                    return Err(self.fault("expected four hexadecimal digits after \"\\u\""));
                };
                *is_plain &= scan::is_plain(c);
                self.put_character(length, c);
            }
            _ => return Err(self.fault("an unknown escape in a string")),
        }
        Ok(())
    }

    /// The character that is next, not of ASCII.
    fn character(&self) -> Result<char, String> {
        let place = self.bytes.place();
        scan::character(self.bytes.rest())
            .ok_or_else(|| format!("it is not UTF-8 from byte {place} on"))
    }

    /// Prints a character of a string in place of what stands for it.
    fn put_character(&mut self, length: usize, c: char) {
        self.escaped.clear();
        if scan::is_plain(c) {
            self.escaped.push(c as u8);
        } else {
            pyjson::escape(&mut self.escaped, c);
        }
        self.bytes.put_instead(length, &self.escaped);
    }

    fn push(&mut self, kind: Kind, start: usize, is_plain: bool) {
        let next = self.nodes.len() + 1;
        self.nodes.push(Node { kind, is_plain, start, end: self.bytes.printed(), next });
    }

    /// Reads a comma or colon, and the blanks after it.
    fn separate(&mut self, printed: &[u8; 2]) {
        if self.bytes.rest().starts_with(printed) {
            self.bytes.copy(2);
        } else {
            self.bytes.put_instead(1, printed);
        }
        self.blanks();
    }

    fn blanks(&mut self) {
        let rest = self.bytes.rest();
        let is_blank = |byte: &&u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
        let length = rest.iter().take_while(is_blank).count();
        if length == 0 {
            return;
        }
        let breaks = || rest[..length].iter().enumerate().filter(|(_, byte)| **byte == b'\n');
        if let Some((last, _)) = breaks().next_back() {
            self.line = (self.line.0 + breaks().count(), self.bytes.place() + last + 1);
        }
        self.bytes.put_instead(length, b"");
    }

    fn fault(&self, problem: &str) -> String {
        let (line, start) = self.line;
        let place = self.bytes.place();
        match std::str::from_utf8(self.bytes.rest()) {
            Ok(_) => {
                format!("it is not JSON: {problem} at line {line} column {}", place - start + 1)
            }
            Err(error) => format!("it is not UTF-8 from byte {} on", place + error.valid_up_to()),
        }
    }
}
