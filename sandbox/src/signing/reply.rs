//! The reply to a request: its JSON, and the faulty variants.

use std::time::{Duration, SystemTime};

use openssl::base64::{decode_block, encode_block};
use serde_json::{Map, Value, json};

use super::keys::Keys;
use crate::{
    body::Body,
    faults::{Carrier, Content, ReplyAct},
    openpgp::{Form, Job, SigningKey, Twist, another},
};

/// A request id that no request has.
const FOREIGN_ID: &str = "00000000-0000-4000-8000-000000000000";

/// Values that a reply needs besides its request.
pub(crate) struct Context<'a> {
    pub(crate) keys: &'a Keys,
    /// The body of the request before this one, if there was one.
    pub(crate) previous: Option<&'a [u8]>,
    /// The address of the reply.
    pub(crate) topic: &'a str,
    pub(crate) received: SystemTime,
    /// Counts replies, from 1.
    pub(crate) number: u64,
}

/// A reply, ready to be sent.
pub(crate) struct Reply {
    /// The id of its request, whatever the body says.
    pub(crate) request_id: Option<String>,
    pub(crate) body: Body,
}

/// Makes all replies to a request, in the order in which they are to be sent.
pub(crate) fn to(
    body: &[u8],
    mtype: Option<&str>,
    acts: &[ReplyAct],
    context: &Context,
) -> Vec<Reply> {
    let request: Value = serde_json::from_slice(body).unwrap_or_default();
    let request_id = request["request_id"].as_str().map(str::to_owned);
    let msg = msg(&request, mtype, acts, context);
    let mut replies = Vec::new();
    if has(acts, &ReplyAct::ForeignReplyFirst) || has(acts, &ReplyAct::ForeignReplyInstead) {
        let mut foreign = msg.clone();
        foreign.insert("request_id".to_owned(), FOREIGN_ID.into());
        replies.push(Reply {
            request_id: Some(FOREIGN_ID.to_owned()),
            body: Body::Text(envelope(foreign, context).to_string()),
        });
    }
    if has(acts, &ReplyAct::ForeignReplyInstead) {
        return replies;
    }
    let mut messages = if has(acts, &ReplyAct::InParts) { parts(msg) } else { vec![msg] };
    if has(acts, &ReplyAct::InProgressFirst) {
        messages.insert(0, in_progress(&messages[0]));
    }
    let forged = acts.iter().find_map(|act| match act {
        ReplyAct::ForgedFirst(twist) => Some(ReplyAct::Values(*twist)),
        _ => None,
    });
    if let Some(forged) = forged {
        let acts: Vec<_> = std::iter::once(forged).chain(acts.iter().cloned()).collect();
        messages.insert(0, self::msg(&request, mtype, &acts, context));
    }
    for msg in messages {
        let body = carried(corrupted(envelope(msg, context), acts), acts);
        let copies = if has(acts, &ReplyAct::ReplyTwice) { 2 } else { 1 };
        for _ in 0..copies {
            replies.push(Reply { request_id: request_id.clone(), body: body.clone() });
        }
    }
    replies
}

/// The same reply with each of its claims.
fn parts(msg: Map<String, Value>) -> Vec<Map<String, Value>> {
    let Some(Value::Array(claims)) = msg.get("claims") else { return vec![msg] };
    let part = |claim: &Value| {
        let mut part = msg.clone();
        part.insert("claims".to_owned(), json!([claim]));
        part
    };
    claims.iter().map(part).collect()
}

/// What precedes this reply: it has no result yet.
fn in_progress(msg: &Map<String, Value>) -> Map<String, Value> {
    let mut msg = msg.clone();
    for result in ["signed_claim", "signed_data", "signed_payload", "claims"] {
        msg.remove(result);
    }
    msg.insert("signing_status".to_owned(), "in progress".into());
    msg
}

fn has(acts: &[ReplyAct], act: &ReplyAct) -> bool {
    acts.contains(act)
}

fn envelope(msg: Map<String, Value>, context: &Context) -> Value {
    let since_epoch = context.received.duration_since(SystemTime::UNIX_EPOCH);
    let number = context.number;
    json!({
        "i": number,
        "msg": msg,
        "msg_id": format!("sandbox-{number}"),
        "timestamp": since_epoch.unwrap_or(Duration::ZERO).as_secs(),
        "topic": context.topic.replace("topic://", "/topic/"),
        "username": "sandbox",
    })
}

