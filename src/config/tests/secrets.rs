//! A secret in place of any value, key or name is in no text that is made of it.

use super::*;

const MARK: &str = "MaRk";

/// Texts that look like secrets, wherever they are.
const FORMS: [&str; 9] = [
    "-----BEGIN PRIVATE KEY-----\nMaRk\n-----END PRIVATE KEY-----\n",
    "-----BEGIN PRIVATE KEY-----\\nMaRk\\n-----END PRIVATE KEY-----",
    "LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0tMaRk",
    "Endpoint=sb://ns.example.net/;SharedAccessKeyName=Root;SharedAccessKey=MaRk",
    "Server=h;User=me;Password=MaRk;",
    "amqps://me:MaRk@broker:5671",
    "amqps://me:Ma@RkMaRk/w?#x:y@broker",
    "me:MaRk@broker",
    "amqps://broker?password=MaRk",
];

/// Reads a batch section and returns everything that can be printed of the result.
fn printed(text: &str, value: &str) -> String {
    let env = |name: &str| match name {
        "SECRET" => Some(value.to_owned()),
        name => env(name),
    };
    match Settings::parse(text, Path::new("f.yaml"), SignerType::Batch, &env) {
        Ok(settings) => format!("{settings:?}"),
        Err(error) => format!("{error} {error:?}"),
    }
}

#[test]
fn in_every_key() {
    for value in FORMS {
        for key in keys::of(SignerType::Batch) {
            for written in
                ["\"${SECRET}\"", "[\"${SECRET}\"]", "{a: \"${SECRET}\"}", "{\"${SECRET}\": a}"]
            {
                let file = file("msg_batch_signer", &[(key.name, written)]);
                let printed = printed(&file, value);
                assert!(!printed.contains(MARK), "{}: {printed}", key.name);
            }
        }
        let quoted = serde_json::Value::from(value).to_string();
        let good = file("msg_batch_signer", &[]);
        for text in [
            quoted.clone(),
            format!("{quoted}: 1\n"),
            format!("{good}  {quoted}: 1\n"),
            format!("{good}  {quoted}: 1\n  {quoted}: 1\n"),
            format!("{good}  key_aliases: {{{quoted}: 1, {quoted}: 2}}\n"),
            format!("{good}  timeout: 1\n  x: !{value}\n"),
            format!("{good}  deadline: \"${{{value}}}\"\n"),
            value.to_owned(),
        ] {
            let printed = printed(&text, "");
            assert!(!printed.contains(MARK), "{text}: {printed}");
        }
    }
}

#[test]
fn in_settings_without_a_file() {
    for value in FORMS {
        for key in keys::of(SignerType::Single) {
            let builder = Settings::builder(SignerType::Single).set(key.name, value);
            let shown = format!("{builder:?}");
            assert!(!shown.contains(MARK), "{shown}");
            let problem = format!("{:?}", builder.build().unwrap_err());
            assert!(!problem.contains(MARK), "{problem}");
        }
    }
}

/// A short secret is known only by its key.
#[test]
fn in_a_key_for_a_file() {
    for key in ["messaging_cert_key", "messaging_ca_cert", "messaging_key_passphrase_file"] {
        let settings = with(&[(key, MARK)]).unwrap();
        let shown = format!("{settings:?}");
        assert!(!shown.contains(MARK), "{shown}");
        let problem = settings.check_files().unwrap_err().to_string();
        assert!(
            problem.starts_with(&format!("f.yaml: msg_signer.{key}: the file does not exist; "))
        );
        assert!(!problem.contains(MARK), "{problem}");
    }
}

#[test]
fn a_file_that_is_not_read_need_not_exist() {
    let plain = ("messaging_brokers", "[amqp://broker]");
    let unused = with(&[plain, ("messaging_cert_key", "-"), ("messaging_ca_cert", MARK)]).unwrap();
    unused.check_files().unwrap();
}

#[test]
fn the_error_says_what_is_there_and_what_is_expected() {
    let pem = "\"-----BEGIN CERTIFICATE-----\\nMaRk\"";
    for (key, value, expected) in [
        ("messaging_cert_key", pem, "holds PEM text; expected a path"),
        ("messaging_brokers", pem, "holds PEM text; expected a list of URLs"),
        (
            "messaging_brokers",
            "\"Endpoint=sb://b;SharedAccessKey=c2VjcmV0MaRk\"",
            "holds a connection string; expected a list of URLs",
        ),
        (
            "messaging_brokers",
            "[\"Endpoint=sb://b;SharedAccessKey=c2VjcmV0MaRk\"]",
            "item 1: holds a connection string; expected amqps://host:5671",
        ),
        ("service", pem, "holds PEM text; expected a string"),
        (
            "topic_send_to",
            "\"Server=h;Pwd={MaRk}\"",
            "holds a connection string; expected an address",
        ),
        ("messaging_ca_cert", "LS0tLS1CRUdJTiBD", "holds PEM text in base64; expected a path"),
        (
            "messaging_cert_key",
            "amqps://me:MaRk@h",
            "holds a user name or password; expected a path",
        ),
        (
            "messaging_brokers",
            "[amqps://a, \"Endpoint=sb://b;SharedAccessKey=MaRk\"]",
            "item 2: holds a connection string; expected amqps://host:5671",
        ),
        (
            "messaging_brokers",
            "[amqps://me:MaRk@h]",
            "item 1: holds a user name or password; remove it and use",
        ),
        (
            "messaging_brokers",
            "[amqps://me:MaRk]",
            "item 1: \"amqps://me:…\" has a port that is not a number",
        ),
    ] {
        refused(&[(key, value)], &[&format!("f.yaml: msg_signer.{key}: {expected}")]);
    }
}
