//! What a broker saw and a program printed, as text that is equal if only ids and times differ.
//!
//! An id has the same placeholder everywhere in one run.

use amqp_sandbox::{
    Record,
    record::{ConnectionRecord, Direction, LinkRecord, RequestRecord, TerminusRecord},
};
use openssl::base64::decode_block;
use serde_json::Value;

/// The requests of a run in their order: every section with its types, and the body's text.
///
/// The header's `durable` is left out: it differs on purpose, which another case tests.
pub fn requests(record: &Record) -> String {
    let ids = Ids::of(record);
    record.requests.iter().map(|request| self::request(request, &ids)).collect()
}

fn request(request: &RequestRecord, ids: &Ids) -> String {
    let header = request.header().map(|header| {
        let mut header = header.clone();
        header.durable = false;
        header
    });
    let message = &request.message;
    let created = request.json()["created"].as_str().unwrap_or_default().to_owned();
    assert!(humantime::parse_rfc3339(&created).is_ok(), "{created:?} is not a time");
    let lines = [
        format!("request to {:?}, link's target {:?}", request.address, request.target),
        format!("format {:?}, settled {}", request.message_format, request.settled),
        format!("header {header:?}"),
        format!("delivery annotations {:?}", message.delivery_annotations),
        format!("message annotations {:?}", message.message_annotations),
        format!("properties {:?}", message.properties),
        format!("application properties {:?}", request.application_properties()),
        format!("body {:?}", request.body()).replace(&created, "<created>"),
        format!("footer {:?}", message.footer),
    ];
    ids.replaced(&lines.map(|line| line + "\n").concat())
}

/// The links of a run, the receivers first: everything in an Attach except its name.
///
/// Each link has a different name, so only the beginning of the name is compared.
pub fn links(record: &Record) -> String {
    let of = |wanted| record.links.iter().filter(move |link| link.direction == wanted);
    of(Direction::Receiver)
        .chain(of(Direction::Sender))
        .map(|link| self::link(link, record))
        .collect()
}

fn link(link: &LinkRecord, record: &Record) -> String {
    let container =
        &record.connections.iter().find(|connection| connection.number == link.connection).unwrap();
    let name = link.name.replace(&container.container_id, "<container>");
    let name = if name == "<container>" || name.starts_with("<container>-") {
        "<container>…"
    } else {
        &name
    };
    let lines = [
        format!("{:?} {name}", link.direction),
        format!("source {}", terminus(link.source.as_ref())),
        format!("target {}", terminus(link.target.as_ref())),
        format!("settle modes {:?} {:?}", link.sender_settle_mode, link.receiver_settle_mode),
        format!("takes up to {:?} bytes", link.max_message_size),
        format!("offers {:?}, desires {:?}", link.offered_capabilities, link.desired_capabilities),
        format!("properties {:?}", link.properties),
    ];
    lines.map(|line| line + "\n").concat()
}

/// An empty terminus counts as none.
fn terminus(terminus: Option<&TerminusRecord>) -> String {
    terminus.map(|terminus| format!("{terminus:?}")).unwrap_or_default()
}

/// Each kind of connection of a run once: pubtools-sign makes two of the same kind, amqp-messenger one.
pub fn connections(record: &Record) -> String {
    let mut kinds: Vec<String> = record.connections.iter().map(connection).collect();
    kinds.dedup();
    kinds.concat()
}

fn connection(connection: &ConnectionRecord) -> String {
    let container = uuid::Uuid::parse_str(&connection.container_id).map(|id| id.get_version_num());
    let lines = [
        format!("connection {:?} {:?}", connection.protocol_header, connection.sasl_mechanism),
        format!(
            "tls {} {:?} as {:?}",
            connection.tls, connection.tls_version, connection.certificate_subject
        ),
        format!("asks for {:?}", connection.server_name),
        format!(
            "opened {} at {:?} by a UUID of version {container:?}",
            connection.opened, connection.hostname
        ),
        format!("channels {}", connection.channel_max),
        format!(
            "offers {:?}, desires {:?}",
            connection.offered_capabilities, connection.desired_capabilities
        ),
        format!("properties {:?}", connection.properties),
        format!("closed {}, problems {:?}", connection.close_received, connection.problems),
    ];
    lines.map(|line| line + "\n").concat()
}

