//! Messages of AMQP 1.0 (part 3.2): the text in a request, and a reply around a text.

const DATA: u8 = 0x75;
const VALUE: u8 = 0x77;

/// The bytes of the body: a text or binary as a value, or data.
pub(crate) fn body(message: &[u8]) -> Option<&[u8]> {
    let mut rest = message;
    loop {
        let section = match rest {
            [0, 0x53, code, ..] => {
                rest = &rest[3..];
                *code
            }
            [0, 0x80, 0, 0, 0, 0, 0, 0, 0, code, ..] => {
                rest = &rest[10..];
                *code
            }
            _ => return None,
        };
        let (content, after) = variable(rest)?;
        match section {
            DATA | VALUE => return Some(content),
            _ => rest = after,
        }
    }
}

/// The content of a value of variable width, and what comes after it.
fn variable(value: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&constructor, rest) = value.split_first()?;
    match constructor >> 4 {
        4 => Some((&[], rest)),
        0xa | 0xc => {
            let (&size, rest) = rest.split_first()?;
            rest.split_at_checked(size.into())
        }
        0xb | 0xd => {
            let (size, rest) = rest.split_first_chunk()?;
            rest.split_at_checked(u32::from_be_bytes(*size) as usize)
        }
        _ => None,
    }
}

/// Everything of a reply before its text, whose size is the last four bytes.
pub(crate) fn head(properties: &[(&str, &str)]) -> Vec<u8> {
    let mut map = vec![2 * properties.len() as u8];
    for text in properties.iter().flat_map(|(name, value)| [name, value]) {
        map.extend([0xa1, text.len() as u8]);
        map.extend(text.as_bytes());
    }
    let mut head = vec![0, 0x53, 0x74, 0xc1, map.len() as u8];
    head.extend(map);
    head.extend([0, 0x53, VALUE, 0xb1, 0, 0, 0, 0]);
    head
}

/// Ends a message that began with [`head`] of that length: its text is complete.
pub(crate) fn finish(message: &mut [u8], head: usize) {
    let size = (message.len() - head) as u32;
    message[head - 4..head].copy_from_slice(&size.to_be_bytes());
}
