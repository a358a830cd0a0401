//! The client's packets (MQTT 5.0 and 3.1.1, chapter 3), read strictly: what a broker may take offence at is an error.

use super::cursor::{Cursor, Properties};

/// A packet of the client.
#[derive(Debug)]
pub(super) enum Packet {
    Connect(Connect),
    Subscribe { id: u16, filter: String, options: u8 },
    Publish(Publish),
    Puback { id: u16, code: u8 },
    Pingreq,
    Disconnect { code: u8, expiry: Option<u32> },
}

#[derive(Debug)]
pub(super) struct Connect {
    /// 4: MQTT 3.1.1; 5: MQTT 5.
    pub(super) level: u8,
    pub(super) clean: bool,
    /// In seconds; 0: none.
    pub(super) keep_alive: u16,
    pub(super) client_id: String,
    /// In seconds.
    pub(super) expiry: u32,
    pub(super) receive_maximum: Option<u32>,
    pub(super) announces_size: bool,
    pub(super) username: Option<String>,
    pub(super) password: Option<Vec<u8>>,
}

#[derive(Debug)]
pub(super) struct Publish {
    pub(super) id: u16,
    pub(super) dup: bool,
    pub(super) topic: String,
    pub(super) properties: Properties,
    pub(super) payload: Vec<u8>,
    /// All of it behind the fixed header.
    pub(super) content: Vec<u8>,
    /// The bytes of the whole packet.
    pub(super) size: usize,
}

/// Takes packets out of a stream.
#[derive(Debug, Default)]
pub(super) struct Reader {
    buffer: Vec<u8>,
    level: u8,
}

impl Reader {
    pub(super) fn feed(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The bytes of a packet that is not whole yet.
    pub(super) fn rest(&self) -> usize {
        self.buffer.len()
    }

    /// The next packet that is whole.
    pub(super) fn next(&mut self) -> Option<Result<Packet, String>> {
        let mut cursor = Cursor(&self.buffer);
        let first = cursor.number(1).ok()? as u8;
        let length = match cursor.variable() {
            Ok(length) => length as usize,
            Err(_) if self.buffer.len() < 5 => return None,
            Err(error) => return Some(Err(error)),
        };
        let body = cursor.take(length).ok()?.to_vec();
        let size = self.buffer.len() - cursor.0.len();
        self.buffer.drain(..size);
        Some(self.packet(first, &body, size).map_err(|error| format!("{first:#04x}: {error}")))
    }

    fn packet(&mut self, first: u8, body: &[u8], size: usize) -> Result<Packet, String> {
        let mut body = Cursor(body);
        match (first >> 4, first & 15) {
            (1, 0) => {
                let connect = connect(&mut body)?;
                self.level = connect.level;
                body.end()?;
                Ok(Packet::Connect(connect))
            }
            (3, flags) => {
                if flags & !8 != 2 {
                    return Err("not of QoS 1, or to be retained".into());
                }
                publish(&mut body, self.level, flags & 8 != 0, size).map(Packet::Publish)
            }
            (4, 0) => {
                let id = identifier(&mut body)?;
                let code = if body.0.is_empty() { 0 } else { body.number(1)? as u8 };
                if !body.0.is_empty() {
                    body.properties(&[0x1f, 0x26])?;
                }
                body.end()?;
                Ok(Packet::Puback { id, code })
            }
            (8, 2) => {
                let id = identifier(&mut body)?;
                if self.level == 5 {
                    body.properties(&[0x26])?;
                }
                let filter = body.text()?;
                let options = body.number(1)? as u8;
                body.end()?;
                Ok(Packet::Subscribe { id, filter, options })
            }
            (12, 0) => body.end().map(|()| Packet::Pingreq),
            (14, 0) => {
                let code = if body.0.is_empty() { 0 } else { body.number(1)? as u8 };
                let properties = if body.0.is_empty() {
                    Properties::default()
                } else {
                    body.properties(&[0x11, 0x1f, 0x26])?
                };
                body.end()?;
                let expiry = properties.numbers.get(&0x11).copied();
                Ok(Packet::Disconnect { code, expiry })
            }
            _ => Err("no such packet".into()),
        }
    }
}

fn identifier(body: &mut Cursor<'_>) -> Result<u16, String> {
    match body.number(2)? {
        0 => Err("packet id 0".into()),
        id => Ok(id as u16),
    }
}

fn connect(body: &mut Cursor<'_>) -> Result<Connect, String> {
    if body.bytes()? != b"MQTT" {
        return Err("not the name of the protocol".into());
    }
    let (level, flags) = (body.number(1)? as u8, body.number(1)?);
    if !matches!(level, 4 | 5) || flags & 0x3d != 0 {
        return Err(format!("level {level}, flags {flags:#04x}"));
    }
    let keep_alive = body.number(2)? as u16;
    let properties = if level == 5 {
        body.properties(&[0x11, 0x17, 0x19, 0x21, 0x22, 0x26, 0x27])?
    } else {
        Properties::default()
    };
    let number = |id| properties.numbers.get(&id).copied();
    if number(0x21) == Some(0) || number(0x27) == Some(0) || number(0x22).unwrap_or(0) > 0 {
        return Err("a limit that it may not have".into());
    }
    let client_id = body.text()?;
    let username = if flags & 0x80 != 0 { Some(body.text()?) } else { None };
    let password = if flags & 0x40 != 0 { Some(body.bytes()?.to_vec()) } else { None };
    Ok(Connect {
        level,
        clean: flags & 2 != 0,
        keep_alive,
        client_id,
        expiry: number(0x11).unwrap_or(0),
        receive_maximum: number(0x21),
        announces_size: number(0x27).is_some(),
        username,
        password,
    })
}

fn publish(body: &mut Cursor<'_>, level: u8, dup: bool, size: usize) -> Result<Publish, String> {
    let content = body.0.to_vec();
    let topic = body.text()?;
    if topic.is_empty() || topic.contains(['+', '#']) {
        return Err(format!("topic {topic:?}"));
    }
    let id = identifier(body)?;
    let properties = if level == 5 {
        body.properties(&[0x01, 0x02, 0x03, 0x08, 0x09, 0x26])?
    } else {
        Properties::default()
    };
    Ok(Publish { id, dup, topic, properties, payload: body.0.to_vec(), content, size })
}
