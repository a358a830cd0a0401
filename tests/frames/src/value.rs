//! The values of AMQP 1.0 part 1.6.

/// A value of AMQP's type system.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value {
    /// No value.
    #[default]
    Null,
    /// True or false.
    Bool(bool),
    /// An unsigned integer of 8 bits.
    Ubyte(u8),
    /// An unsigned integer of 16 bits.
    Ushort(u16),
    /// An unsigned integer of 32 bits.
    Uint(u32),
    /// An unsigned integer of 64 bits.
    Ulong(u64),
    /// A signed integer of 8 bits.
    Byte(i8),
    /// A signed integer of 16 bits.
    Short(i16),
    /// A signed integer of 32 bits.
    Int(i32),
    /// A signed integer of 64 bits.
    Long(i64),
    /// A number of IEEE 754 binary32.
    Float(f32),
    /// A number of IEEE 754 binary64.
    Double(f64),
    /// The bytes of a number of IEEE 754 decimal32.
    Decimal32([u8; 4]),
    /// The bytes of a number of IEEE 754 decimal64.
    Decimal64([u8; 8]),
    /// The bytes of a number of IEEE 754 decimal128.
    Decimal128([u8; 16]),
    /// A character of Unicode, as UTF-32; any other number too.
    Char(u32),
    /// Milliseconds since 1970.
    Timestamp(i64),
    /// A UUID.
    Uuid([u8; 16]),
    /// Bytes.
    Binary(Vec<u8>),
    /// A text.
    String(String),
    /// A name.
    Symbol(String),
    /// Values in order.
    List(Vec<Self>),
    /// Keys and their values, in order; the keys may repeat.
    Map(Vec<(Self, Self)>),
    /// Values of one type.
    Array(Vec<Self>),
    /// A value with its descriptor.
    Described(Box<Self>, Box<Self>),
    /// Bytes that are written as they are, for what no other value can express. Never read.
    Raw(Vec<u8>),
}

impl Value {
    /// A name.
    pub fn symbol(name: &str) -> Self {
        Self::Symbol(name.to_owned())
    }

    /// An array of names.
    pub fn symbols(names: &[&str]) -> Self {
        Self::Array(names.iter().map(|name| Self::symbol(name)).collect())
    }

    /// A map whose keys are names.
    pub fn map(pairs: &[(&str, Self)]) -> Self {
        Self::Map(pairs.iter().map(|(key, value)| (Self::symbol(key), value.clone())).collect())
    }

    /// A list under a numeric descriptor, as all that the specification defines is.
    pub fn described(code: u8, fields: Vec<Self>) -> Self {
        Self::Described(Box::new(Self::Ulong(code.into())), Box::new(Self::List(fields)))
    }

    /// The text of a string or symbol.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) | Self::Symbol(text) => Some(text),
            _ => None,
        }
    }

    /// The bytes of a binary, string or symbol.
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Binary(bytes) => Some(bytes),
            other => other.as_str().map(str::as_bytes),
        }
    }

    /// An unsigned integer of any width.
    pub fn as_u64(&self) -> Option<u64> {
        match *self {
            Self::Ubyte(number) => Some(number.into()),
            Self::Ushort(number) => Some(number.into()),
            Self::Uint(number) => Some(number.into()),
            Self::Ulong(number) => Some(number),
            _ => None,
        }
    }

    /// An unsigned integer of any width, if 32 bits hold it.
    pub fn as_u32(&self) -> Option<u32> {
        self.as_u64()?.try_into().ok()
    }

    /// True or false.
    pub fn as_bool(&self) -> Option<bool> {
        if let Self::Bool(value) = self { Some(*value) } else { None }
    }

    /// The members of a list or array.
    pub fn as_list(&self) -> Option<&[Self]> {
        if let Self::List(members) | Self::Array(members) = self { Some(members) } else { None }
    }

    /// The pairs of a map.
    pub fn as_map(&self) -> Option<&[(Self, Self)]> {
        if let Self::Map(pairs) = self { Some(pairs) } else { None }
    }

    /// The value of the first such key of a map.
    pub fn get(&self, key: &str) -> Option<&Self> {
        let pairs = self.as_map()?;
        pairs.iter().find(|(name, _)| name.as_str() == Some(key)).map(|(_, value)| value)
    }

    /// Numeric descriptor and fields of a described list, such as an outcome, error or terminus.
    pub fn as_described(&self) -> Option<(u64, &[Self])> {
        let Self::Described(descriptor, value) = self else { return None };
        Some((descriptor.as_u64()?, value.as_list()?))
    }

    /// Whether there is no value.
    pub fn is_null(&self) -> bool {
        *self == Self::Null
    }
}

macro_rules! from {
    ($($from:ty => $variant:ident)+) => {
        $(impl From<$from> for Value {
            fn from(value: $from) -> Self {
                Self::$variant(value.into())
            }
        })+
    };
}

from! {
    bool => Bool
    u8 => Ubyte
    u16 => Ushort
    u32 => Uint
    u64 => Ulong
    i32 => Int
    i64 => Long
    &str => String
    String => String
    &[u8] => Binary
    Vec<u8> => Binary
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}