/// The `msg` of a reply.
fn msg(
    request: &Value,
    mtype: Option<&str>,
    acts: &[ReplyAct],
    context: &Context,
) -> Map<String, Value> {
    let kind = mtype.unwrap_or_else(|| guessed_mtype(request));
    let mut msg = Map::new();
    let mut result = signed(request, kind, acts, context);
    let mut status = "success";
    let mut errors = Vec::new();
    if let Err(error) = &result {
        errors.push(error.clone());
        status = "failure";
    }
    for act in acts {
        match act {
            ReplyAct::ServerError { errors: all, signing_status } => {
                errors.clone_from(all);
                status = signing_status;
                result = Err(String::new());
            }
            ReplyAct::WithoutResult => result = Err(String::new()),
            _ => {}
        }
    }
    if !has(acts, &ReplyAct::WithoutErrors) {
        msg.insert("errors".to_owned(), errors.into());
    }
    for field in [
        "manifest_digest",
        "pipeline_run_id",
        "pub_task_id",
        "repo",
        "request_id",
        "requested_by",
        "sig_key_id",
        "sig_keyname",
    ] {
        if let Some(value) = request.get(field) {
            msg.insert(field.to_owned(), value.clone());
        }
    }
    let received = timestamp(context.received);
    msg.insert("request_received_time".to_owned(), received.clone().into());
    msg.insert("signature_type".to_owned(), kind.into());
    msg.insert("signing_server_requested".to_owned(), received.into());
    let responded = timestamp(SystemTime::now());
    msg.insert("signing_server_responded".to_owned(), responded.into());
    msg.insert("signing_status".to_owned(), status.into());
    if let Ok((field, value)) = result {
        if kind == "batch" {
            msg.insert("signing_server_average_time_secs".to_owned(), 0.into());
        }
        msg.insert(field.to_owned(), value);
    }
    for act in acts {
        if let ReplyAct::Field(name, text) = act {
            msg.insert(name.clone(), text.as_str().into());
        }
    }
    msg
}

/// The `mtype` of a request whose sender leaves the property out.
fn guessed_mtype(request: &Value) -> &'static str {
    let kinds =
        [("claims", "batch"), ("data", "clearsign_signature"), ("artifact", "gpg_signature")];
    let kind = kinds.iter().find(|(field, _)| request.get(field).is_some());
    kind.map_or("container_signature", |(_, kind)| kind)
}

/// The field with the signed value, and the value.
fn signed(
    request: &Value,
    mtype: &str,
    acts: &[ReplyAct],
    context: &Context,
) -> Result<(&'static str, Value), String> {
    let previous: Value =
        context.previous.and_then(|body| serde_json::from_slice(body).ok()).unwrap_or_default();
    let single = |form, field: &str| {
        let content = decoded(request, field)?;
        let crossed = decoded(&previous, field).unwrap_or_else(|_| another(&content));
        let keys = context.keys;
        let key = keys.named(request["sig_key_id"].as_str(), request["sig_keyname"].as_str());
        value(form, keys, key, (&content, &crossed), twist(acts, 1))
    };
    match mtype {
        "container_signature" => Ok(("signed_claim", single(Form::Message, "claim_file")?)),
        "clearsign_signature" => Ok(("signed_data", single(Form::Cleartext, "data")?)),
        "gpg_signature" => Ok(("signed_payload", single(Form::Detached, "artifact")?)),
        "batch" => {
            let claims = request["claims"].as_array().ok_or("no claims")?;
            let partial = acts.iter().find_map(|act| match act {
                ReplyAct::PartialBatch(count) => Some(*count),
                _ => None,
            });
            let mut number = 0;
            let signed = claims.iter().enumerate().take(partial.unwrap_or(usize::MAX));
            let signed = signed.map(|(index, claim)| {
                // The next claim of the batch; of a single one, the first of the batch before.
                let next = &claims[(index + 1) % claims.len()];
                let next = if claims.len() > 1 { next } else { &previous["claims"][0] };
                signed_claim(claim, next, acts, context.keys, &mut number)
            });
            Ok(("claims", signed.collect::<Result<Vec<_>, _>>()?.into()))
        }
        other => Err(format!("unknown mtype {other:?}")),
    }
}

/// One claim of a batch, signed once for every key name in it; ids are in the order of the names.
fn signed_claim(
    claim: &Value,
    next: &Value,
    acts: &[ReplyAct],
    keys: &Keys,
    number: &mut usize,
) -> Result<Value, String> {
    let content = decoded(claim, "claim_file")?;
    let crossed = decoded(next, "claim_file").unwrap_or_else(|_| another(&content));
    let names = claim["sig_keynames"].as_array().ok_or("no sig_keynames")?;
    let mut signatures = Map::new();
    for (index, name) in names.iter().enumerate() {
        *number += 1;
        let name = name.as_str().ok_or("a sig_keyname is not a string")?;
        let key = keys.named(claim["sig_key_ids"][index].as_str(), Some(name));
        let twist = twist(acts, *number);
        let value = value(Form::Message, keys, key, (&content, &crossed), twist)?;
        signatures.insert(name.to_owned(), value);
    }
    Ok(json!({
        "claim_file": claim["claim_file"],
        "manifest_digest": claim["manifest_digest"],
        "repo": claim["repo"],
        "signed_claims": signatures,
    }))
}

