//! A broker's bytes, whatever they are, in pieces of several sizes.

#![no_main]

// For the leaks that it knows of.
use amqp_messenger_fuzz as _;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    amqp_messenger::fuzzing::bytes(data);
});
