//! What settings mean over MQTT.

mod check;
mod topic;

use super::{MqttVersion, yaml::Node};

pub(super) use check::{SAME, check};
pub(super) use topic::{client_id, topic};

/// Reads a version, which may be a number.
pub(super) fn version(node: &Node, expected: &str) -> Result<MqttVersion, String> {
    let text = match node {
        Node::Text(text) => text.trim().to_owned(),
        Node::Int(number) => number.to_string(),
        Node::Decimal(_, text) => text.clone(),
        _ => return Err(format!("expected {expected}, found {node}")),
    };
    let hint = match text.as_str() {
        "5" | "5.0" => return Ok(MqttVersion::V5),
        "3.1.1" => return Ok(MqttVersion::V311),
        "3" | "3.1" => "; 3.1 is older than what this client speaks: write 5 or 3.1.1",
        "4" => "; 4 is how 3.1.1 calls itself in packets: write 3.1.1",
        _ => "",
    };
    Err(format!("expected {expected}, found {node}{hint}"))
}
