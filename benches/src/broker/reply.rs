//! The signing server: a reply to each request, of the size that a real one has. It fits the request, but signs nothing.

use std::borrow::Cow;

use openssl::base64::{decode_block, encode_block};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::Side;

/// The application properties of a reply, as ActiveMQ passes them on.
const PROPERTIES: [(&str, &str); 3] = [
    ("amq6100_originalDestination", "topic://VirtualTopic.bench.reply"),
    ("amq6100_destination", "topic://VirtualTopic.bench.reply"),
    ("content-type", "text/plain"),
];

/// What the reply repeats, as it came.
#[derive(Deserialize)]
struct Request<'a> {
    #[serde(borrow)]
    request_id: &'a RawValue,
    #[serde(borrow)]
    requested_by: Option<&'a RawValue>,
    #[serde(borrow)]
    manifest_digest: Option<&'a RawValue>,
    #[serde(borrow)]
    pub_task_id: Option<&'a RawValue>,
    #[serde(borrow)]
    pipeline_run_id: Option<&'a RawValue>,
    #[serde(borrow)]
    repo: Option<&'a RawValue>,
    #[serde(borrow)]
    sig_key_id: Option<&'a RawValue>,
    #[serde(borrow)]
    sig_keyname: Option<&'a RawValue>,
    #[serde(borrow)]
    claim_file: Option<Cow<'a, str>>,
    #[serde(borrow)]
    data: Option<Cow<'a, str>>,
    #[serde(borrow)]
    artifact: Option<&'a RawValue>,
    #[serde(borrow)]
    claims: Option<Vec<Claim<'a>>>,
}

#[derive(Deserialize)]
struct Claim<'a> {
    #[serde(borrow)]
    claim_file: Cow<'a, str>,
    #[serde(borrow)]
    manifest_digest: &'a RawValue,
    #[serde(borrow)]
    repo: &'a RawValue,
    #[serde(borrow)]
    sig_keynames: Vec<&'a RawValue>,
}

/// One-pass signature packet (RFC 9580 part 5.4): version 3, binary, SHA-256, EdDSA, a key id, last.
const ONE_PASS: [u8; 15] =
    [0x90, 13, 3, 0, 8, 22, 0x5a, 0x5a, 0x5a, 0x5a, 0x55, 0xa3, 0x4a, 0x82, 1];

/// Signature packet (RFC 9580 part 5.2): version 4, binary, EdDSA, SHA-256, issued by that key; then a number that is none.
fn signature() -> Vec<u8> {
    let mut packet = vec![0x88, 0, 4, 0, 22, 8, 0, 6, 5, 2, 0x65, 0, 0, 0, 0, 10, 9, 16];
    packet.extend(&ONE_PASS[6..14]);
    packet.extend([0x12, 0x34]);
    for _ in 0..2 {
        packet.extend([1, 0]);
        packet.extend([0xa5; 32]);
    }
    packet[1] = (packet.len() - 2) as u8;
    packet
}

/// Makes replies; it keeps what all have in common.
pub(crate) struct Signer {
    head: Vec<u8>,
    body: fn(&[u8]) -> Option<&[u8]>,
    finish: fn(&mut [u8], usize),
    signature: Vec<u8>,
    number: u64,
    is_canned: bool,
    canned: Option<Vec<u8>>,
}

impl Signer {
    /// With `is_canned`, every request gets the reply to the first one, and is not read.
    pub(crate) fn new<S: Side>(is_canned: bool) -> Self {
        let (head, body, finish) = (S::head(&PROPERTIES), S::body, S::finish);
        Self { head, body, finish, signature: signature(), number: 0, is_canned, canned: None }
    }

    /// The reply to a request, both as messages.
    pub(crate) fn reply(&mut self, request: &[u8]) -> Result<Vec<u8>, String> {
        if let Some(canned) = &self.canned {
            return Ok(canned.clone());
        }
        let body = (self.body)(request).ok_or("a message without a body")?;
        let request: Request<'_> =
            serde_json::from_slice(body).map_err(|error| error.to_string())?;
        self.number += 1;
        let mut reply = Vec::with_capacity(self.head.len() + body.len() + 1024);
        reply.extend(&self.head);
        self.write(&mut reply, &request)?;
        (self.finish)(&mut reply, self.head.len());
        if self.is_canned {
            self.canned = Some(reply.clone());
        }
        Ok(reply)
    }

