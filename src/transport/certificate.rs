//! Certificates in PEM blocks: plain ones, and those that say what they are trusted for.

use openssl::x509::{X509, X509NameRef, X509Ref};

use super::{
    der::{self, Element},
    pem::Block,
};
use crate::error::printable;

/// serverAuth, 1.3.6.1.5.5.7.3.1.
const SERVER: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 1];
/// anyExtendedKeyUsage, 2.5.29.37.0.
const ANY: &[u8] = &[0x55, 0x1d, 0x25, 0];

/// A certificate, and whether it may vouch for brokers.
pub(super) struct Certificate {
    pub(super) x509: X509,
    pub(super) serves: bool,
}

/// Whether the block's label is that of a certificate.
pub(super) fn is_one(block: &Block) -> bool {
    matches!(block.label.as_str(), "CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE")
}

/// The certificate in a block; `None` if it is damaged.
pub(super) fn of(block: &Block) -> Option<Certificate> {
    let der = block.der()?;
    let (certificate, after) = der::first(&der)?;
    let x509 = X509::from_der(certificate.whole).ok()?;
    let serves = block.label != "TRUSTED CERTIFICATE" || after.is_empty() || serves(after)?;
    Some(Certificate { x509, serves })
}

/// What OpenSSL appends to a trusted certificate (x509(1), "Trust Settings"): a list of uses it is trusted for, and, with
/// the tag 0, one of those that it must not be used for. A list without the use refuses it.
fn serves(settings: &[u8]) -> Option<bool> {
    let (settings, _) = der::first(settings)?;
    let names = |list: Element<'_>| {
        der::elements(list.content)
            .any(|use_| use_.tag == der::OBJECT_IDENTIFIER && [SERVER, ANY].contains(&use_.content))
    };
    Some(der::elements(settings.content).all(|list| match list.tag {
        der::SEQUENCE => names(list),
        0xa0 => !names(list),
        _ => true,
    }))
}

/// A subject or issuer, such as `CN=broker, O=Example`.
pub(super) fn name(name: &X509NameRef) -> String {
    let parts: Vec<_> = name
        .entries()
        .map(|entry| {
            let kind = entry.object().nid().short_name().unwrap_or("?");
            let value = entry.data().to_string().unwrap_or_default();
            format!("{kind}={value}")
        })
        .collect();
    if parts.is_empty() { "(no name)".into() } else { printable(&parts.join(", ")) }
}

/// Whether two names are the same, however they are encoded.
pub(super) fn is_same_name(one: &X509NameRef, other: &X509NameRef) -> bool {
    one.try_cmp(other).is_ok_and(std::cmp::Ordering::is_eq)
}

/// Whether a certificate names itself as its issuer, as that of a root does.
pub(super) fn is_self_issued(certificate: &X509Ref) -> bool {
    is_same_name(certificate.subject_name(), certificate.issuer_name())
}

/// The names that a certificate is for: those of its extension, or else the subject's common names.
pub(super) fn hosts(certificate: &X509Ref) -> Vec<String> {
    let alternative = certificate.subject_alt_names();
    let mut hosts = Vec::new();
    for name in alternative.iter().flatten() {
        hosts.extend(name.dnsname().map(printable));
        hosts.extend(name.ipaddress().and_then(address));
    }
    let has_names = alternative.iter().flatten().any(|name| name.dnsname().is_some());
    if !has_names {
        let common = certificate.subject_name().entries_by_nid(openssl::nid::Nid::COMMONNAME);
        hosts.extend(
            common.filter_map(|entry| entry.data().to_string().ok()).map(|name| printable(&name)),
        );
    }
    let mut known = std::collections::HashSet::new();
    hosts.retain(|host| known.insert(host.clone()));
    hosts
}

fn address(octets: &[u8]) -> Option<String> {
    let four = || <[u8; 4]>::try_from(octets).ok().map(std::net::IpAddr::from);
    let sixteen = || <[u8; 16]>::try_from(octets).ok().map(std::net::IpAddr::from);
    four().or_else(sixteen).map(|address| address.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(tag: u8, uses: &[&[u8]]) -> Vec<u8> {
        let content: Vec<u8> =
            uses.iter().flat_map(|use_| [&[6, use_.len() as u8][..], use_].concat()).collect();
        [&[tag, content.len() as u8][..], &content].concat()
    }

    #[test]
    fn the_uses_of_a_trusted_certificate_are_honoured() {
        let mail: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 4];
        let alias: Vec<u8> = vec![0x0c, 1, b'x'];
        for (parts, expected) in [
            (vec![], true),
            (vec![alias.clone()], true),
            (vec![list(0x30, &[SERVER])], true),
            (vec![list(0x30, &[ANY]), alias.clone()], true),
            (vec![list(0x30, &[mail, SERVER]), list(0xa0, &[mail])], true),
            (vec![list(0x30, &[mail])], false),
            (vec![list(0x30, &[])], false),
            (vec![list(0xa0, &[SERVER])], false),
            (vec![list(0xa0, &[ANY])], false),
            (vec![list(0x30, &[SERVER]), list(0xa0, &[mail, SERVER])], false),
            (vec![list(0xa0, &[mail]), alias], true),
        ] {
            let content = parts.concat();
            let settings = [&[0x30, content.len() as u8][..], &content].concat();
            assert_eq!(serves(&settings), Some(expected), "{settings:x?}");
        }
        assert_eq!(serves(&[0x30, 5]), None);
    }
}
