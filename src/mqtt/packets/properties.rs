//! Reading the properties of a packet (§2.2.2).

/// The value of a property.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Value<'a> {
    Number(u32),
    /// A text, which may not be UTF-8, or a binary value.
    Bytes(&'a [u8]),
    Pair(&'a [u8], &'a [u8]),
}

/// The properties of a packet, up to one that is not known or not whole.
pub(super) struct Properties<'a> {
    rest: &'a [u8],
}

impl<'a> Properties<'a> {
    /// Reads these bytes, without the length that comes before them.
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    fn value(&mut self, id: u8) -> Option<Value<'a>> {
        let rest = &mut self.rest;
        Some(match id {
            0x01 | 0x17 | 0x19 | 0x24 | 0x25 | 0x28 | 0x29 | 0x2a => {
                Value::Number(take::<1>(rest)?[0].into())
            }
            0x13 | 0x21 | 0x22 | 0x23 => Value::Number(u16::from_be_bytes(take(rest)?).into()),
            0x02 | 0x11 | 0x18 | 0x27 => Value::Number(u32::from_be_bytes(take(rest)?)),
            0x0b => Value::Number(take_length(rest)?.try_into().ok()?),
            0x03 | 0x08 | 0x09 | 0x12 | 0x15 | 0x16 | 0x1a | 0x1c | 0x1f => {
                Value::Bytes(take_bytes(rest)?)
            }
            0x26 => Value::Pair(take_bytes(rest)?, take_bytes(rest)?),
            _ => return None,
        })
    }
}

impl<'a> Iterator for Properties<'a> {
    type Item = (u8, Value<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let [id] = take(&mut self.rest)?;
        let value = self.value(id);
        if value.is_none() {
            self.rest = &[];
        }
        Some((id, value?))
    }
}

/// Takes that many bytes from the front.
pub(super) fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, left) = rest.split_first_chunk()?;
    *rest = left;
    Some(*taken)
}

/// Takes a text or a binary value, without the length before it.
pub(super) fn take_bytes<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let mut after = *rest;
    let length = u16::from_be_bytes(take(&mut after)?);
    let (taken, left) = after.split_at_checked(length.into())?;
    *rest = left;
    Some(taken)
}

/// Takes a variable byte integer (§1.5.5); `None` if it is not whole, or longer than four bytes.
pub(super) fn take_length(rest: &mut &[u8]) -> Option<usize> {
    let mut value = 0;
    for (place, byte) in rest.iter().enumerate().take(4) {
        value |= usize::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            *rest = &rest[place + 1..];
            return Some(value);
        }
    }
    None
}
