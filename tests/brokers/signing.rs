//! The usual tasks of users.

use std::collections::HashSet;

use crate::{
    bench::Bench,
    harness::{Ended, images},
};

/// Fails the test unless the document has each image's reply, in the order of the images.
#[track_caller]
pub fn all_signed(ended: &Ended, count: usize) {
    let messages = ended.messages();
    assert_eq!(messages.len(), count);
    for (index, message) in messages.iter().enumerate() {
        assert_eq!(message["manifest_digest"], format!("sha256:{index:064x}"));
        assert!(message["signed_claim"].is_string(), "{message}");
    }
    let ids: HashSet<_> =
        messages.iter().map(|message| message["request_id"].to_string()).collect();
    assert_eq!(ids.len(), count);
}

#[test]
fn the_three_operations_and_a_batch() {
    let bench = Bench::new();
    let route = bench.route();
    let signer = bench.signer(&route);
    let config = bench.config(&route);
    all_signed(&bench.run(&config, &images(3)).expect(0), 3);

    let ended =
        bench.run(&config, "clear-sign --signing-key ABCD1234 --task-id 7 one two").expect(0);
    assert!(ended.messages().iter().all(|message| message["signed_data"].is_string()));
    assert_eq!(ended.messages().len(), 2);

    let file = bench.file("blob", "a small file");
    let arguments =
        format!("blob-sign --signing-key ABCD1234 --task-id 7 --blob-file {}", file.display());
    assert!(bench.run(&config, &arguments).expect(0).messages()[0]["signed_payload"].is_string());

    let batch = format!("{} --signer-type batch --signing-key-name name", images(5));
    let ended = bench.run(&config.set("chunk_size", "2"), &batch).expect(0);
    let claims: usize =
        ended.messages().iter().map(|message| message["claims"].as_array().unwrap().len()).sum();
    assert_eq!(claims, 5);
    assert_eq!(signer.seen().requests.len(), 3 + 2 + 1 + 3);
}

#[test]
fn every_kind_of_address() {
    let bench = Bench::new();
    for route in bench.routes() {
        eprintln!("{route:?}");
        let _signer = bench.signer(&route);
        let ended = bench.run(&bench.config(&route), &images(20)).expect(0);
        all_signed(&ended, 20);
    }
}

#[test]
fn a_thousand_requests() {
    let bench = Bench::new();
    let route = bench.route();
    let signer = bench.signer(&route);
    all_signed(&bench.run(&bench.config(&route), &images(1000)).expect(0), 1000);
    assert_eq!(signer.seen().requests.len(), 1000, "each is sent once");
}

/// Larger than any frame, and than the messages that most brokers keep in one piece.
#[test]
fn a_file_of_two_megabytes() {
    let bench = Bench::new();
    let route = bench.route();
    let _signer = bench.signer(&route);
    let file = bench.file("blob", vec![b'x'; 2 << 20]);
    let arguments =
        format!("blob-sign --signing-key ABCD1234 --task-id 7 --blob-file {}", file.display());
    assert!(
        bench.run(&bench.config(&route), &arguments).expect(0).messages()[0]["signed_payload"]
            .is_string()
    );
}
