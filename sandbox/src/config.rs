//! The client's configuration file.

use std::path::Path;

/// What a client speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    Amqp,
    Mqtt,
}

/// The values in the configuration of a client.
pub(crate) struct Client<'a> {
    pub(crate) protocol: Protocol,
    pub(crate) broker_urls: &'a [String],
    pub(crate) client_pem: &'a Path,
    pub(crate) ca_file: &'a Path,
    /// The OpenPGP certificates.
    pub(crate) certificates: &'a Path,
    /// Names with fingerprints.
    pub(crate) keys: &'a [(String, String)],
}

/// The text of a configuration file, with a section for each of the two ways to sign.
pub(crate) fn yaml(client: &Client) -> String {
    let single = section(client);
    format!("msg_signer:\n{single}msg_batch_signer:\n{single}  chunk_size: 200\n")
}

fn section(client: &Client) -> String {
    // A queue per client is AMQP's; over MQTT each client gets all replies.
    let listen_to = match client.protocol {
        Protocol::Amqp => "queue://Consumer.{creator}-{task_id}.VirtualTopic.sandbox.reply",
        Protocol::Mqtt => "topic://VirtualTopic.sandbox.reply",
    };
    let quoted = |path: &Path| format!("{:?}", path.display().to_string());
    format!(
        "  messaging_brokers:
{urls}  messaging_cert_key: {pem}
  messaging_ca_cert: {ca}
  topic_send_to: topic://VirtualTopic.sandbox.sign
  topic_listen_to: {listen_to}
  environment: sandbox
  service: sandbox
  timeout: 10
  retries: 2
  send_retries: 2
  message_id_key: request_id
  log_level: warning
  verify_keys: {certificates}
  key_aliases:
{keys}",
        urls = client.broker_urls.iter().map(|url| format!("    - {url}\n")).collect::<String>(),
        pem = quoted(client.client_pem),
        ca = quoted(client.ca_file),
        certificates = quoted(client.certificates),
        keys =
            client.keys.iter().map(|(name, id)| format!("    {name}: {id}\n")).collect::<String>(),
    )
}
