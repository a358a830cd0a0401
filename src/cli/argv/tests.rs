//! Tables of command lines; the results of click were measured with pubtools-sign 1.0.6.

use super::*;
use crate::{SignerType, cli::options::Bytes};
use log::LevelFilter;

fn words(line: &str) -> Vec<OsString> {
    line.split(' ').map(OsString::from).collect()
}

fn try_line(line: &[&[u8]]) -> Result<Parsed, Usage> {
    parse(line.iter().map(|word| OsString::from_vec(word.to_vec())).collect())
}

fn sign(words: Vec<OsString>) -> (Topic, Command, Options) {
    match parse(words) {
        Ok(Parsed::Sign(topic, command, options)) => (topic, command, *options),
        other => panic!("{other:?}"),
    }
}

/// Task id, repository, whether raw, and inputs of a clear-sign line; the required options come before `rest`.
fn clear(rest: &str) -> (String, Option<String>, bool, Vec<String>) {
    let (_, _, options) =
        sign(words(&format!("amqp-messenger clear-sign --signing-key k --task-id 1 {rest}")));
    let inputs = options.inputs.into_iter().map(|input| input.0.into_string().unwrap());
    (options.task_id, options.repo, options.raw, inputs.collect())
}

fn problem(line: &str) -> Usage {
    parse(words(line)).expect_err(line)
}

#[test]
fn knows_its_names() {
    let options = "--signing-key k --task-id 1";
    for (line, style, tool, command) in [
        ("amqp-messenger clear-sign", Style::Native, "amqp-messenger", Command::Clear),
        ("/usr/bin/other clear-sign", Style::Native, "amqp-messenger", Command::Clear),
        (
            "/usr/bin/pubtools-sign-msg-clear-sign",
            Style::PubtoolsSign,
            "pubtools-sign-msg-clear-sign",
            Command::Clear,
        ),
        ("pubtools-sign msg-clear-sign", Style::PubtoolsSign, "pubtools-sign", Command::Clear),
        ("pubtools-sign -- msg-clear-sign", Style::PubtoolsSign, "pubtools-sign", Command::Clear),
    ] {
        let (topic, chosen, _) = sign(words(&format!("{line} {options} x")));
        assert_eq!((topic.style, topic.tool.as_str(), chosen), (style, tool, command), "{line}");
    }
    let (topic, command, _) =
        sign(words(&format!("pubtools-sign msg-blob-sign {options} --blob-file f")));
    assert_eq!((topic.style, command), (Style::PubtoolsSign, Command::Blob));
    let line = format!("pubtools-sign-msg-container-sign {options} --digest d --reference r");
    assert_eq!(sign(words(&line)).1, Command::Container);
}

#[test]
fn sorts_options_and_inputs() {
    for (rest, task_id, repo, raw, inputs) in [
        ("a", "1", None, false, vec!["a"]),
        ("a --raw b", "1", None, true, vec!["a", "b"]),
        ("--raw --raw a", "1", None, true, vec!["a"]),
        ("--task-id 2 --task-id=3 a", "3", None, false, vec!["a"]),
        ("--task-id= --task-id=3 a", "3", None, false, vec!["a"]),
        ("--repo --help a", "1", Some("--help"), false, vec!["a"]),
        ("--repo=--help a", "1", Some("--help"), false, vec!["a"]),
        ("--repo -- a", "1", Some("--"), false, vec!["a"]),
        ("--repo -x a", "1", Some("-x"), false, vec!["a"]),
        ("--repo=a=b c", "1", Some("a=b"), false, vec!["c"]),
        ("--repo= a", "1", Some(""), false, vec!["a"]),
        ("-- --help --raw --", "1", None, false, vec!["--help", "--raw", "--"]),
        ("- help", "1", None, false, vec!["-", "help"]),
    ] {
        let inputs = inputs.into_iter().map(String::from).collect();
        let expected = (task_id.to_owned(), repo.map(String::from), raw, inputs);
        assert_eq!(clear(rest), expected, "{rest}");
    }
}

