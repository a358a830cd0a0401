//! A broker's session: a valid opening and frames of all kinds, changed here and there. Read by a session alone, and by
//! a whole run.

#![no_main]

use amqp_messenger::fuzzing;
use amqp_messenger_fuzz::Session;

libfuzzer_sys::fuzz_target!(|session: Session| {
    let bytes = session.bytes("receiver", "sender");
    fuzzing::session(session.sasl, bytes.chunks(session.piece()));
    let bytes = session.bytes(fuzzing::RECEIVER, fuzzing::SENDER);
    fuzzing::run(session.sasl, bytes.chunks(session.piece()));
});
