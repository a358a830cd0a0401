//! Keys that have a meaning for one protocol only.

use super::{Capability, MqttVersion, Node, Sasl, SenderTarget, SettingsBuilder};

impl SettingsBuilder {
    /// Sets how the client authenticates over AMQP.
    pub fn sasl(self, sasl: Sasl) -> Self {
        self.word("sasl", sasl as usize)
    }

    /// Sets the kind of target that the sender attaches to over AMQP.
    pub fn sender_target(self, target: SenderTarget) -> Self {
        self.word("sender_target", target as usize)
    }

    /// Sets what the sender's target has to be at the broker; it is attached to the address then.
    pub fn sender_capability(self, capability: Capability) -> Self {
        self.word("sender_capability", capability as usize)
    }

    /// Sets what the receiver's source has to be at the broker, over AMQP.
    pub fn receiver_capability(self, capability: Capability) -> Self {
        self.word("receiver_capability", capability as usize)
    }

    /// Sets the host name in the Open (AMQP 1.0 part 2.7.1), if it differs from the URL's.
    pub fn open_hostname(self, name: impl Into<String>) -> Self {
        self.text("open_hostname", name)
    }

    /// Sets the version of MQTT.
    pub fn mqtt_version(self, version: MqttVersion) -> Self {
        self.word("mqtt_version", version as usize)
    }

    /// Sets the client id over MQTT, in which fields such as `{task_id}` are replaced.
    pub fn mqtt_client_id(self, template: impl Into<String>) -> Self {
        self.text("mqtt_client_id", template)
    }

    /// Sets how many requests without a reply there may be over MQTT, at least 1.
    pub fn mqtt_max_open(self, count: u32) -> Self {
        self.node("mqtt_max_open", Node::Int(count.into()))
    }

    /// Sets whether requests survive a restart of the broker; over MQTT there is only true.
    pub fn durable(self, durable: bool) -> Self {
        self.node("durable", Node::Bool(durable))
    }
}
