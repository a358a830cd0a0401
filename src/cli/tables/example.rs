//! The example configuration: complete, valid, and with the true defaults.

use std::path::Path;

use super::sentence;
use crate::{
    Settings, SignerType,
    config::keys::{self, Default, Key, Takes},
};

const HEAD: &str = "\
# Configuration of amqp-messenger. It is read from ~/.config/pubtools-sign/conf.yaml or else from
# /etc/pubtools-sign/conf.yaml, unless --config-file names another file. Required keys are live; each
# optional one is commented out at its default, or at a sample value if it has none.
#
# ${NAME} in any string is replaced by that environment variable, which must be set. A leading ~ in a
# file's path is the home directory. Quote what looks like a number but is a string (\"12345678\").
# Sections other than these two are ignored.

# One request for each item and key; the default.
";

const BATCH: &str = "
# Many items in a request, for --signer-type batch. The keys mean the same as above.
";

/// The file; the optional keys that `live` selects are not commented out.
pub(super) fn text(live: impl Fn(&Key) -> bool) -> String {
    let mut out = String::new();
    for signer in [SignerType::Single, SignerType::Batch] {
        let is_batch = signer == SignerType::Batch;
        out += &format!("{}{}:\n", if is_batch { BATCH } else { HEAD }, signer.section());
        for key in keys::of(signer) {
            let is_new = keys::of(SignerType::Single).iter().all(|known| known.name != key.name);
            if !is_batch || is_new {
                out += &comment(key);
            }
            let (required, value) = match key.default {
                Default::Required(sample) | Default::RequiredForTls(sample) => (true, sample),
                Default::Is(value) => (false, value),
                Default::None { sample, .. } => (false, sample),
            };
            let value = match key.name {
                "timeout" if is_batch => "600".into(),
                "topic_send_to" | "topic_listen_to" if is_batch => {
                    value.replace("example.", "example.batch.")
                }
                _ => value.to_owned(),
            };
            let sign = if required || live(key) { "" } else { "# " };
            out += &format!("  {sign}{}: {value}\n", key.name);
        }
    }
    out
}

fn comment(key: &Key) -> String {
    let mut text = sentence(&key.meaning.replace('`', ""));
    if let Takes::Word(words) = key.takes {
        text += &format!(" One of {}.", words.join(", "));
    }
    match key.default {
        Default::RequiredForTls(_) => text += " Required over TLS.",
        Default::None { then: "none", .. } => text += " No default.",
        Default::None { then, .. } => text += &format!(" Default: {}.", then.replace('`', "")),
        Default::Required(_) | Default::Is(_) => {}
    }
    let mut lines = vec![String::from("  #")];
    for word in text.split(' ') {
        let line = lines.last_mut().unwrap();
        if line.chars().count() + 1 + word.chars().count() > 100 {
            lines.push(format!("  # {word}"));
        } else {
            line.push(' ');
            line.push_str(word);
        }
    }
    lines.join("\n") + "\n"
}

fn parse(text: &str, signer: SignerType) -> Settings {
    let env = |name: &str| (name == "HOME").then(|| "/home/me".to_string());
    Settings::parse(text, Path::new("config.example.yaml"), signer, &env).unwrap()
}

#[test]
fn loads_as_it_stands_and_shows_the_defaults() {
    for signer in [SignerType::Single, SignerType::Batch] {
        let settings = parse(&text(|_| false), signer);
        assert_eq!((settings.section(), settings.brokers.len()), (signer.section(), 2));
        // Every field is compared, a later one included, by what Debug prints of it.
        let live = parse(&text(|key| matches!(key.default, Default::Is(_))), signer);
        assert_eq!(format!("{live:#?}"), format!("{settings:#?}"));
    }
}

#[test]
fn loads_with_every_key_live() {
    for signer in [SignerType::Single, SignerType::Batch] {
        let settings = parse(&text(|key| !key.name.starts_with("mqtt_")), signer);
        assert!(settings.passphrase_file.is_some() && settings.log_level.is_some());
        assert!(settings.username.is_some() && settings.password_file.is_some());
        assert!(settings.open_hostname.is_some() && settings.deadline.is_some());
        assert!(!settings.key_aliases.is_empty() && !settings.tls_alpn.is_empty());
    }
}

/// For MQTT only brokers and topics change.
#[test]
#[cfg(feature = "mqtt")]
fn loads_for_mqtt() {
    for signer in [SignerType::Single, SignerType::Batch] {
        let live = text(|key| key.name != "open_hostname");
        let [brokers, queue] = [("amqps://", "mqtts://"), ("queue://", "")];
        let settings = parse(&live.replace(brokers.0, brokers.1).replace(queue.0, queue.1), signer);
        assert!(settings.mqtt_client_id.is_some() && settings.username.is_some());
    }
}
