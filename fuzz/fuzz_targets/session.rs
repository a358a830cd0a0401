//! A broker's session: a valid opening and frames of all kinds, changed here and there.

#![no_main]

use amqp_messenger_fuzz::Session;

libfuzzer_sys::fuzz_target!(|session: Session| {
    let bytes = session.bytes();
    amqp_messenger::fuzzing::session(session.sasl, bytes.chunks(session.piece()));
});
