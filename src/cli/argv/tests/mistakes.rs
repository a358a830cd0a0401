//! Mistakes in the command line.

use super::{parse, problem, sign, words};
use crate::cli::topic::Usage;

#[test]
fn reports_mistakes() {
    let native = "amqp-messenger clear-sign --signing-key k --task-id 1";
    for (line, expected) in [
        (
            "amqp-messenger",
            "no command given; the commands are container-sign, clear-sign, blob-sign, check, verify, completions",
        ),
        ("amqp-messenger bogus", "\"bogus\" is not a command; the commands are"),
        ("amqp-messenger clearsign", "did you mean clear-sign?"),
        ("amqp-messenger --raw clear-sign", "--raw comes after the command"),
        ("amqp-messenger --bogus", "--bogus is not an option"),
        ("pubtools-sign", "the commands are msg-container-sign, "),
        ("pubtools-sign msg-clear", "did you mean msg-clear-sign?"),
        ("pubtools-sign cosign-container-sign --help", "cosign-container-sign is not supported"),
        (
            "pubtools-sign-cosign-container-sign",
            "pubtools-sign-cosign-container-sign is not supported",
        ),
        (&format!("{native} --task 1"), "no such option: --task; did you mean --task-id?"),
        (&format!("{native} --requestor 1"), "did you mean --requester?"),
        (&format!("{native} --bogus"), "no such option: --bogus (an input that begins with \"-\""),
        (&format!("{native} -x"), "no such option: -x"),
        (&format!("{native} ---raw"), "did you mean --raw?"),
        (&format!("{native} --RAW"), "no such option: --RAW"),
        (&format!("{native} --=x"), "no such option: --"),
        (&format!("{native} --raw=1"), "--raw takes no value"),
        (&format!("{native} --repo"), "--repo needs a value"),
        (
            &format!("{native} --digest d"),
            "--digest is not an option of clear-sign, only of container-sign",
        ),
        ("amqp-messenger clear-sign x", "missing --signing-key, --task-id"),
        (
            "amqp-messenger container-sign --digest x",
            "missing --signing-key, --task-id, --reference",
        ),
        (
            "amqp-messenger blob-sign --signing-key x --task-id y",
            "missing --blob-file; give it, or a list by --from",
        ),
        (
            &format!("{native} --raw --format ndjson x"),
            "--raw and --format ndjson exclude each other",
        ),
        (&format!("{native} --format xml x"), "expected json, ndjson, raw or summary"),
        (&format!("{native} --quiet --log-level info x"), "--quiet and --log-level exclude each"),
        (
            "pubtools-sign-msg-clear-sign --signing-key k --task-id 1 --quiet x",
            "no such option: --quiet (an input",
        ),
        (
            "amqp-messenger blob-sign --signing-key k --task-id 1 --from a --from b",
            "--from is given twice; join the lists",
        ),
        ("pubtools-sign completions bash", "\"completions\" is not a command; the commands are"),
        ("amqp-messenger completions", "missing SHELL; expected bash, zsh or fish"),
        ("amqp-messenger completions tcsh", "SHELL is \"tcsh\"; expected bash, zsh or fish"),
        (
            "amqp-messenger completions bash zsh",
            "unexpected argument \"zsh\": completions takes one SHELL",
        ),
        (
            "amqp-messenger completions bash --task-id 1",
            "--task-id is not an option of completions, only of container-sign",
        ),
        ("amqp-messenger completions --bogus", "no such option: --bogus"),
        ("amqp-messenger blob-sign x", "unexpected argument \"x\": blob-sign takes only options"),
    ] {
        let usage = problem(line);
        assert!(usage.problem.contains(expected), "{line}: {usage}");
    }
    for (line, tool, help) in [
        ("amqp-messenger clear-sign -x", "amqp-messenger", "amqp-messenger clear-sign --help"),
        ("pubtools-sign msg-clear-sign -x", "pubtools-sign", "pubtools-sign msg-clear-sign --help"),
        (
            "/bin/pubtools-sign-msg-blob-sign -x",
            "pubtools-sign-msg-blob-sign",
            "pubtools-sign-msg-blob-sign --help",
        ),
        ("amqp-messenger -x", "amqp-messenger", "amqp-messenger --help"),
    ] {
        let usage = problem(line);
        assert_eq!((usage.tool.as_str(), usage.help.as_str()), (tool, help));
        assert!(usage.to_string().ends_with(&format!("; try '{help}'")));
    }
    let usage = problem("amqp-messenger clearsign").to_string();
    assert!(usage.ends_with("; did you mean clear-sign? Try 'amqp-messenger --help'"), "{usage}");
    assert!(matches!(parse(vec![]), Err(Usage { .. })));
}

#[test]
fn refuses_values_without_a_meaning() {
    let container = "container-sign --signing-key k --task-id 1 --digest d --reference r";
    for (options, expected) in [
        (
            "--signer-type BATCH",
            "option '--signer-type' with value 'BATCH': expected single or batch",
        ),
        ("--log-level loud", "'loud': expected trace, debug, info, warning, error or critical"),
        ("--task-id=", "--task-id has an empty value"),
        ("--signing-key=", "--signing-key has an empty value"),
        ("--digest=", "--digest has an empty value"),
        ("--config-file=", "--config-file has an empty value"),
        ("--requester=", "--requester has an empty value"),
    ] {
        let usage = problem(&format!("amqp-messenger {container} {options}"));
        assert!(usage.problem.contains(expected), "{usage}");
        assert_eq!(usage.help, "amqp-messenger container-sign --help");
    }
    let line = format!("pubtools-sign-msg-{container} --log-level debug");
    let expected =
        "option '--log-level' with value 'debug': expected DEBUG, INFO, WARNING or ERROR";
    assert_eq!(problem(&line).problem, expected);
    let line = format!("pubtools-sign-msg-{container} --requester=");
    assert_eq!(sign(words(&line)).2.requester, Some(String::new()));
}

#[test]
fn judges_levels_by_style() {
    let start = ["amqp-messenger clear-sign", "pubtools-sign-msg-clear-sign"];
    for (level, native, other) in [
        ("DEBUG", true, true),
        ("WARNING", true, true),
        ("debug", true, false),
        ("trace", true, false),
        ("CRITICAL", true, false),
        ("WARN", true, false),
        ("loud", false, false),
    ] {
        let taken = start.map(|start| {
            parse(words(&format!("{start} --signing-key k --task-id 1 --log-level {level}")))
                .is_ok()
        });
        assert_eq!(taken, [native, other], "{level}");
    }
}
