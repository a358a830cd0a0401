//! One promise each, with scripts by hand; hours of virtual time cost nothing.

/// Makes tests of functions that take a protocol: `over_amqp::NAME` and `over_mqtt::NAME`.
macro_rules! over_both {
    ($($name:ident),+ $(,)?) => {
        over_both!(@ over_amqp Amqp $($name)+);
        over_both!(@ over_mqtt Mqtt $($name)+);
    };
    (@ $module:ident $protocol:ident $($name:ident)+) => {
        mod $module {
            $(
                #[test]
                fn $name() {
                    super::$name(crate::config::Protocol::$protocol);
                }
            )+
        }
    };
}

mod again;
mod conditions;
mod cycle;
mod faults;
mod flow;
mod killed;
mod middle;
mod mqtt;
mod parts;
mod sending;
mod trips;

use std::time::Duration;

use crate::config::Protocol;

use super::{
    bench::Bench,
    plan::{
        Answer, Arrival, Condition, ConnectionPlan, Credit, End, Fault, MqttPlan, Opening, Outcome,
        Packet, Reach, Reply, Treatment, Trigger,
    },
};

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);

const REFUSALS: [Condition; 4] = [
    Condition::new("amqp:unauthorized-access"),
    Condition::new("amqp:not-found"),
    Condition::new("amqp:not-allowed"),
    Condition::described("failed", "AMQ119002: no such address"),
];

const PASSING: [Condition; 6] = [
    Condition::new("amqp:internal-error"),
    Condition::new("amqp:resource-deleted"),
    Condition::new("amqp:connection:forced"),
    Condition::new("amqp:connection:redirect"),
    Condition::new("amqp:link:detach-forced"),
    Condition::new("vendor:no-idea"),
];

/// Three containers over a protocol, one broker.
fn over(protocol: Protocol) -> Bench {
    Bench::new().set(|settings| settings.protocol = protocol)
}

/// An outcome at once, and a signed reply after this time.
fn replied_after(delay: Duration) -> Treatment {
    Treatment { replies: vec![(delay, Reply::Signed)], ..Treatment::default() }
}

/// An outcome, and no reply.
fn given(outcome: Outcome) -> Treatment {
    Treatment { outcome, replies: vec![], ..Treatment::default() }
}

/// A connection that this happens to.
fn with_fault(trigger: Trigger, fault: Fault) -> ConnectionPlan {
    ConnectionPlan { fault: Some((trigger, fault)), ..ConnectionPlan::default() }
}

/// A connection that this happens to if it is the first one to the first broker; others are good.
fn first_with(
    trigger: Trigger,
    fault: Fault,
) -> impl FnMut(usize, usize) -> ConnectionPlan + 'static {
    move |broker, number| {
        if (broker, number) == (0, 0) {
            with_fault(trigger, fault.clone())
        } else {
            ConnectionPlan::default()
        }
    }
}

/// This for a request of this number, a good treatment for others.
fn only(
    request: usize,
    treatment: impl Fn() -> Treatment + 'static,
) -> impl FnMut(&Arrival) -> Treatment + 'static {
    move |arrival| {
        if arrival.request == request { treatment() } else { Treatment::default() }
    }
}

/// Over MQTT: the broker's answer to a request.
fn puback(code: u8) -> Treatment {
    given(Outcome::Rejected(Condition::Code(Packet::Puback, code)))
}
