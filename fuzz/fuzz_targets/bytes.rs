//! A broker's bytes, whatever they are, in pieces of several sizes.

#![no_main]

// For its list of known leaks.
use amqp_messenger_fuzz as _;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    amqp_messenger::fuzzing::bytes(data);
});
