//! What was asked for, and whether what is signed is that.

use serde_json::{Value, json};

use super::{fault::Fault, json::is_unambiguous};
use crate::{
    error::printable,
    openpgp::{Parts, is_same_text},
};

/// What a value must sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked<'a> {
    /// The claim that a reference names a digest, in a signed message.
    Claim { digest: &'a str, reference: &'a str },
    /// A text, cleartext-signed.
    Text(&'a [u8]),
    /// A file, detached or in a signed message.
    File(&'a [u8]),
}

impl Asked<'_> {
    /// About how many bytes it has.
    pub(super) fn size(&self) -> u64 {
        match self {
            Self::Claim { digest, reference } => (digest.len() + reference.len()) as u64,
            Self::Text(bytes) | Self::File(bytes) => bytes.len() as u64,
        }
    }

    /// The form of a signature of it.
    pub(super) fn form(&self) -> &'static str {
        match self {
            Self::Claim { .. } => "a signed message",
            Self::Text(_) => "a cleartext-signed text",
            Self::File(_) => "a detached signature or a signed message",
        }
    }

    /// Whether what is signed is what was asked for. A detached signature was checked with that.
    pub(super) fn is(&self, parts: &Parts) -> Result<(), Fault> {
        let Some(content) = &parts.content else { return Ok(()) };
        match *self {
            Self::Claim { digest, reference } => is_claim(content, digest, reference),
            Self::Text(text) if is_same_text(content, text) => Ok(()),
            Self::Text(_) => {
                Err(Fault::AnotherContent("the signed text is not the one that was sent"))
            }
            Self::File(file) if content == file => Ok(()),
            Self::File(_) => {
                Err(Fault::AnotherContent("the signed file is not the one that was sent"))
            }
        }
    }
}

/// Whether a claim is that of an image: with exactly these statements, and any others that it calls optional, as
/// containers-signature(5) requires.
fn is_claim(content: &[u8], digest: &str, reference: &str) -> Result<(), Fault> {
    let no_claim = |problem: &str| Fault::NoClaim(problem.to_owned());
    let found: Value =
        serde_json::from_slice(content).map_err(|_| no_claim("what is signed is not JSON"))?;
    if !is_unambiguous(content) {
        return Err(no_claim("what is signed is JSON with a name twice in an object"));
    }
    let critical = &found["critical"];
    let image = &critical["image"]["docker-manifest-digest"];
    let identity = &critical["identity"]["docker-reference"];
    let (Value::String(image), Value::String(identity)) = (image, identity) else {
        return Err(no_claim("what is signed is not a claim of an image"));
    };
    if image != digest || identity != reference {
        return Err(Fault::AnotherImage {
            found: printable(&format!("{identity} {image}")),
            expected: printable(&format!("{reference} {digest}")),
        });
    }
    let expected = json!({
        "type": "atomic container signature",
        "image": {"docker-manifest-digest": digest},
        "identity": {"docker-reference": reference},
    });
    if *critical != expected {
        return Err(no_claim(
            "the claim is of the right image, but \"critical\" says something else, too",
        ));
    }
    let is_whole =
        found["optional"].is_object() && found.as_object().is_some_and(|all| all.len() == 2);
    is_whole.then_some(()).ok_or_else(|| {
        no_claim(
            "the claim is of the right image, but has not exactly \"critical\" and \"optional\"",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::openpgp::Form;

    /// A good signature suffices only for the claim of the image, wholly.
    #[test]
    fn a_claim_is_compared_as_json() {
        let critical = r#""critical":{"image":{"docker-manifest-digest":"d"},"type":"atomic container signature","identity":{"docker-reference":"r"}}"#;
        let asked = Asked::Claim { digest: "d", reference: "r" };
        let is = |claim: &str| {
            let parts =
                Parts { form: Form::Message, content: Some(claim.into()), signatures: Vec::new() };
            asked.is(&parts).map_err(|fault| fault.to_string()).err().unwrap_or_default()
        };
        for (claim, expected) in [
            (format!("{{{critical}, \"optional\": {{}}}}"), ""),
            (format!("{{\"optional\": {{\"creator\": 1, \"x\": [2]}}, {critical}}}\n"), ""),
            (
                format!("{{{critical}}}"),
                "another content: the claim is of the right image, but has not exactly",
            ),
            (
                format!("{{{critical}, \"optional\": {{}}, \"more\": 1}}"),
                "another content: the claim is of the right image, but has not exactly",
            ),
            (
                format!("{{{}, \"optional\": {{}}}}", critical.replace("atomic", "other")),
                "another content: the claim is of the right image, but \"critical\"",
            ),
            (
                format!(
                    "{{{}, \"optional\": {{}}}}",
                    critical.replace("\"type\"", "\"x\": 1, \"type\"")
                ),
                "another content: the claim is of the right image, but \"critical\"",
            ),
            (
                format!("{{{}, \"optional\": {{}}}}", critical.replace("\"d\"", "\"e\"")),
                "another image: r e, expected r d",
            ),
            (
                format!("{{{}, \"optional\": {{}}}}", critical.replace("\"r\"", "\"s\"")),
                "another image: s d, expected r d",
            ),
            ("{}".into(), "another content: what is signed is not a claim of an image"),
            ("[1]".into(), "another content: what is signed is not a claim of an image"),
            ("text".into(), "another content: what is signed is not JSON"),
            ("[".repeat(100_000), "another content: what is signed is not JSON"),
        ] {
            let found = is(&claim);
            assert!(
                if expected.is_empty() { found.is_empty() } else { found.starts_with(expected) },
                "{claim:.100}: {found}"
            );
        }
    }
}
