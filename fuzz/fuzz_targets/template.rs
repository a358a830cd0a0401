//! An address with fields, and a value for them.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: (&str, &str)| {
    let (text, value) = input;
    amqp_messenger::fuzzing::template(text, value);
});