/// What the rules say of the n-th value of the reply: the first that is for it, or for all.
fn twist(acts: &[ReplyAct], number: usize) -> Twist {
    let mut twists: Vec<(Twist, Option<usize>)> = Vec::new();
    for act in acts {
        match (act, twists.last_mut()) {
            (ReplyAct::Values(twist), _) => twists.push((*twist, None)),
            (ReplyAct::OnlyValue(number), Some((_, only))) => *only = Some(*number),
            _ => {}
        }
    }
    let mut twists = twists.into_iter();
    let found = twists.find(|(_, only)| only.is_none_or(|only| only == number));
    found.map(|(twist, _)| twist).unwrap_or_default()
}

/// A signed value, in base64.
fn value(
    form: Form,
    keys: &Keys,
    key: &SigningKey,
    (content, crossed): (&[u8], &[u8]),
    twist: Twist,
) -> Result<Value, String> {
    let (other, stranger) = (keys.after(key), keys.stranger());
    let job = Job { form, key, other, stranger, content, crossed };
    let made = twist.made(&job).map_err(|error| format!("signing failed: {error}"))?;
    Ok(encode_block(&made).into())
}

fn decoded(request: &Value, field: &str) -> Result<Vec<u8>, String> {
    let text = request[field].as_str().ok_or(format!("no {field}"))?;
    decode_block(text).map_err(|_| format!("{field} is not base64"))
}

/// `2026-01-31T12:00:00.000000Z`
fn timestamp(time: SystemTime) -> String {
    humantime::format_rfc3339_micros(time).to_string()
}

/// The text of a reply, corrupted if a rule says so.
fn corrupted(mut reply: Value, acts: &[ReplyAct]) -> String {
    let content = acts.iter().find_map(|act| match act {
        ReplyAct::Content(content) => Some(content),
        _ => None,
    });
    let Some(content) = content else {
        return reply.to_string();
    };
    match content {
        Content::NotJson => "signed, but this is not JSON".to_owned(),
        Content::Empty => String::new(),
        Content::JsonList => json!([reply]).to_string(),
        Content::NoMsg => {
            reply.as_object_mut().map(|reply| reply.remove("msg"));
            reply.to_string()
        }
        Content::NoId => {
            reply["msg"].as_object_mut().map(|msg| msg.remove("request_id"));
            reply.to_string()
        }
        Content::NumericId => {
            reply["msg"]["request_id"] = 4711.into();
            reply.to_string()
        }
        Content::Nested(levels) => {
            // As text, because dropping a value of many levels overflows the stack.
            let text = reply.to_string();
            let (open, close) = ("[".repeat(*levels), "]".repeat(*levels));
            format!("{},\"nested\":{open}{close}}}", &text[..text.len() - 1])
        }
        Content::Padded(size) => {
            reply["padding"] = "".into();
            let missing = size.saturating_sub(reply.to_string().len());
            reply["padding"] = "x".repeat(missing).into();
            reply.to_string()
        }
    }
}

/// An encoded amqp-value section with a string.
fn encoded(text: &str) -> Vec<u8> {
    let length = u32::try_from(text.len()).expect("a reply has less than 4 GiB");
    [&[0x00, 0x53, 0x77, 0xb1][..], &length.to_be_bytes(), text.as_bytes()].concat()
}

/// The body that carries the text.
fn carried(text: String, acts: &[ReplyAct]) -> Body {
    let carrier = acts.iter().find_map(|act| match act {
        ReplyAct::Carrier(carrier) => Some(carrier),
        _ => None,
    });
    match carrier {
        None => Body::Text(text),
        Some(Carrier::Binary) => Body::Binary(text.into_bytes()),
        Some(Carrier::Null) => Body::Null,
        Some(Carrier::EncodedBody) => Body::Data(vec![encoded(&text)]),
        Some(Carrier::EncodedMessage) => {
            // A header section that says durable comes before the body.
            let header = [0x00, 0x53, 0x70, 0xc0, 0x02, 0x01, 0x41];
            Body::Data(vec![[&header[..], &encoded(&text)].concat()])
        }
        Some(Carrier::InvalidUtf8) => {
            let mut bytes = text.into_bytes();
            bytes.insert(1, 0xff);
            Body::Data(vec![bytes])
        }
        Some(Carrier::Data(sections)) => {
            let size = text.len().div_ceil((*sections).max(1)).max(1);
            Body::Data(text.as_bytes().chunks(size).map(<[u8]>::to_vec).collect())
        }
    }
}
