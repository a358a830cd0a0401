//! What people see on standard error.

use amqp_sandbox::{ReplyAct, When};

use crate::harness::{Bench, images, rule};

/// Not even a warning, such as that of a deadline or an unverified broker; only what is missing at the end.
#[test]
fn quiet_says_only_what_is_not_signed() {
    let refusal =
        ReplyAct::ServerError { errors: vec!["no".into()], signing_status: "failure".into() };
    let bench = Bench::misbehaving(vec![rule(When::Request(2), refusal)]);
    let config = bench.config().set("tls_verify", "none");
    let ended = bench.run(&config, &format!("{} --quiet", images(2))).expect(1);
    let lines: Vec<_> = ended.stderr.lines().collect();
    assert!(lines.len() == 1 && lines[0].starts_with("amqp-messenger: "), "{}", ended.stderr);
    ended.says("refused by the signing server: no");
    let ended = bench.run(&config, &format!("{} --quiet", images(1))).expect(0);
    assert_eq!(ended.stderr, "");
    // A variable of the environment is for all programs.
    let mut program = bench.program(&config, &format!("{} --quiet", images(1)));
    program.command.env("RUST_LOG", "debug");
    assert_eq!(program.run().expect(0).stderr, "");
}
