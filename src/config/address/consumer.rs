//! Addresses of ActiveMQ's virtual topics: `Consumer.NAME.VirtualTopic.TOPIC` is the queue of one consumer.

/// What is wrong with an address that reads from a virtual topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Doubt {
    /// No broker can deliver anything there.
    NoTopic,
    /// ActiveMQ delivers nothing there unless it is configured for it; the reason.
    Unusual(String),
}

/// Looks at each address of a possibly composite one, as ActiveMQ reads it.
pub(crate) fn doubt(address: &str) -> Option<Doubt> {
    address.split(',').find_map(|address| {
        let path = address.split('?').next().unwrap_or_default().trim();
        let name = path.strip_prefix("queue://").unwrap_or(path);
        let segments: Vec<_> = name.split('.').collect();
        let topic = segments.iter().position(|segment| *segment == "VirtualTopic")?;
        let ["Consumer", client @ ..] = &segments[..topic] else { return None };
        let nothing = "ActiveMQ as shipped delivers nothing there";
        let unusual = |problem: &str| Some(Doubt::Unusual(format!("{path} {problem}{nothing}")));
        match client {
            _ if segments[topic + 1..].last().is_none_or(|last| last.is_empty()) => {
                Some(Doubt::NoTopic)
            }
            [] => unusual("has no segment between Consumer and VirtualTopic; "),
            // ActiveMQ 5.18 counts it as a name.
            [""] => unusual(
                "has an empty segment between Consumer and VirtualTopic, which clients without a name share; \
                 unless it counts as a name, ",
            ),
            [_] if segments.iter().any(|segment| segment.is_empty()) => {
                unusual("has an empty segment; ")
            }
            [_] => None,
            names => {
                let count = names.len();
                unusual(&format!("has {count} segments between Consumer and VirtualTopic; "))
            }
        }
    })
}

/// The number of segments that begin a topic's name.
pub(super) fn topics(address: &str) -> usize {
    address.split('.').filter(|segment| *segment == "VirtualTopic").count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_segment_is_the_consumer_s_name() {
        for address in [
            "queue://Consumer.me-7.VirtualTopic.sign",
            "Consumer.me.VirtualTopic.a.b.c",
            "queue://Consumer.me.VirtualTopic.>",
            "queue://Consumer.me.VirtualTopic.sign?consumer.prefetchSize=1",
            "queue://Consumer.a.b",
            "queue://a.b.VirtualTopic.c",
            "topic://VirtualTopic.sign.",
            "topic://Consumer.a.b.VirtualTopic.c",
            "VirtualTopic.sign::Consumer.a.b.VirtualTopic.sign",
            "/queue/Consumer.a.b.VirtualTopic.c",
        ] {
            assert_eq!(doubt(address), None, "{address}");
        }
    }

    #[test]
    fn other_addresses_are_doubted() {
        for (address, expected) in [
            ("queue://Consumer.a.b.VirtualTopic.c", "has 2 segments between"),
            ("Consumer.client.example.com.VirtualTopic.c", "has 3 segments between"),
            ("queue://Consumer.VirtualTopic.c", "has no segment between"),
            ("queue://Consumer..VirtualTopic.c", "has an empty segment between"),
            ("queue://Consumer.a..VirtualTopic.c", "has 2 segments between"),
            ("queue://Consumer.a.VirtualTopic..c", "has an empty segment"),
            ("queue://b,queue://Consumer.a.b.VirtualTopic.c?x=1", "has 2 segments between"),
        ] {
            let found = doubt(address);
            let Some(Doubt::Unusual(problem)) = &found else { panic!("{address}: {found:?}") };
            assert!(problem.contains(expected), "{problem}");
        }
        for address in [
            "queue://Consumer.a.VirtualTopic.",
            "queue://Consumer.a.VirtualTopic.b.",
            "queue://Consumer.a.VirtualTopic",
            "Consumer.a.b.VirtualTopic.c.",
        ] {
            assert_eq!(doubt(address), Some(Doubt::NoTopic), "{address}");
        }
    }
}
