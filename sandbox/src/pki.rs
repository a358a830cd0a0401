//! Certificates for loopback TLS: an authority, servers, clients, and the invalid ones that tests need.
//!
//! Keys are ECDSA P-256, which costs well under a millisecond to make.

use std::{
    fs::OpenOptions,
    io::{self, Write},
    net::IpAddr,
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use openssl::{
    asn1::{Asn1Object, Asn1OctetString, Asn1Time},
    bn::{BigNum, MsbOption},
    ec::{EcGroup, EcKey},
    error::ErrorStack,
    hash::MessageDigest,
    nid::Nid,
    pkey::{PKey, Private},
    rsa::Rsa,
    symm::Cipher,
    x509::{
        X509, X509Builder, X509CrlBuilder, X509Extension, X509Name, X509RevokedBuilder,
        extension::{
            BasicConstraints, CrlNumber, ExtendedKeyUsage, KeyUsage, SubjectAlternativeName,
        },
    },
};

/// A certificate with its private key.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The certificate.
    pub certificate: X509,
    /// Its private key.
    pub key: PKey<Private>,
    /// Certificates between this one and the authority at the top, nearest first.
    pub chain: Vec<X509>,
}

impl Identity {
    /// The certificate and its chain as PEM.
    pub fn certificate_pem(&self) -> Result<Vec<u8>, ErrorStack> {
        let mut pem = self.certificate.to_pem()?;
        for certificate in &self.chain {
            pem.extend(certificate.to_pem()?);
        }
        Ok(pem)
    }

    /// The private key as PKCS#8 PEM, not encrypted.
    pub fn key_pem(&self) -> Result<Vec<u8>, ErrorStack> {
        self.key.private_key_to_pem_pkcs8()
    }

    /// The private key as PKCS#8 PEM, encrypted with AES-256-CBC.
    pub fn encrypted_key_pem(&self, passphrase: &[u8]) -> Result<Vec<u8>, ErrorStack> {
        let cipher = Cipher::aes_256_cbc();
        self.key.private_key_to_pem_pkcs8_passphrase(cipher, passphrase)
    }

    /// Certificate, chain and key in one PEM, as messaging clients expect it.
    pub fn pem(&self) -> Result<Vec<u8>, ErrorStack> {
        Ok([self.certificate_pem()?, self.key_pem()?].concat())
    }
}

/// The days on which a certificate is valid, counted from today; both may be negative.
#[derive(Clone, Copy, Debug)]
pub struct Validity {
    /// First day.
    pub from: i64,
    /// Last day.
    pub until: i64,
}

impl Default for Validity {
    /// From yesterday, in case a clock is a little off, for 30 days.
    fn default() -> Self {
        Self { from: -1, until: 30 }
    }
}

/// The subject of a client certificate; parts that are `None` are left out.
#[derive(Clone, Copy, Debug, Default)]
pub struct Subject<'a> {
    /// Common name (CN).
    pub common_name: Option<&'a str>,
    /// User id (UID).
    pub user_id: Option<&'a str>,
    /// Organisation (O).
    pub organisation: Option<&'a str>,
}

impl<'a> Subject<'a> {
    /// A subject with only a common name.
    pub fn common_name(name: &'a str) -> Self {
        Subject { common_name: Some(name), ..Subject::default() }
    }

    fn name(&self) -> Result<X509Name, ErrorStack> {
        let mut name = X509Name::builder()?;
        let parts = [
            (Nid::ORGANIZATIONNAME, self.organisation),
            (Nid::COMMONNAME, self.common_name),
            (Nid::USERID, self.user_id),
        ];
        for (nid, value) in parts {
            if let Some(value) = value {
                name.append_entry_by_nid(nid, value)?;
            }
        }
        Ok(name.build())
    }
}

/// A certificate authority.
#[derive(Clone, Debug)]
pub struct Authority {
    identity: Identity,
    /// Whether another authority signed this one.
    intermediate: bool,
}

impl Authority {
    /// Makes a self-signed authority.
    pub fn new(name: &str) -> Result<Self, ErrorStack> {
        Self::valid(name, Validity::default())
    }

