//! The text of a reply to each kind of request.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    amqp_messenger::fuzzing::reply(data);
});