#[test]
fn finds_help_and_version() {
    let help = |style, tool: &str, command| Parsed::Help(Topic::new(style, tool, command));
    let (clear, none) = (Some(Command::Clear), None);
    let (native, reference) = (Style::Native, Style::PubtoolsSign);
    for (line, expected) in [
        ("amqp-messenger --help", help(native, "amqp-messenger", none)),
        ("amqp-messenger -h clear-sign", help(native, "amqp-messenger", none)),
        ("amqp-messenger help", help(native, "amqp-messenger", none)),
        ("amqp-messenger help clear-sign", help(native, "amqp-messenger", clear)),
        ("amqp-messenger clear-sign a --help", help(native, "amqp-messenger", clear)),
        ("amqp-messenger clear-sign --bogus -h", help(native, "amqp-messenger", clear)),
        ("amqp-messenger clear-sign -V --help", help(native, "amqp-messenger", clear)),
        ("amqp-messenger --version", Parsed::Version),
        ("amqp-messenger clear-sign --bogus -V", Parsed::Version),
        ("pubtools-sign --help", help(reference, "pubtools-sign", none)),
        ("pubtools-sign msg-clear-sign --help", help(reference, "pubtools-sign", clear)),
        (
            "pubtools-sign-msg-clear-sign --task-id= --help",
            help(reference, "pubtools-sign-msg-clear-sign", clear),
        ),
        ("pubtools-sign-msg-clear-sign --version", Parsed::Version),
    ] {
        assert_eq!(parse(words(line)).unwrap(), expected, "{line}");
    }
    assert!(problem("pubtools-sign-msg-clear-sign --help --bogus").problem.contains("--bogus"));
}

#[test]
fn reports_mistakes() {
    let native = "amqp-messenger clear-sign --signing-key k --task-id 1";
    for (line, expected) in [
        (
            "amqp-messenger",
            "no command given; the commands are container-sign, clear-sign, blob-sign",
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
        ("amqp-messenger blob-sign --signing-key x --task-id y", "missing --blob-file"),
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
fn types_a_container_line() {
    let (_, _, options) = sign(words(
        "amqp-messenger container-sign --signing-key a --signing-key=b --signing-key-name= \
         --signing-key-name n --task-id 1 --digest d1 --digest d2 --reference r1 --raw \
         --signer-type single --signer-type batch --requester me --log-level Critical \
         --config-file f.yaml",
    ));
    let strings = |list: &[&str]| list.iter().map(ToString::to_string).collect::<Vec<_>>();
    let expected = Options {
        signing_key: strings(&["a", "b"]),
        signing_key_name: strings(&["", "n"]),
        task_id: "1".into(),
        digest: strings(&["d1", "d2"]),
        reference: strings(&["r1"]),
        blob_file: vec![],
        repo: None,
        config_file: Some(Bytes("f.yaml".into())),
        requester: Some("me".into()),
        signer_type: SignerType::Batch,
        raw: true,
        log_level: Some(LevelFilter::Error),
        inputs: vec![],
    };
    assert_eq!(options, expected);
}

#[test]
fn accepts_any_bytes_for_files_and_inputs() {
    let start: [&[u8]; 6] =
        [b"amqp-messenger", b"clear-sign", b"--signing-key", b"k", b"--task-id", b"help"];
    let rest: [&[u8]; 9] = [
        b"--config-file=\xff",
        b"help",
        b"",
        b"-",
        b"\xff\x80",
        "é".as_bytes(),
        b"--",
        b"--help",
        b"--",
    ];
    let Ok(Parsed::Sign(_, _, options)) = try_line(&[&start[..], &rest].concat()) else { panic!() };
    let bytes = |word: &[u8]| Bytes(OsString::from_vec(word.to_vec()));
    assert_eq!(options.config_file, Some(bytes(b"\xff")));
    let inputs = [1, 2, 3, 4, 5, 7, 8].map(|index: usize| bytes(rest[index]));
    assert_eq!((options.task_id.as_str(), options.inputs), ("help", Vec::from(inputs)));

    let line: [&[u8]; 9] = [
        b"pubtools-sign-msg-blob-sign",
        b"--signing-key",
        b"k",
        b"--task-id",
        b"1",
        b"--blob-file",
        b"\xff",
        b"--blob-file",
        b"--raw",
    ];
    let Ok(Parsed::Sign(_, _, options)) = try_line(&line) else { panic!() };
    assert_eq!(options.blob_file, [bytes(b"\xff"), bytes(b"--raw")]);
    for (word, expected) in [(&b"--repo=\xff"[..], "--repo is not UTF-8"), (b"--\xff", "no such")] {
        let usage = try_line(&[&start[..], &[word]].concat()).unwrap_err();
        assert!(usage.problem.contains(expected), "{usage}");
    }
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
fn many_words_are_read_in_a_time_that_grows_with_their_number() {
    let many = |word: &'static str| std::iter::repeat_n(word.to_owned(), 50_000);
    let line = words("amqp-messenger clear-sign x").into_iter();
    let line = line.chain(many("--signing-key=K").chain(many("--task-id=1")).map(Into::into));
    assert_eq!(sign(line.collect()).2.signing_key.len(), 50_000);
}
