//! Replies that a run has printed: which signed values they have, as they are on the wire.

use openssl::base64;
use serde_json::Value;

use super::{base64::one_line, claim, claim::Identity, operation::Items};

/// The signed values of a printed reply, in base64.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Recorded<'a> {
    /// Of a request for one value; `None` if the reply has none, or is missing.
    One(Option<&'a str>),
    /// Of a batch.
    Batch(Vec<Signed<'a>>),
}

/// A value of a batch.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Signed<'a> {
    /// What the reply says it is for, if it does.
    pub(crate) identity: Option<Identity>,
    /// The name of the key.
    pub(crate) name: &'a str,
    pub(crate) value: &'a str,
}

/// Finds the values in a reply as it is printed: the reply with its properties in a list, or `""` for a missing one.
pub(crate) fn recorded<'a>(printed: &'a Value, items: &Items) -> Recorded<'a> {
    let msg = &printed[0]["msg"];
    if let Some(claims) = msg["claims"].as_array() {
        return Recorded::Batch(claims.iter().flat_map(of_claim).collect());
    }
    let field = match items {
        Items::Images(_) => "signed_claim",
        Items::Texts { .. } => "signed_data",
        Items::Blobs(_) => "signed_payload",
    };
    Recorded::One(msg[field].as_str())
}

/// The values of a claim.
fn of_claim(claim: &Value) -> impl Iterator<Item = Signed<'_>> {
    let identity = claim["claim_file"].as_str().and_then(claim::identity);
    let values = claim["signed_claims"].as_object().into_iter().flatten();
    values.filter_map(move |(name, value)| {
        let value = value.as_str().filter(|value| !value.is_empty())?;
        Some(Signed { identity: identity.clone(), name, value })
    })
}

/// The bytes of a value in base64; `None` if it is none.
pub(crate) fn decoded(value: &str) -> Option<Vec<u8>> {
    base64::decode_block(&one_line(value).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_found_where_a_reply_has_them() {
        let items = Items::Images(Vec::new());
        let single = json!([{"msg": {"signed_claim": "QQ==", "signed_data": "Qg=="}}, null]);
        assert_eq!(recorded(&single, &items), Recorded::One(Some("QQ==")));
        for missing in [json!(""), json!([{"msg": {"errors": ["no"]}}, null]), json!(null)] {
            assert_eq!(recorded(&missing, &items), Recorded::One(None));
        }
        let claim = r#"{"critical":{"image":{"docker-manifest-digest":"d"},"identity":{"docker-reference":"r"}}}"#;
        let file = base64::encode_block(claim.as_bytes());
        let batch = json!([{"msg": {"claims": [
            {"claim_file": file, "signed_claims": {"a": "QQ==", "b": null}},
            {"signed_claims": {"a": "Qg==", "b": ""}},
        ]}}, null]);
        let identity = Some(Identity { digest: "d".into(), reference: "r".into() });
        let named = Signed { identity, name: "a", value: "QQ==" };
        let other = Signed { identity: None, name: "a", value: "Qg==" };
        assert_eq!(recorded(&batch, &items), Recorded::Batch(vec![named, other]));
        assert_eq!((decoded("Q\nQ=="), decoded("?")), (Some(b"A".to_vec()), None));
    }
}
