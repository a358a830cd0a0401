//! The signed values of all requests in the order of the input.

use std::collections::HashMap;

use super::{super::values::SignedValue, Ledger};

/// The values of all requests in the order of the input. Each reply is read once, and kept while it is needed.
pub(crate) fn in_input_order(ledger: &Ledger) -> impl Iterator<Item = SignedValue<'_>> {
    let entries = ledger.entries();
    let mut uses = vec![0_u32; entries.len()];
    for place in ledger.places() {
        uses[place.request as usize] += 1;
    }
    let mut read = HashMap::new();
    ledger.places().iter().map(move |place| {
        let (request, value) = (place.request as usize, place.value as usize);
        uses[request] -= 1;
        if uses[request] > 0 {
            let values = read.entry(request).or_insert_with(|| entries[request].signed_values());
            return values[value].clone();
        }
        let values = read.remove(&request);
        values.unwrap_or_else(|| entries[request].signed_values()).swap_remove(value)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::in_input_order;
    use crate::signing::{
        Context, Image, Items, Key, Operation, RawReply, ReplyBody, TaskId, samples,
    };

    #[test]
    fn values_are_in_the_order_of_the_input_and_know_what_they_sign() {
        let digest = |number: usize| format!("sha256:{number:064x}");
        let references = ["r/b:1", "r/a:1", "r/b:2", "r/a:1", "r/b:3"];
        let number = |reference: &str| references.iter().position(|&each| each == reference);
        let image =
            |&reference: &&str| Image::new(digest(number(reference).unwrap()), reference).unwrap();
        let keys = ["one", "two"].map(|name| Key::named(format!("ALIAS-{name}"), name).unwrap());
        let items = Items::Images(references.iter().map(image).collect());
        let operation = Operation::new(TaskId::new("7").unwrap(), keys.to_vec(), items).unwrap();
        for chunk_size in [None, std::num::NonZero::new(2)] {
            let context = Context { chunk_size, ..samples::CONTEXT };
            let mut ledger = samples::ledger(&operation, &context);
            let messages = ledger.entries().iter().map(|entry| entry.request().message().unwrap());
            let bodies: Vec<serde_json::Value> =
                messages.map(|message| serde_json::from_str(&message.body).unwrap()).collect();
            // The last request has no reply.
            for body in &bodies[..bodies.len() - 1] {
                let value = |claim: &serde_json::Value, key: &str| {
                    let text = claim["claim_file"].as_str().unwrap();
                    openssl::base64::encode_block(format!("{text} {key}").as_bytes())
                };
                let mut reply = json!({"msg": {"request_id": body["request_id"]}});
                if let Some(claims) = body["claims"].as_array() {
                    let signed = |c: &serde_json::Value| json!({"claim_file": c["claim_file"], "signed_claims": {"one": value(c, "one"), "two": value(c, "two")}});
                    reply["msg"]["claims"] = claims.iter().map(signed).collect();
                } else {
                    let name = body["sig_keyname"].as_str().unwrap();
                    reply["msg"]["signed_claim"] = value(body, name).into();
                }
                let body = ReplyBody::Bytes(reply.to_string().into());
                ledger.reply(RawReply { body, properties: None });
            }
            let values = Vec::from_iter(in_input_order(&ledger));
            assert_eq!(values.len(), references.len() * 2);
            let mut missing = 0;
            for (place, value) in values.iter().enumerate() {
                let (reference, key) = (references[place / 2], ["one", "two"][place % 2]);
                assert_eq!(value.reference(), Some(reference));
                assert_eq!(value.digest(), Some(&*digest(number(reference).unwrap())));
                assert_eq!(value.key(), &keys[place % 2]);
                if value.is_empty() {
                    missing += 1;
                    continue;
                }
                let text = openssl::base64::decode_block(value.as_str()).unwrap();
                let text = String::from_utf8(text).unwrap();
                let claim = crate::signing::claim::claim_file(&image(&reference));
                assert_eq!(text, format!("{claim} {key}"));
            }
            // The batch's last request is for one image, which is given twice.
            assert_eq!(missing, if chunk_size.is_some() { 4 } else { 1 });
        }
    }
}
