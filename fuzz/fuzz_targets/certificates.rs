//! A file of OpenPGP certificates.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    amqp_messenger::fuzzing::certificates(data);
});
