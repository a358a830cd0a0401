//! What the broker says if a message is too large, and if another client uses the same id.

use crate::{
    bench::Bench,
    harness::{images, took_between},
    signing::all_signed,
};

#[test]
fn too_large() {
    let bench = Bench::new();
    let (status, says) = bench.kind.too_large;
    let file = bench.file("blob", vec![b'x'; 4_200_000]);
    let arguments =
        format!("blob-sign --signing-key ABCD1234 --task-id 7 --blob-file {}", file.display());
    let route = bench.route();
    let _signer = bench.signer(&route);
    let ended = bench.run(&bench.config(&route), &arguments).expect(status);
    ended.says(says);
    took_between(&ended, 0.0, 60.0);
}

/// The first of two clients with the same id ends by name, or without a word of the broker's connects again.
#[test]
fn another_client_uses_the_same_id() {
    let bench = Bench::new();
    let (status, says) = bench.kind.taken_over;
    let route = bench.route();
    let signer = bench.signer(&route);
    signer.hold(true);
    let id = format!("suite{}", std::process::id());
    let config = bench.config(&route).set("mqtt_client_id", &id);
    let first = bench.watch(&config, &images(1));
    first.wait_for("Accepted", 1);
    let other = bench.route();
    let _other = bench.signer(&other);
    let second = bench.config(&other).set("mqtt_client_id", &id);
    all_signed(&bench.run(&second, &images(1)).expect(0), 1);
    signer.hold(false);
    first.wait().expect(status).says(says);
}
