//! The same promises over MQTT, and those that only MQTT needs.

mod codes;
mod endings;
mod flow;
mod replies;
mod resumed;

use super::*;
use crate::simulation::plan::{Connack, Suback};

/// Three containers over MQTT, one broker.
fn bench() -> Bench {
    over(Protocol::Mqtt)
}

/// A connection to a broker of this kind.
fn broker(mqtt: MqttPlan) -> ConnectionPlan {
    ConnectionPlan { mqtt, ..ConnectionPlan::default() }
}

/// The first connection ends so; further ones are to this broker.
fn then(
    trigger: Trigger,
    fault: Fault,
    mqtt: MqttPlan,
) -> impl FnMut(usize, usize) -> ConnectionPlan + 'static {
    move |_, number| match number {
        0 => with_fault(trigger, fault.clone()),
        _ => broker(mqtt.clone()),
    }
}

/// The end of a connection with this code.
fn disconnect(code: u8) -> Fault {
    Fault::Close(Condition::Code(Packet::Disconnect, code))
}

impl super::super::run::Ended {
    /// The requests that came again as they were, in order.
    fn again(&self) -> Vec<usize> {
        let sendings = self.witness.sendings.iter().filter(|sending| sending.is_same);
        sendings.map(|sending| sending.request).collect()
    }

    fn has_seen(&self, kind: &str) -> bool {
        self.witness.kinds.contains(kind)
    }
}