    /// Makes a self-signed authority that is valid on these days.
    pub fn valid(name: &str, validity: Validity) -> Result<Self, ErrorStack> {
        let request = Request::authority(Subject::common_name(name), validity)?;
        Ok(Self { identity: request.sign(None)?, intermediate: false })
    }

    /// The same authority with a certificate that is valid on other days.
    pub fn renewed(&self, name: &str, validity: Validity) -> Result<Self, ErrorStack> {
        let key = self.identity.key.clone();
        let mut request = Request::authority(Subject::common_name(name), validity)?;
        request.builder.set_pubkey(&key)?;
        Ok(Self { identity: Request { key, ..request }.sign(None)?, intermediate: false })
    }

    /// Makes an authority that this one signs; identities that it issues have its certificate in their chain.
    pub fn intermediate(&self, name: &str) -> Result<Self, ErrorStack> {
        self.valid_intermediate(name, Validity::default())
    }

    /// The same, valid on these days.
    pub fn valid_intermediate(&self, name: &str, validity: Validity) -> Result<Self, ErrorStack> {
        let request = Request::authority(Subject::common_name(name), validity)?;
        Ok(Self { identity: request.sign(Some(self))?, intermediate: true })
    }

    /// Issues a server certificate for host names and IP addresses.
    pub fn server(&self, hosts: &[&str], validity: Validity) -> Result<Identity, ErrorStack> {
        Request::server(hosts, validity)?.sign(Some(self))
    }

    /// Issues a server certificate with an RSA key of that many bits, signed with that hash.
    pub fn rsa_server(
        &self,
        hosts: &[&str],
        bits: u32,
        digest: MessageDigest,
    ) -> Result<Identity, ErrorStack> {
        let key = PKey::from_rsa(Rsa::generate(bits)?)?;
        let mut request = Request::server(hosts, Validity::default())?;
        request.builder.set_pubkey(&key)?;
        Request { key, digest, ..request }.sign(Some(self))
    }

    /// A revocation list with these certificates, which is valid on these days, as PEM.
    pub fn revoke(
        &self,
        certificates: &[&X509],
        validity: Validity,
    ) -> Result<Vec<u8>, ErrorStack> {
        let mut list = X509CrlBuilder::new()?;
        list.set_issuer_name(self.identity.certificate.subject_name())?;
        let (from, until) = (in_days(validity.from)?, in_days(validity.until)?);
        list.set_last_update(&from)?;
        list.set_next_update(&until)?;
        for certificate in certificates {
            let mut revoked = X509RevokedBuilder::new()?;
            revoked.set_serial_number(certificate.serial_number())?;
            revoked.set_revocation_date(&from)?;
            list.add_revoked(revoked.build())?;
        }
        // RFC 5280, 5.2: the issuer's key identifier, which nothing here looks at, and a number.
        let identifier = [&[0x30, 22, 0x80, 20][..], &[7; 20]].concat();
        let identifier = Asn1OctetString::new_from_bytes(&identifier)?;
        let object = Asn1Object::from_str("2.5.29.35")?;
        list.append_extension(X509Extension::new_from_der(&object, false, &identifier)?)?;
        list.append_extension(CrlNumber::new(BigNum::from_u32(1)?)?.build()?)?;
        list.sign(&self.identity.key, MessageDigest::sha256())?;
        list.build()?.to_pem()
    }

    /// Issues a client certificate.
    pub fn client(&self, subject: Subject, validity: Validity) -> Result<Identity, ErrorStack> {
        Request::client(subject, validity)?.sign(Some(self))
    }

    /// The authority as a server or client, which its key usage does not allow.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The authority's own certificate.
    pub fn certificate(&self) -> &X509 {
        &self.identity.certificate
    }

    /// The authority's own certificate as PEM.
    pub fn pem(&self) -> Result<Vec<u8>, ErrorStack> {
        self.identity.certificate.to_pem()
    }
}

