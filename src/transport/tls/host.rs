//! The host of a URL, as TLS has it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What a broker's certificate must be for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Host {
    Name(String),
    Address(IpAddr),
}

impl Host {
    /// Reads each spelling that the system's look-up accepts. A certificate has neither the dot at the end of a complete
    /// name nor the zone of an IPv6 address, which means something only on this host.
    pub(super) fn of(text: &str) -> Self {
        let text = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
        let address = text.split_once('%').map_or(text, |(address, _zone)| address);
        if let Ok(address) = address.parse::<Ipv6Addr>() {
            return Self::Address(address.into());
        }
        match text.parse().ok().or_else(|| short_address(text)) {
            Some(address) => Self::Address(IpAddr::V4(address)),
            None => Self::Name(text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase()),
        }
    }

    /// The name for the broker's choice of a certificate; addresses are not sent (RFC 6066, 3).
    pub(super) fn name(&self) -> Option<&str> {
        match self {
            Self::Name(name) => Some(name),
            Self::Address(_) => None,
        }
    }
}

/// An IPv4 address of fewer or other numbers (`127.1`, `0x7f000001`), which inet_aton(3), and so the look-up, accepts.
fn short_address(text: &str) -> Option<Ipv4Addr> {
    let numbers = text.split('.').map(number).collect::<Option<Vec<u64>>>()?;
    let (&last, first) = numbers.split_last()?;
    if first.len() > 3 || first.iter().any(|&number| number > 0xff) {
        return None;
    }
    // The last number fills the octets that are left.
    let left = 8 * (4 - first.len() as u32);
    let high = first.iter().fold(0, |address, &number| address << 8 | number);
    let address = (last < 1 << left).then_some(high << left | last)?;
    u32::try_from(address).ok().map(Ipv4Addr::from)
}

/// A number as in C: hexadecimal, octal or decimal.
fn number(text: &str) -> Option<u64> {
    let (digits, radix) = match text.as_bytes() {
        [b'0', b'x' | b'X', ..] => (&text[2..], 16),
        [b'0', _, ..] => (&text[1..], 8),
        _ => (text, 10),
    };
    // A sign would be accepted otherwise.
    let is_plain = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_plain.then(|| u64::from_str_radix(digits, radix).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_spelling_of_a_host_is_one() {
        for (text, expected) in [
            ("broker.example.com", "broker.example.com"),
            ("Broker.EXAMPLE.com", "broker.example.com"),
            ("broker.example.com.", "broker.example.com"),
            ("localhost", "localhost"),
            ("under_score", "under_score"),
            ("xn--brker-jua.example.", "xn--brker-jua.example"),
            ("1broker", "1broker"),
            ("1.example", "1.example"),
            ("0x.example", "0x.example"),
            ("1.2.3.4.5", "1.2.3.4.5"),
            ("256.1.1.1", "256.1.1.1"),
            ("08.1", "08.1"),
        ] {
            assert_eq!(Host::of(text), Host::Name(expected.into()), "{text}");
        }
        for (text, expected) in [
            ("127.0.0.1", "127.0.0.1"),
            ("127.1", "127.0.0.1"),
            ("0x7f.1", "127.0.0.1"),
            ("0177.0.0.1", "127.0.0.1"),
            ("2130706433", "127.0.0.1"),
            ("10.258", "10.0.1.2"),
            ("4294967295", "255.255.255.255"),
            ("::1", "::1"),
            ("[::1]", "::1"),
            ("FE80::1%lo", "fe80::1"),
            ("fe80::1%25eth0", "fe80::1"),
            ("fe80::1%3", "fe80::1"),
            ("2001:DB8:0:0::7", "2001:db8::7"),
        ] {
            let host = Host::of(text);
            assert_eq!(host, Host::Address(expected.parse().unwrap()), "{text}");
            assert_eq!(host.name(), None);
        }
    }
}
