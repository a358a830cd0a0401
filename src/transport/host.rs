//! A host as TLS needs it: the name to ask for, and what the broker's certificate is to be for.

use std::net::IpAddr;

/// Whom a certificate is to be for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Host<'a> {
    /// A name, without the dot at its end that some write (RFC 6066, 3).
    Name(&'a str),
    /// An address, which is never asked for by name.
    Address(IpAddr),
}

impl<'a> Host<'a> {
    /// Reads a host as URLs have it. The interface of an IPv6 address (`fe80::1%lo`, RFC 4007) is of this machine alone.
    pub(super) fn of(host: &'a str) -> Self {
        let address = host.split_once('%').map_or(host, |(address, _)| address);
        match address.parse() {
            Ok(address) => Self::Address(address),
            Err(_) => Self::Name(host.strip_suffix('.').unwrap_or(host)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_the_same_in_every_legal_spelling() {
        for (host, name) in [
            ("broker.example.com", "broker.example.com"),
            ("broker.example.com.", "broker.example.com"),
            ("Broker.EXAMPLE.com", "Broker.EXAMPLE.com"),
            ("under_score", "under_score"),
            ("xn--brker-jua.example.", "xn--brker-jua.example"),
            ("1broker", "1broker"),
        ] {
            assert_eq!(Host::of(host), Host::Name(name));
        }
        for (host, address) in [
            ("127.0.0.1", "127.0.0.1"),
            ("::1", "::1"),
            ("FE80::1", "fe80::1"),
            ("fe80::1%lo", "fe80::1"),
            ("fe80::1%3", "fe80::1"),
        ] {
            assert_eq!(Host::of(host), Host::Address(address.parse().unwrap()));
        }
    }
}
