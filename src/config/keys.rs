//! A table: the keys of the configuration, by which files are read, and of which the example file and the documents
//! are made.

use std::fmt;

use super::SignerType;

/// A key's row. In texts, backquotes mark what is typed literally.
#[cfg_attr(not(test), expect(dead_code, reason = "documents are made in tests"))]
pub(crate) struct Key {
    pub(crate) name: &'static str,
    pub(crate) takes: Takes,
    pub(crate) default: Default,
    pub(crate) meaning: &'static str,
}

/// The kind of a key's value.
pub(crate) enum Takes {
    /// One of these words, in any case.
    Word(&'static [&'static str]),
    /// Something else, as errors name it after "expected".
    Value(&'static str),
}

/// What applies if a key is missing.
#[cfg_attr(not(test), expect(dead_code, reason = "documents are made in tests"))]
pub(crate) enum Default {
    /// The key is required; a sample.
    Required(&'static str),
    /// The key is required if a broker is reached over TLS; a sample.
    RequiredForTls(&'static str),
    /// The same as if it had this value.
    Is(&'static str),
    /// What happens then, which no value expresses; a sample.
    None { then: &'static str, sample: &'static str },
}

/// The keys of both sections; the last, `chunk_size`, is only for the batch section.
const KEYS: [Key; 38] = [
    Key {
        name: "messaging_brokers",
        takes: Takes::Value("a list of URLs, [\"amqps://host:5671\"] or [\"mqtts://host:8883\"]"),
        default: Default::Required(
            "[\"amqps://broker-01.example.com:5671\", \"amqps://broker-02.example.com:5671\"]",
        ),
        meaning: "brokers, tried in this order, all of one protocol: `amqps://` (port 5671 unless given) and `mqtts://` (8883) are AMQP 1.0 and MQTT 5 over TLS, `amqp://` (5672) and `mqtt://` (1883) without",
    },
    Key {
        name: "messaging_cert_key",
        takes: Takes::Value(FILE),
        default: Default::RequiredForTls("~/messaging/client.pem"),
        meaning: "PEM file with the client certificate and its private key, in either order; further certificates are intermediates",
    },
    Key {
        name: "messaging_key",
        takes: Takes::Value(FILE),
        default: Default::None {
            then: "in `messaging_cert_key`",
            sample: "~/messaging/client.key",
        },
        meaning: "PEM file with the private key, if it is not in the file of the certificate",
    },
    Key {
        name: "messaging_ca_cert",
        takes: Takes::Value(FILE),
        default: Default::RequiredForTls("~/messaging/ca.pem"),
        meaning: "PEM file, or folder of such files, with the authorities that sign the brokers' certificates; the system's are not used",
    },
    Key {
        name: "messaging_key_passphrase_file",
        takes: Takes::Value(FILE),
        default: Default::None { then: "none", sample: "~/messaging/passphrase" },
        meaning: "file with the passphrase of an encrypted private key; the client never prompts for one",
    },
    Key {
        name: "topic_send_to",
        takes: Takes::Value(ADDRESS),
        default: Default::Required("topic://VirtualTopic.example.sign"),
        meaning: "address of requests, over MQTT a topic; `{creator}` (the certificate's name, or `--requester`), `{task_id}`, `{environment}`, `{service}` and other fields are filled in",
    },
    Key {
        name: "topic_listen_to",
        takes: Takes::Value(ADDRESS),
        default: Default::Required(
            "queue://Consumer.{creator}-{task_id}.VirtualTopic.example.signed",
        ),
        meaning: "address of replies, with the same fields; on ActiveMQ `NAME` in `queue://Consumer.NAME.VirtualTopic.TOPIC` is one segment, without dots",
    },
    Key {
        name: "environment",
        takes: Takes::Value(STRING),
        default: Default::Required("prod"),
        meaning: "environment in the requests",
    },
    Key {
        name: "service",
        takes: Takes::Value(STRING),
        default: Default::Required("example-service"),
        meaning: "service in the requests",
    },
    Key {
        name: "timeout",
        takes: Takes::Value(COUNT),
        default: Default::Required("60"),
        meaning: "seconds without an expected reply that end a window; a fraction is ignored",
    },
    Key {
        name: "retries",
        takes: Takes::Value(COUNT),
        default: Default::Required("2"),
        meaning: "windows in a cycle; a request expires after timeout × retries seconds",
    },
    Key {
        name: "send_retries",
        takes: Takes::Value(COUNT),
        default: Default::Required("2"),
        meaning: "cycles, each of which sends what is still unanswered; without a single reply a run takes timeout × retries × send_retries seconds",
    },
    Key {
        name: "message_id_key",
        takes: Takes::Value(STRING),
        default: Default::Required("request_id"),
        meaning: "attribute of a reply's `msg` that holds the id of its request",
    },
    Key {
        name: "task_id_attribute",
        takes: Takes::Value(STRING),
        default: Default::Is("pub_task_id"),
        meaning: "attribute of a request that holds the task id",
    },
    Key {
        name: "log_level",
        takes: Takes::Word(&["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL", "TRACE", "OFF"]),
        default: Default::None { then: "`INFO`", sample: "INFO" },
        meaning: "least severe level that is logged; `RUST_LOG` and `--log-level` take precedence",
    },
    Key {
        name: "key_aliases",
        takes: Takes::Value("a mapping of names to key ids"),
        default: Default::None {
            then: "none",
            sample: "{production: \"55A34A82\", testing: \"37036A73\"}",
        },
        meaning: "other names of signing keys; only the last 8 characters of an id are sent",
    },
    Key {
        name: "connect_timeout",
        takes: Takes::Value(SECONDS),
        default: Default::Is("10"),
        meaning: "seconds that each broker may take from the look-up of its name to both links, over MQTT to the subscription; addresses of a name share them equally, and the error names the address and the phase that did not end",
    },
    Key {
        name: "close_timeout",
        takes: Takes::Value(SECONDS),
        default: Default::Is("2"),
        meaning: "seconds for an orderly close",
    },
    Key {
        name: "idle_timeout",
        takes: Takes::Value("0, or a number of seconds of at least 2"),
        default: Default::Is("30"),
        meaning: "seconds of a broker's silence after which the connection counts as lost, 0 for never; over MQTT also the keep alive; the broker's own limit is always honoured",
    },
    Key {
        name: "sasl",
        takes: Takes::Word(&["auto", "none", "anonymous", "external", "plain"]),
        default: Default::Is("auto"),
        meaning: "how the client authenticates over AMQP; `auto` begins without SASL and uses it if the broker asks for it",
    },
    Key {
        name: "username",
        takes: Takes::Value(STRING),
        default: Default::None { then: "none", sample: "signer" },
        meaning: "user name for SASL PLAIN or MQTT; over AMQP it needs TLS and `password_file`",
    },
    Key {
        name: "password_file",
        takes: Takes::Value(FILE),
        default: Default::None { then: "none", sample: "~/messaging/password" },
        meaning: "file with the password for SASL PLAIN or MQTT, over TLS only; needs `username`",
    },
    Key {
        name: "sender_target",
        takes: Takes::Word(&["auto", "address", "anonymous"]),
        default: Default::Is("auto"),
        meaning: "target of the sender over AMQP; with `anonymous` the broker routes each message by its own address, and `auto` uses that if the broker offers it",
    },
    Key {
        name: "sender_capability",
        takes: Takes::Word(&["none", "queue", "topic"]),
        default: Default::Is("none"),
        meaning: "what `topic_send_to` has to be over AMQP, for brokers that do not see it in the address; the sender is attached to the address then",
    },
    Key {
        name: "receiver_capability",
        takes: Takes::Word(&["none", "queue", "topic"]),
        default: Default::Is("none"),
        meaning: "what `topic_listen_to` has to be, in the same way",
    },
    Key {
        name: "open_hostname",
        takes: Takes::Value(STRING),
        default: Default::None { then: "the URL's host", sample: "vhost.example.com" },
        meaning: "host name (virtual host) to open over AMQP",
    },
    Key {
        name: "mqtt_version",
        takes: Takes::Word(&["5", "3.1.1"]),
        default: Default::Is("5"),
        meaning: "version of MQTT; over `3.1.1` messages have no properties and do not expire, and refusals have no reasons, so it needs a signing server that does without; the client never falls back to it",
    },
    Key {
        name: "mqtt_client_id",
        takes: Takes::Value(STRING),
        default: Default::None { then: "20 random letters and digits", sample: "signer-{task_id}" },
        meaning: "client id over MQTT, with the fields of addresses, for brokers that require a certain one; of two runs with the same id, the later one ends the earlier one",
    },
    Key {
        name: "mqtt_max_open",
        takes: Takes::Value(COUNT),
        default: Default::Is("500"),
        meaning: "most requests without a reply over MQTT, where a broker may drop, without a word, what does not fit into a full queue",
    },
    Key {
        name: "tls_verify",
        takes: Takes::Word(&["full", "ca", "none"]),
        default: Default::Is("full"),
        meaning: "what the client verifies in a broker's certificate: chain and host name, only the chain, or nothing; anything but `full` is logged as a warning",
    },
    Key {
        name: "tls_alpn",
        takes: Takes::Value("a string, or a list of strings"),
        default: Default::None { then: "none", sample: "x-amzn-mqtt-ca" },
        meaning: "protocol names that the client offers in the TLS handshake (ALPN), for brokers and proxies that tell protocols on one port apart by them",
    },
    Key {
        name: "durable",
        takes: Takes::Value("true or false"),
        default: Default::Is("true"),
        meaning: "whether requests survive a restart of the broker; `pubtools-sign` sends `false`, and over MQTT there is only `true`",
    },
    Key {
        name: "foreign_replies",
        takes: Takes::Word(&["accept", "release"]),
        default: Default::Is("accept"),
        meaning: "what the client does with replies to requests of other clients: `accept` takes them off the queue, as `pubtools-sign` does; `release` gives each back once, for a queue that clients share on purpose, which only AMQP has",
    },
    Key {
        name: "max_message_size",
        takes: Takes::Value("a size above 0, in bytes or as \"512 KiB\", \"64 MiB\", \"1 GiB\""),
        default: Default::Is("64 MiB"),
        meaning: "largest reply; a larger one is rejected, over MQTT only acknowledged, and the run continues",
    },
    Key {
        name: "deadline",
        takes: Takes::Value(SECONDS),
        default: Default::None { then: "none", sample: "1500" },
        meaning: "seconds for the whole run",
    },
    Key {
        name: "verify_keys",
        takes: Takes::Value(FILES),
        default: Default::None { then: "none", sample: "~/messaging/signing-keys.asc" },
        meaning: "files of OpenPGP certificates, armored or binary, or folders of such files; with them replies are verified: a value counts only if it is a good signature, by the key that was asked for, of exactly what was asked for",
    },
    Key {
        name: "verify",
        takes: Takes::Word(&["require", "if-known", "off"]),
        default: Default::Is("if-known"),
        meaning: "which values are verified if `verify_keys` is set: `if-known` those by keys whose certificate is there, with a warning for others; with `require` a missing certificate ends the run before anything is sent; `off` none",
    },
    Key {
        name: "chunk_size",
        takes: Takes::Value(COUNT),
        default: Default::Is("200"),
        meaning: "items in a request (only in `msg_batch_signer`)",
    },
];

const STRING: &str = "a string";
const FILE: &str = "a path";
const FILES: &str = "a path, or a list of paths";
const ADDRESS: &str = "an address";
const COUNT: &str = "a whole number of at least 1";
const SECONDS: &str = "a number of seconds above 0";

/// The keys that a section may have.
pub(crate) fn of(signer: SignerType) -> &'static [Key] {
    match signer {
        SignerType::Single => &KEYS[..KEYS.len() - 1],
        SignerType::Batch => &KEYS,
    }
}

/// The keys that a section must have, each with a sample.
#[cfg(feature = "cli")]
pub(super) fn required(signer: SignerType) -> impl Iterator<Item = (&'static str, &'static str)> {
    of(signer).iter().filter_map(|key| match key.default {
        Default::Required(sample) => Some((key.name, sample)),
        _ => None,
    })
}

/// The row of a key.
///
/// # Panics
/// If the table has no such key.
pub(super) fn row(name: &str) -> &'static Key {
    KEYS.iter().find(|key| key.name == name).expect("a key of the table")
}

impl fmt::Display for Takes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(words) => write!(f, "one of {}", words.join(", ")),
            Self::Value(text) => f.write_str(text),
        }
    }
}
