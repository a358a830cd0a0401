//! What a broker of MQTT sends on connections that resume each other: valid openings and packets of all kinds, changed here
//! and there.

#![no_main]

use amqp_messenger::fuzzing;
use amqp_messenger_fuzz::Mqtt;

libfuzzer_sys::fuzz_target!(|broker: Mqtt| {
    fuzzing::mqtt(broker.old, &broker.connections(), &|packet| Mqtt::read(broker.old, packet));
});
