//! Addresses, which name a queue or a topic.

/// A node of the broker.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Node {
    Queue(String),
    Topic(String),
}

impl Node {
    /// Reads `queue://NAME`, `topic://NAME` or a plain name, which is a queue.
    pub(crate) fn parse(address: &str) -> Self {
        if let Some(name) = address.strip_prefix("topic://") {
            Self::Topic(name.to_owned())
        } else {
            let name = address.strip_prefix("queue://").unwrap_or(address);
            Self::Queue(name.to_owned())
        }
    }

    /// The topic of which a queue of the form `Consumer.<anything>.VirtualTopic.<name>` gets copies of.
    ///
    /// The middle may hold dots: it is cut at the first `.VirtualTopic.`.
    pub(crate) fn virtual_topic(queue: &str) -> Option<&str> {
        let rest = queue.strip_prefix("Consumer.")?;
        let at = rest.find(".VirtualTopic.")?;
        Some(&rest[at + 1..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemes_and_plain_names() {
        assert_eq!(Node::parse("queue://a.b"), Node::Queue("a.b".into()));
        assert_eq!(Node::parse("a.b"), Node::Queue("a.b".into()));
        assert_eq!(Node::parse("topic://a"), Node::Topic("a".into()));
    }

    #[test]
    fn a_consumer_name_may_hold_dots() {
        let topic = Node::virtual_topic("Consumer.a.b.7.VirtualTopic.sandbox.reply");
        assert_eq!(topic, Some("VirtualTopic.sandbox.reply"));
        assert_eq!(Node::virtual_topic("Consumer.a"), None);
        assert_eq!(Node::virtual_topic("a.VirtualTopic.b"), None);
    }
}
