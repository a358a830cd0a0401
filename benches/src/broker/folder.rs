//! What a client needs to use the broker: certificates and a configuration, in a folder.

use std::{
    error::Error,
    fs,
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use openssl::{
    asn1::Asn1Time,
    bn::{BigNum, MsbOption},
    ec::{EcGroup, EcKey},
    hash::MessageDigest,
    nid::Nid,
    pkey::{PKey, Private},
    ssl::{SslAcceptor, SslMethod, SslVerifyMode},
    x509::{
        X509, X509Name,
        extension::{BasicConstraints, ExtendedKeyUsage, KeyUsage, SubjectAlternativeName},
    },
};

/// A certificate and its key: ECDSA P-256, as in the sandbox.
struct Identity {
    certificate: X509,
    key: PKey<Private>,
}

#[derive(Clone, Copy, PartialEq)]
enum Use {
    Authority,
    Server,
    Client,
}

impl Identity {
    /// Makes one that `issuer` signs, or that signs itself.
    fn new(name: &str, what: Use, issuer: Option<&Self>) -> Result<Self, Box<dyn Error>> {
        let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1)?;
        let key = PKey::from_ec_key(EcKey::generate(&group)?)?;
        let mut subject = X509Name::builder()?;
        subject.append_entry_by_nid(Nid::COMMONNAME, name)?;
        let subject = subject.build();
        let mut builder = X509::builder()?;
        builder.set_version(2)?;
        let mut serial = BigNum::new()?;
        serial.rand(120, MsbOption::ONE, false)?;
        builder.set_serial_number(&*serial.to_asn1_integer()?)?;
        builder.set_subject_name(&subject)?;
        builder.set_pubkey(&key)?;
        // A day around now, in case a clock is a little off.
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs().cast_signed();
        builder.set_not_before(&*Asn1Time::from_unix(now - 86_400)?)?;
        builder.set_not_after(&*Asn1Time::from_unix(now + 30 * 86_400)?)?;
        match what {
            Use::Authority => {
                builder.append_extension(BasicConstraints::new().critical().ca().build()?)?;
                builder.append_extension(KeyUsage::new().critical().key_cert_sign().build()?)?;
            }
            Use::Server => {
                let mut names = SubjectAlternativeName::new();
                let names = names.dns("localhost").build(&builder.x509v3_context(None, None))?;
                builder.append_extension(names)?;
                builder.append_extension(ExtendedKeyUsage::new().server_auth().build()?)?;
            }
            Use::Client => {
                builder.append_extension(ExtendedKeyUsage::new().client_auth().build()?)?;
            }
        }
        match issuer {
            Some(issuer) => {
                builder.set_issuer_name(issuer.certificate.subject_name())?;
                builder.sign(&issuer.key, MessageDigest::sha256())?;
            }
            None => {
                builder.set_issuer_name(&subject)?;
                builder.sign(&key, MessageDigest::sha256())?;
            }
        }
        Ok(Self { certificate: builder.build(), key })
    }
}

/// The broker's side of TLS, which demands a client certificate; the client's is in the folder.
pub(super) struct Folder {
    pub(super) acceptor: SslAcceptor,
    path: PathBuf,
}

impl Folder {
    /// Makes the certificates, and writes the client's.
    pub(super) fn new(path: &Path) -> Result<Self, Box<dyn Error>> {
        fs::create_dir_all(path)?;
        let path = path.canonicalize()?;
        let authority = Identity::new("amqp-bench authority", Use::Authority, None)?;
        let server = Identity::new("localhost", Use::Server, Some(&authority))?;
        let client = Identity::new("bench", Use::Client, Some(&authority))?;
        let ca = authority.certificate.to_pem()?;
        fs::write(path.join("ca.pem"), &ca)?;
        let pem = [client.certificate.to_pem()?, client.key.private_key_to_pem_pkcs8()?].concat();
        fs::write(path.join("client.pem"), pem)?;
        let mut acceptor = SslAcceptor::mozilla_modern_v5(SslMethod::tls())?;
        acceptor.set_certificate(&server.certificate)?;
        acceptor.set_private_key(&server.key)?;
        acceptor.set_ca_file(path.join("ca.pem"))?;
        acceptor.set_verify(SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT);
        Ok(Self { acceptor: acceptor.build(), path })
    }

    /// Writes `config.yaml` for the broker at this URL.
    pub(super) fn configure(
        &self,
        url: &str,
        topics: [&str; 2],
    ) -> Result<PathBuf, Box<dyn Error>> {
        let file = |name: &str| format!("{:?}", self.path.join(name).display().to_string());
        let [send_to, listen_to] = topics;
        let section = format!(
            "  messaging_brokers: [\"{url}\"]
  messaging_cert_key: {pem}
  messaging_ca_cert: {ca}
  topic_send_to: {send_to:?}
  topic_listen_to: {listen_to:?}
  environment: bench
  service: bench
  timeout: 60
  retries: 2
  send_retries: 2
  message_id_key: request_id
  log_level: warning
",
            pem = file("client.pem"),
            ca = file("ca.pem")
        );
        let config = self.path.join("config.yaml");
        let batch = format!("msg_batch_signer:\n{section}  chunk_size: 200\n");
        fs::write(&config, format!("msg_signer:\n{section}{batch}"))?;
        Ok(config)
    }
}
