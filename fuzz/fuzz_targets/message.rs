//! The sections of a message, and the reply that they may be.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    amqp_messenger::fuzzing::message(data);
});
