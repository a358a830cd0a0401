//! A configuration file.

#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    amqp_messenger::fuzzing::configuration(text);
});
