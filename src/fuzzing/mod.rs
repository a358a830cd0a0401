//! The functions that the fuzz targets call: they run the parts of the crate that read untrusted input.
//!
//! Built with `--cfg fuzzing` and for unit tests; `fuzz/` has the targets. Whatever the bytes are, nothing here may
//! panic, access memory out of bounds, grow without limit or take long, and the assertions of each function
//! must hold.

#[cfg(feature = "mqtt")]
mod mqtt;
mod run;
mod session;
#[cfg(feature = "verify")]
mod value;

use std::{num::NonZero, path::Path};

use crate::{
    amqp::{Outgoing, reply_of},
    config::{Settings, SignerType, Template},
    signing::{
        Blob, Context, Entry, Image, Items, Ledger, Operation, RawReply, ReplyBody, ReplyKind,
        State, Text, samples,
    },
};
#[cfg(feature = "mqtt")]
pub use mqtt::{Step, mqtt};
pub use run::{RECEIVER, SENDER, run};
pub use session::session;
#[cfg(feature = "verify")]
pub use value::{certificates, value};

/// The largest message that [`session`] accepts, in bytes.
const MAX_MESSAGE_SIZE: u64 = 64 * 1024;

/// Reads a message up to the verdict on the reply that it may be.
pub fn message(bytes: &[u8]) {
    let raw = reply_of(bytes.to_vec());
    if let ReplyBody::Bytes(bytes) = &raw.body
        && let Ok(text) = std::str::from_utf8(bytes)
    {
        // A message that the crate writes can be read again, unchanged.
        let outgoing =
            Outgoing { durable: true, ttl: 1, to: "a", application_properties: &[], body: bytes };
        let read = reply_of(outgoing.encode());
        assert!(matches!(read.body, ReplyBody::Bytes(bytes) if bytes == text.as_bytes()));
    }
    for operation in operations() {
        take_in(&operation, raw.clone());
    }
}

/// Reads the texts of replies to each kind of request: one after the other, with a NUL between.
pub fn reply(bytes: &[u8]) {
    let raw = |text: &[u8]| RawReply { body: ReplyBody::Bytes(text.to_vec()), properties: None };
    for operation in operations() {
        let mut all = ledger(&operation);
        for text in bytes.split(|byte| *byte == 0) {
            take_in(&operation, raw(text));
            all.reply(raw(text));
            all.end_waits();
            let answered = |entry: &&Entry| matches!(entry.state(), State::Answered(_));
            let count = all.entries().iter().filter(answered).count();
            assert_eq!(all.open(), all.entries().len() - count);
            all.entries().iter().for_each(|entry| drop(entry.signed_values()));
        }
    }
}

