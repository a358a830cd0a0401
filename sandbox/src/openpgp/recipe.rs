//! A signed value in the making: what is signed, by whom, and how it is put down.

use openssl::error::ErrorStack;

use super::{
    SigningKey,
    armor::armored,
    key::now,
    packet::{self, Algorithm, Framing, compressed, literal, packet},
    signature::{BINARY, Statement, TEXT, in_packet},
};

/// The three forms of a signed value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// The content within signatures.
    Message,
    /// A text with a signature below it.
    Cleartext,
    /// A signature beside the content.
    Detached,
}

/// A signature in the making.
#[derive(Clone, Debug)]
pub(crate) struct By<'a> {
    pub(crate) key: &'a SigningKey,
    pub(crate) statement: Statement,
}

/// How a value is put down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Armor {
    /// Bytes.
    None,
    /// ASCII.
    Plain,
    /// ASCII with headers, and lines that end in CR LF.
    Adorned,
    /// ASCII after some text.
    Framed,
}

/// Signatures alone, as packets, and the bytes that they should be of.
pub type Parts = (Vec<u8>, Vec<u8>);

/// A signed value in the making.
#[derive(Clone, Debug)]
pub(crate) struct Recipe<'a> {
    pub(crate) form: Form,
    /// What the signatures are of.
    pub(crate) signed: Vec<u8>,
    /// The content that the value has.
    pub(crate) shown: Vec<u8>,
    pub(crate) by: Vec<By<'a>>,
    pub(crate) framing: Framing,
    pub(crate) file_name: String,
    /// Whether packets before the content announce the signatures after it, or these stand before it.
    pub(crate) one_pass: bool,
    /// Compressed packets within each other.
    pub(crate) compressions: Vec<Algorithm>,
    /// Bytes before and after the packets.
    pub(crate) before: Vec<u8>,
    pub(crate) after: Vec<u8>,
    pub(crate) armor: Armor,
}

impl<'a> Recipe<'a> {
    /// A good value, as signing servers make it: a claim as a binary message, a detached signature armored.
    pub(crate) fn new(form: Form, key: &'a SigningKey, content: &[u8]) -> Self {
        let kind = if form == Form::Cleartext { TEXT } else { BINARY };
        Self {
            form,
            signed: content.to_vec(),
            shown: content.to_vec(),
            by: vec![By { key, statement: Statement::new(kind, now()) }],
            framing: Framing::Current,
            file_name: String::new(),
            one_pass: true,
            compressions: Vec::new(),
            before: Vec::new(),
            after: Vec::new(),
            armor: if form == Form::Detached { Armor::Plain } else { Armor::None },
        }
    }

    /// Its bytes.
    pub(crate) fn made(&self) -> Result<Vec<u8>, ErrorStack> {
        if self.form == Form::Cleartext {
            return self.document();
        }
        let mut packets = match self.form {
            Form::Detached => self.signatures()?.concat(),
            _ => self.message()?,
        };
        packets = [&self.before[..], &packets, &self.after].concat();
        for algorithm in &self.compressions {
            let framing =
                if self.framing == Framing::Old { Framing::Indeterminate } else { self.framing };
            packets = packet(framing, packet::COMPRESSED, &compressed(*algorithm, &packets));
        }
        let kind = if self.form == Form::Detached { "SIGNATURE" } else { "MESSAGE" };
        Ok(match self.armor {
            Armor::None => packets,
            Armor::Plain => armored(kind, &[], &packets).into_bytes(),
            Armor::Adorned => {
                let headers = ["Version: 1", "Comment: signed: by the sandbox", "Comment: twice"];
                armored(kind, &headers, &packets).replace('\n', "\r\n").into_bytes()
            }
            Armor::Framed => format!("See below.\n\n{}", armored(kind, &[], &packets)).into_bytes(),
        })
    }

    /// What the signatures are of, as they hash it.
    fn hashed(&self, kind: u8) -> Vec<u8> {
        match (self.form, kind) {
            (Form::Cleartext, _) => {
                let lines: Vec<_> = self.signed.split(|byte| *byte == b'\n').collect();
                // Blanks at the end of a line are not signed (RFC 9580 part 7.2).
                let lines: Vec<_> = lines.into_iter().map(without_blanks).collect();
                lines.join(&b"\r\n"[..])
            }
            (_, TEXT) => {
                let lines = self.signed.split(|byte| *byte == b'\n');
                let lines: Vec<_> = lines.map(|l| l.strip_suffix(b"\r").unwrap_or(l)).collect();
                lines.join(&b"\r\n"[..])
            }
            _ => self.signed.clone(),
        }
    }

    /// Each in a packet.
    pub(crate) fn signatures(&self) -> Result<Vec<Vec<u8>>, ErrorStack> {
        let signature = |By { key, statement }: &By| {
            let hashed = self.hashed(statement.kind);
            Ok(in_packet(&statement.signed(key.signer(), &hashed)?))
        };
        self.by.iter().map(signature).collect()
    }

    /// The signatures, and what they should be of, if nothing else is odd or wrong.
    pub(crate) fn parts(&self, asked: &[u8]) -> Result<Option<Parts>, ErrorStack> {
        let plain = self.before.is_empty()
            && self.after.is_empty()
            && self.compressions.len() < 9
            && self.armor != Armor::Framed;
        if !plain || self.by.is_empty() || (self.form != Form::Detached && self.signed != asked) {
            return Ok(None);
        }
        let of = if self.form == Form::Detached { asked } else { &self.shown };
        let of = Self { signed: of.to_vec(), ..self.clone() }.hashed(self.by[0].statement.kind);
        Ok(Some((self.signatures()?.concat(), of)))
    }

    /// One-pass signatures, the content, and signatures in reverse order.
    fn message(&self) -> Result<Vec<u8>, ErrorStack> {
        let content = literal(&self.file_name, &self.shown);
        let content = packet(self.framing, packet::LITERAL, &content);
        let mut signatures = self.signatures()?;
        if !self.one_pass {
            return Ok([signatures.concat(), content].concat());
        }
        let mut packets = Vec::new();
        for (index, By { key, statement }) in self.by.iter().enumerate() {
            let announced = statement.announced(key.signer(), index + 1 == self.by.len())?;
            packets.extend(packet(Framing::Current, packet::ONE_PASS, &announced));
        }
        packets.extend(content);
        signatures.reverse();
        Ok([packets, signatures.concat()].concat())
    }

    /// The cleartext signature framework (RFC 9580 part 7); the text keeps its bytes, whatever their encoding.
    fn document(&self) -> Result<Vec<u8>, ErrorStack> {
        let mut document = self.before.clone();
        document.extend(b"-----BEGIN PGP SIGNED MESSAGE-----\n");
        for By { statement, .. } in &self.by {
            document.extend(format!("Hash: {}\n", statement.hash.name()).as_bytes());
        }
        document.push(b'\n');
        for line in self.shown.split(|byte| *byte == b'\n') {
            if line.starts_with(b"-") {
                document.extend(b"- ");
            }
            document.extend(line);
            document.push(b'\n');
        }
        let headers: &[_] = if self.armor == Armor::Adorned { &["Comment: below"] } else { &[] };
        let signatures = self.signatures()?.concat();
        if !signatures.is_empty() {
            document.extend(armored("SIGNATURE", headers, &signatures).as_bytes());
        }
        document.extend(&self.after);
        Ok(document)
    }
}

fn without_blanks(line: &[u8]) -> &[u8] {
    let last = line.iter().rposition(|byte| !b" \t\r".contains(byte));
    &line[..last.map_or(0, |at| at + 1)]
}