/// How the replies of a run ended, in their order.
pub fn outcomes(record: &Record) -> String {
    let ids = Ids::of(record);
    let line = |delivery: &amqp_sandbox::record::DeliveryRecord| {
        format!(
            "reply to {:?} from {}: {:?}\n",
            delivery.request_id, delivery.address, delivery.outcome
        )
    };
    ids.replaced(&record.deliveries.iter().map(line).collect::<String>())
}

/// What a run printed on standard output: the document, or signed values line by line.
pub fn printed(stdout: &str, ids: &Ids) -> String {
    let Ok(document) = serde_json::from_str::<Value>(stdout) else {
        return stdout.lines().map(|line| signed(line) + "\n").collect();
    };
    let mut text = stdout.to_owned();
    for result in document["operation_results"].as_array().into_iter().flatten() {
        text = reply(&text, &result[0]);
    }
    ids.replaced(&text)
}

/// Puts placeholders in place of what differs between replies.
fn reply(text: &str, reply: &Value) -> String {
    let mut text = text.to_owned();
    let msg = &reply["msg"];
    let mut replace = |from: &str, to: &str| {
        assert!(text.contains(from), "{from} is not printed as it was sent: {text}");
        text = text.replacen(from, to, 1);
    };
    for (object, key) in [
        (reply, "i"),
        (reply, "msg_id"),
        (reply, "timestamp"),
        (msg, "request_received_time"),
        (msg, "signing_server_requested"),
        (msg, "signing_server_responded"),
    ] {
        if let Some(value) = object.get(key) {
            replace(&format!("\"{key}\": {value}"), &format!("\"{key}\": <{key}>"));
        }
    }
    let claims = msg["claims"].as_array().into_iter().flatten();
    let of_batch = claims.flat_map(|claim| {
        claim["signed_claims"].as_object().into_iter().flat_map(|map| map.values())
    });
    let of_one = ["signed_claim", "signed_data", "signed_payload"].map(|key| &msg[key]);
    for value in of_one.into_iter().chain(of_batch).filter_map(Value::as_str) {
        replace(value, &format!("<{}>", signed(value)));
    }
    text
}

/// What a signed value is a signature of; the signature itself differs each time.
fn signed(value: &str) -> String {
    let bytes = decode_block(value).unwrap_or_else(|_| panic!("{value:?} is not base64"));
    let text = String::from_utf8_lossy(&bytes);
    const CLAIM_END: &str = r#""optional": {"creator": "pubtools-sign"}}"#;
    if let Some((start, end)) = text.find("{\"critical\"").zip(text.find(CLAIM_END)) {
        format!("signed {}", &text[start..end])
    } else if let Some((document, _)) = text.split_once("-----BEGIN PGP SIGNATURE-----") {
        format!("signed {document:?}")
    } else {
        assert!(value.is_empty(), "{text:?} is not a signature");
        String::new()
    }
}

/// Request ids, each of which has a placeholder with its index.
pub struct Ids(Vec<String>);

impl Ids {
    /// The ids of the requests that a broker saw, in their order.
    pub fn of(record: &Record) -> Self {
        let mut ids = Vec::new();
        for id in record.requests.iter().filter_map(|request| request.request_id.clone()) {
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        Self(ids)
    }

    /// The ids of the replies in a document, in their order.
    #[allow(dead_code, reason = "used if there is no record")]
    pub fn printed(stdout: &str) -> Self {
        let document: Value = serde_json::from_str(stdout).unwrap_or_default();
        let results = document["operation_results"].as_array().cloned().unwrap_or_default();
        let ids = results
            .iter()
            .filter_map(|result| result[0]["msg"]["request_id"].as_str().map(String::from));
        Self(ids.collect())
    }

    fn replaced(&self, text: &str) -> String {
        let numbered = self.0.iter().enumerate();
        numbered.fold(text.to_owned(), |text, (index, id)| {
            text.replace(id, &format!("<request {}>", index + 1))
        })
    }
}