/// Reads a configuration file.
pub fn configuration(text: &str) {
    for signer in [SignerType::Single, SignerType::Batch] {
        let read = Settings::parse(text, Path::new("conf.yaml"), signer, &|name| {
            (name == "A").then(|| "a".to_owned())
        });
        match read {
            Ok(settings) => assert!(!settings.brokers.is_empty(), "there is a broker"),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
}

/// Reads an address and puts values into its fields.
pub fn template(text: &str, value: &str) {
    let Ok(template) = Template::parse(text) else { return };
    let rendered =
        template.render(|name| if name.len() < 8 { Ok(value.to_owned()) } else { Err(()) });
    let Ok(rendered) = rendered else { return };
    assert!(value.contains(char::is_control) || !rendered.contains(char::is_control));
    if !text.contains(['{', '}']) {
        assert_eq!(rendered, text, "a text without fields is unchanged");
    }
}

/// Feeds bytes to a session: the first byte chooses SASL and the size of the pieces in which the rest comes.
pub fn bytes(data: &[u8]) {
    let Some((&first, rest)) = data.split_first() else { return };
    // Pieces of one length, the last one shorter: all at once, or in small pieces.
    let size = [usize::MAX, 1, 7, 500][usize::from(first >> 1 & 3)].min(rest.len().max(1));
    session(first & 1 == 1, rest.chunks(size));
}

/// Enters a reply into a ledger, and checks what is kept of it.
fn take_in(operation: &Operation, raw: RawReply) {
    let mut ledger = ledger(operation);
    let open = ledger.open();
    let taken = ledger.reply(raw.clone());
    let is_kept = ledger.entries().iter().any(|entry| entry.reply().is_some());
    assert_eq!(is_kept, taken == ReplyKind::Expected);
    if is_kept {
        assert_eq!(ledger.reply(raw), ReplyKind::Repeated, "it adds nothing the second time");
    }
    ledger.end_waits();
    let answered =
        ledger.entries().iter().filter(|entry| matches!(entry.state(), State::Answered(_)));
    assert_eq!(ledger.open(), open - answered.count());
    if let ReplyKind::Malformed(reason) = &taken {
        assert!(
            !reason.contains(char::is_control) && reason.len() < 1000,
            "not fit for a log: {reason:?}"
        );
    }
    for entry in ledger.entries() {
        if let Some(reply) = entry.reply() {
            assert!(
                !reply.document.contains(['\n', '\0']) && reply.document.is_ascii(),
                "it differs from Python's output"
            );
            reply.signed_values(entry.request());
            let mut second = self::ledger(operation);
            let body = ReplyBody::Bytes(first_of(&reply.document).into_bytes());
            assert_eq!(
                second.reply(RawReply { body, properties: None }),
                ReplyKind::Expected,
                "what is printed is not a reply"
            );
        }
    }
}

/// The reply's text in a document that is a list of the reply and its properties: up to the comma between them.
fn first_of(document: &str) -> String {
    let (mut depth, mut in_string, mut escaped) = (0, false, false);
    let end = document.find(|character| {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => in_string = !in_string,
            _ if in_string => {}
            '[' | '{' => depth += 1,
            ']' | '}' => depth -= 1,
            ',' => return depth == 1,
            _ => {}
        }
        false
    });
    document[1..end.expect("a list of two")].to_owned()
}

fn ledger(operation: &Operation) -> Ledger {
    let chunk_size = matches!(operation.items(), Items::Images(images) if images.len() > 1)
        .then_some(NonZero::new(2).expect("two"));
    samples::ledger(operation, &Context { chunk_size, ..samples::CONTEXT })
}

/// One of each kind that makes a single request: a claim, a batch of two, a text, a file.
fn operations() -> [Operation; 4] {
    let images = |count: usize| {
        let image = |index| Image::lenient(format!("sha256:{index}"), format!("host/repo:{index}"));
        Items::Images((0..count).map(|index| image(index).expect("a good image")).collect())
    };
    let text = Text::new("text").expect("a small text");
    let blob = Blob::new("blob").expect("a small blob");
    [
        samples::operation(images(1)),
        samples::operation(images(2)),
        samples::operation(Items::Texts { texts: vec![text], repo: None }),
        samples::operation(Items::Blobs(vec![blob])),
    ]
}

#[cfg(test)]
mod tests {
    use std::{fs, path::PathBuf};

    /// The inputs that failed once. Those of other targets are replayed by fuzz/smoke.
    #[test]
    fn named_inputs_no_longer_fail() {
        let crashes = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/crashes"));
        for (target, replay) in [
            ("bytes", super::bytes as fn(&[u8])),
            ("configuration", |data| super::configuration(&String::from_utf8_lossy(data))),
            ("message", super::message),
            ("reply", super::reply),
            #[cfg(feature = "verify")]
            ("value", super::value),
            #[cfg(feature = "verify")]
            ("certificates", super::certificates),
        ] {
            for file in fs::read_dir(crashes.join(target)).into_iter().flatten() {
                let file = file.expect("a file").path();
                replay(&fs::read(file).expect("the file can be read"));
            }
        }
    }
}
