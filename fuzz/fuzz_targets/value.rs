//! A signed value, verified as the answer to each kind of request.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    amqp_messenger::fuzzing::value(data);
});