/// Makes a server certificate that is signed only by itself.
pub fn self_signed_server(hosts: &[&str]) -> Result<Identity, ErrorStack> {
    Request::server(hosts, Validity::default())?.sign(None)
}

/// Makes a client certificate that is signed only by itself.
pub fn self_signed_client(subject: Subject) -> Result<Identity, ErrorStack> {
    Request::client(subject, Validity::default())?.sign(None)
}

/// Writes a file that only its owner may read.
///
/// # Errors
///
/// If the file cannot be written.
pub fn write_private(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(content)
}

/// A certificate that is not signed yet.
struct Request {
    builder: X509Builder,
    subject: X509Name,
    key: PKey<Private>,
    digest: MessageDigest,
}

impl Request {
    fn authority(subject: Subject, validity: Validity) -> Result<Self, ErrorStack> {
        let mut request = Self::new(subject, validity)?;
        let constraints = BasicConstraints::new().critical().ca().build()?;
        request.builder.append_extension(constraints)?;
        let usage = KeyUsage::new().critical().key_cert_sign().crl_sign().build()?;
        request.builder.append_extension(usage)?;
        Ok(request)
    }

    fn server(hosts: &[&str], validity: Validity) -> Result<Self, ErrorStack> {
        let common_name = hosts.first().copied();
        let subject = Subject { common_name, ..Subject::default() };
        let mut request = Self::new(subject, validity)?;
        let mut names = SubjectAlternativeName::new();
        for host in hosts {
            match host.parse::<IpAddr>() {
                Ok(_) => names.ip(host),
                Err(_) => names.dns(host),
            };
        }
        let names = names.build(&request.builder.x509v3_context(None, None))?;
        request.builder.append_extension(names)?;
        let usage = ExtendedKeyUsage::new().server_auth().build()?;
        request.builder.append_extension(usage)?;
        Ok(request)
    }

    fn client(subject: Subject, validity: Validity) -> Result<Self, ErrorStack> {
        let mut request = Self::new(subject, validity)?;
        let usage = ExtendedKeyUsage::new().client_auth().build()?;
        request.builder.append_extension(usage)?;
        Ok(request)
    }

    fn new(subject: Subject, validity: Validity) -> Result<Self, ErrorStack> {
        let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1)?;
        let key = PKey::from_ec_key(EcKey::generate(&group)?)?;
        let subject = subject.name()?;
        let mut builder = X509::builder()?;
        builder.set_version(2)?;
        let mut serial = BigNum::new()?;
        serial.rand(120, MsbOption::ONE, false)?;
        let serial = serial.to_asn1_integer()?;
        builder.set_serial_number(&serial)?;
        builder.set_subject_name(&subject)?;
        let from = in_days(validity.from)?;
        builder.set_not_before(&from)?;
        let until = in_days(validity.until)?;
        builder.set_not_after(&until)?;
        builder.set_pubkey(&key)?;
        Ok(Self { builder, subject, key, digest: MessageDigest::sha256() })
    }

    /// Signs with the issuer's key, or with its own if there is no issuer.
    fn sign(mut self, issuer: Option<&Authority>) -> Result<Identity, ErrorStack> {
        let mut chain = Vec::new();
        let digest = self.digest;
        match issuer {
            None => {
                self.builder.set_issuer_name(&self.subject)?;
                self.builder.sign(&self.key, digest)?;
            }
            Some(issuer) => {
                let Identity { certificate, key, .. } = &issuer.identity;
                self.builder.set_issuer_name(certificate.subject_name())?;
                self.builder.sign(key, digest)?;
                if issuer.intermediate {
                    chain.push(certificate.clone());
                    chain.extend(issuer.identity.chain.iter().cloned());
                }
            }
        }
        Ok(Identity { certificate: self.builder.build(), key: self.key, chain })
    }
}

fn in_days(days: i64) -> Result<Asn1Time, ErrorStack> {
    let now = std::time::SystemTime::now();
    let now = now.duration_since(std::time::UNIX_EPOCH);
    let now = now.map_or(0, |d| d.as_secs().cast_signed());
    Asn1Time::from_unix(now + days * 24 * 60 * 60)
}
