//! Values of the fuzzer's choice, valid and invalid ones.

use amqp_frames::Value;
use arbitrary::{Arbitrary, Result, Unstructured};

/// How deep values of the fuzzer's choice may be nested.
const DEPTH: u8 = 8;

/// Any value.
#[derive(Clone, Debug)]
pub(crate) struct Any(pub(crate) Value);

impl<'a> Arbitrary<'a> for Any {
    fn arbitrary(bytes: &mut Unstructured<'a>) -> Result<Self> {
        value(bytes, DEPTH).map(Self)
    }
}

/// The values themselves.
pub(crate) fn plain(values: &[Any]) -> Vec<Value> {
    values.iter().map(|any| any.0.clone()).collect()
}

fn value(bytes: &mut Unstructured<'_>, depth: u8) -> Result<Value> {
    // Values above 16 contain other values.
    let last = if depth == 0 { 16 } else { 19 };
    Ok(match bytes.int_in_range(0..=last)? {
        0 => Value::Null,
        1 => Value::Bool(bytes.arbitrary()?),
        2 => Value::Ubyte(bytes.arbitrary()?),
        3 => Value::Ushort(bytes.arbitrary()?),
        4 => Value::Uint(bytes.arbitrary()?),
        5 => Value::Ulong(bytes.arbitrary()?),
        6 => Value::Int(bytes.arbitrary()?),
        7 => Value::Long(bytes.arbitrary()?),
        8 => Value::Double(bytes.arbitrary()?),
        9 => Value::Timestamp(bytes.arbitrary()?),
        10 => Value::Uuid(bytes.arbitrary()?),
        11 => Value::Binary(bytes.arbitrary()?),
        12 => Value::String(bytes.arbitrary()?),
        13 => Value::Symbol(bytes.arbitrary()?),
        14 => Value::Raw(bytes.arbitrary()?),
        15 => {
            // An array that need not have as many members as it claims.
            let (count, members): (u32, Vec<u8>) = bytes.arbitrary()?;
            Value::Raw(sized(0xf0, members.len() as u32 + 4, count, &members))
        }
        // A type whose size need not be that of what follows.
        16 => Value::Raw(sized(
            bytes.arbitrary()?,
            bytes.arbitrary()?,
            bytes.arbitrary()?,
            bytes.arbitrary()?,
        )),
        17 => Value::List(values(bytes, depth)?),
        18 => {
            let (keys, values) = (values(bytes, depth)?, values(bytes, depth)?);
            Value::Map(keys.into_iter().zip(values).collect())
        }
        _ => {
            let (descriptor, described) = (value(bytes, depth - 1)?, value(bytes, depth - 1)?);
            Value::Described(Box::new(descriptor), Box::new(described))
        }
    })
}

fn values(bytes: &mut Unstructured<'_>, depth: u8) -> Result<Vec<Value>> {
    let count = bytes.int_in_range(0..=7)?;
    (0..count).map(|_| value(bytes, depth - 1)).collect()
}

fn sized(constructor: u8, size: u32, count: u32, rest: &[u8]) -> Vec<u8> {
    [&[constructor], &size.to_be_bytes()[..], &count.to_be_bytes(), rest].concat()
}