    fn write(&self, text: &mut Vec<u8>, request: &Request<'_>) -> Result<(), String> {
        let number = self.number;
        let mut put = |part: &str| text.extend_from_slice(part.as_bytes());
        put(&format!("{{\"i\": {number}, \"msg\": {{\"errors\": []"));
        for (name, value) in [
            ("manifest_digest", request.manifest_digest),
            ("pipeline_run_id", request.pipeline_run_id),
            ("pub_task_id", request.pub_task_id),
            ("repo", request.repo),
            ("request_id", Some(request.request_id)),
            ("requested_by", request.requested_by),
            ("sig_key_id", request.sig_key_id),
            ("sig_keyname", request.sig_keyname),
        ] {
            if let Some(value) = value {
                put(", \"");
                put(name);
                put("\": ");
                put(value.get());
            }
        }
        put(", \"request_received_time\": \"2026-01-31T12:00:00.000000Z\"");
        put(", \"signing_server_requested\": \"2026-01-31T12:00:00.000000Z\"");
        put(", \"signing_server_responded\": \"2026-01-31T12:00:00.000000Z\"");
        put(", \"signing_status\": \"success\", ");
        self.write_result(&mut put, request)?;
        put("}, \"msg_id\": \"bench-");
        put(&number.to_string());
        put(
            "\", \"timestamp\": 1769860800, \"topic\": \"/topic/VirtualTopic.bench.reply\", \"username\": \"bench\"}",
        );
        Ok(())
    }

    fn write_result(
        &self,
        put: &mut impl FnMut(&str),
        request: &Request<'_>,
    ) -> Result<(), String> {
        if let Some(claim) = &request.claim_file {
            put("\"signature_type\": \"container_signature\", \"signed_claim\": \"");
            put(&self.signed_message(claim)?);
            put("\"");
        } else if let Some(data) = &request.data {
            put("\"signature_type\": \"clearsign_signature\", \"signed_data\": \"");
            put(&encode_block(&self.cleartext(&decoded(data)?)));
            put("\"");
        } else if request.artifact.is_some() {
            put("\"signature_type\": \"gpg_signature\", \"signed_payload\": \"");
            put(&encode_block(self.armored().as_bytes()));
            put("\"");
        } else if let Some(claims) = &request.claims {
            put(
                "\"signature_type\": \"batch\", \"signing_server_average_time_secs\": 0, \"claims\": [",
            );
            for (index, claim) in claims.iter().enumerate() {
                put(if index == 0 { "{\"claim_file\": \"" } else { ", {\"claim_file\": \"" });
                put(&claim.claim_file);
                put("\", \"manifest_digest\": ");
                put(claim.manifest_digest.get());
                put(", \"repo\": ");
                put(claim.repo.get());
                put(", \"signed_claims\": {");
                let message = self.signed_message(&claim.claim_file)?;
                for (index, name) in claim.sig_keynames.iter().enumerate() {
                    put(if index == 0 { "" } else { ", " });
                    put(name.get());
                    put(": \"");
                    put(&message);
                    put("\"");
                }
                put("}}");
            }
            put("]");
        } else {
            return Err("a request with nothing to sign".to_owned());
        }
        Ok(())
    }

    /// A signed message around a claim, both in base64.
    fn signed_message(&self, claim: &str) -> Result<String, String> {
        let claim = decoded(claim)?;
        let mut message = ONE_PASS.to_vec();
        message.push(0xcb);
        match claim.len() + 6 {
            length @ ..192 => message.push(length as u8),
            length => message.extend([0xff].into_iter().chain((length as u32).to_be_bytes())),
        }
        message.extend([b'b', 0, 0, 0, 0, 0]);
        message.extend(claim);
        message.extend(&self.signature);
        Ok(encode_block(&message))
    }

    fn armored(&self) -> String {
        let signature = encode_block(&self.signature);
        let (line, rest) = signature.split_at(64);
        format!("-----BEGIN PGP SIGNATURE-----\n\n{line}\n{rest}\n-----END PGP SIGNATURE-----\n")
    }

    fn cleartext(&self, text: &[u8]) -> Vec<u8> {
        let mut document = b"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n".to_vec();
        for line in text.split(|&byte| byte == b'\n') {
            if line.starts_with(b"-") {
                document.extend(b"- ");
            }
            document.extend(line);
            document.push(b'\n');
        }
        document.extend(self.armored().as_bytes());
        document
    }
}

fn decoded(text: &str) -> Result<Vec<u8>, String> {
    decode_block(text).map_err(|error| error.to_string())
}
