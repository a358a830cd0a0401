#![no_main]

// For the leaks that it knows of.
use amqp_messenger_fuzz as _;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((&first, rest)) = data.split_first() else { return };
    // Pieces of one length, the last one shorter: whole, or as slow as a broker likes.
    let size = [usize::MAX, 1, 7, 500][usize::from(first >> 1 & 3)].min(rest.len().max(1));
    amqp_messenger::fuzzing::engine(first & 1 == 1, rest.chunks(size));
});
