//! Memory, as valgrind sees it: no leak and no invalid access in the C engine.

use std::path::Path;

use amqp_sandbox::{Content, ReplyAct, Rule, When, record::DeliveryOutcome};

use crate::harness::{Bench, LONG, Program, images};

/// Five requests over TLS, a reply that is rejected and whose request is sent again, and a connection that is re-established.
#[test]
fn valgrind_finds_nothing() {
    let when = When::All(vec![When::Request(2), When::Delivery(1)]);
    let bench = Bench::misbehaving(vec![Rule::new(when, ReplyAct::Content(Content::NotJson))]);
    // The program is about fifty times slower here.
    let config = bench.config().patience(5, 1, 2).set("connect_timeout", "60");
    let inner = bench.program(&config, &images(5));
    let mut program = Program::new(Path::new("valgrind"));
    program.args([
        "--quiet",
        "--leak-check=full",
        "--error-exitcode=99",
        "--show-leak-kinds=definite,indirect",
        "--errors-for-leak-kinds=definite,indirect",
    ]);
    // Always this program: valgrind cannot track the memory of one that is linked statically.
    program.args([env!("CARGO_BIN_EXE_amqp-messenger")]).args(inner.command.get_args());
    let running = program.start();
    bench
        .sandbox
        .wait_for(2 * LONG, |record| {
            let rejected =
                |outcome: &Option<_>| matches!(outcome, Some(DeliveryOutcome::Rejected { .. }));
            record.accepted().count() == 4
                && record.deliveries.iter().any(|delivery| rejected(&delivery.outcome))
        })
        .unwrap();
    bench.sandbox.cut_connections();
    let ended = running.wait().expect(0);
    assert_eq!(ended.messages().len(), 5);
    assert!(!ended.stderr.contains("=="), "{}", ended.stderr);
    assert_eq!(bench.record().connections.len(), 2);
}
