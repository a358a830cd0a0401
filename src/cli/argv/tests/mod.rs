//! Tables of command lines; the results of click were measured with pubtools-sign 1.0.6.

mod mistakes;

use super::*;
use crate::{
    SignerType,
    cli::{commands::Kind, options::Bytes},
};
use log::LevelFilter;

fn words(line: &str) -> Vec<&OsStr> {
    line.split(' ').map(OsStr::new).collect()
}

fn try_line(line: &[&[u8]]) -> Result<Parsed, Usage> {
    parse(line.iter().map(|word| OsStr::from_bytes(word)))
}

fn sign(words: Vec<&OsStr>) -> (Topic, Command, Options) {
    match parse(words) {
        Ok(Parsed::Run(topic, command, options)) => (topic, command, *options),
        other => panic!("{other:?}"),
    }
}

/// Task id, repository, whether raw, and inputs of a clear-sign line; the required options come before `rest`.
fn clear(rest: &str) -> (String, Option<String>, bool, Vec<String>) {
    let (_, _, options) =
        sign(words(&format!("amqp-messenger clear-sign --signing-key k --task-id 1 {rest}")));
    let inputs = options.inputs.into_iter().map(|input| input.0.into_string().unwrap());
    (options.task_id.unwrap(), options.repo, options.raw, inputs.collect())
}

fn problem(line: &str) -> Usage {
    parse(words(line)).expect_err(line)
}

#[test]
fn knows_its_names() {
    let options = "--signing-key k --task-id 1";
    for (line, style, tool, command) in [
        ("amqp-messenger clear-sign", Style::Native, "amqp-messenger", Command::Sign(Kind::Clear)),
        ("/usr/bin/other clear-sign", Style::Native, "amqp-messenger", Command::Sign(Kind::Clear)),
        (
            "/usr/bin/pubtools-sign-msg-clear-sign",
            Style::PubtoolsSign,
            "pubtools-sign-msg-clear-sign",
            Command::Sign(Kind::Clear),
        ),
        (
            "pubtools-sign msg-clear-sign",
            Style::PubtoolsSign,
            "pubtools-sign",
            Command::Sign(Kind::Clear),
        ),
        (
            "pubtools-sign -- msg-clear-sign",
            Style::PubtoolsSign,
            "pubtools-sign",
            Command::Sign(Kind::Clear),
        ),
    ] {
        let (topic, chosen, _) = sign(words(&format!("{line} {options} x")));
        assert_eq!((topic.style, topic.tool.as_str(), chosen), (style, tool, command), "{line}");
    }
    let (topic, command, _) =
        sign(words(&format!("pubtools-sign msg-blob-sign {options} --blob-file f")));
    assert_eq!((topic.style, command), (Style::PubtoolsSign, Command::Sign(Kind::Blob)));
    let line = format!("pubtools-sign-msg-container-sign {options} --digest d --reference r");
    assert_eq!(sign(words(&line)).1, Command::Sign(Kind::Container));
}

#[test]
fn a_command_that_does_not_sign_needs_no_key() {
    let (topic, command, options) = sign(words("amqp-messenger completions zsh"));
    assert_eq!((topic.style, command), (Style::Native, Command::Completions));
    assert_eq!((options.task_id, options.inputs), (None, vec![Bytes("zsh".into())]));
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
    let (clear, none) = (Some(Command::Sign(Kind::Clear)), None);
    let completions = Some(Command::Completions);
    let (native, reference) = (Style::Native, Style::PubtoolsSign);
    for (line, expected) in [
        ("amqp-messenger --help", help(native, "amqp-messenger", none)),
        ("amqp-messenger -h clear-sign", help(native, "amqp-messenger", none)),
        ("amqp-messenger help", help(native, "amqp-messenger", none)),
        ("amqp-messenger help clear-sign", help(native, "amqp-messenger", clear)),
        ("amqp-messenger clear-sign a --help", help(native, "amqp-messenger", clear)),
        ("amqp-messenger clear-sign --bogus -h", help(native, "amqp-messenger", clear)),
        ("amqp-messenger clear-sign -V --help", help(native, "amqp-messenger", clear)),
        ("amqp-messenger help completions", help(native, "amqp-messenger", completions)),
        ("amqp-messenger completions --help", help(native, "amqp-messenger", completions)),
        ("amqp-messenger --version", Parsed::Version),
        ("amqp-messenger completions -V", Parsed::Version),
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
        task_id: Some("1".into()),
        digest: strings(&["d1", "d2"]),
        reference: strings(&["r1"]),
        blob_file: vec![],
        from: None,
        from0: None,
        repo: None,
        config_file: Some(Bytes("f.yaml".into())),
        set: vec![],
        deadline: None,
        timeout: None,
        retries: None,
        send_retries: None,
        no_resend: false,
        verify_keys: vec![],
        verify: None,
        state: None,
        requester: Some("me".into()),
        signer_type: SignerType::Batch,
        json: false,
        raw: true,
        dry_run: false,
        format: None,
        output: None,
        output_dir: None,
        layout: None,
        log_level: Some(LevelFilter::Error),
        skip_existing: false,
        quiet: false,
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
    let Ok(Parsed::Run(_, _, options)) = try_line(&[&start[..], &rest].concat()) else { panic!() };
    let bytes = |word: &[u8]| Bytes(OsStr::from_bytes(word).to_owned());
    assert_eq!(options.config_file, Some(bytes(b"\xff")));
    let inputs = [1, 2, 3, 4, 5, 7, 8].map(|index: usize| bytes(rest[index]));
    assert_eq!((options.task_id.as_deref(), options.inputs), (Some("help"), Vec::from(inputs)));

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
    let Ok(Parsed::Run(_, _, options)) = try_line(&line) else { panic!() };
    assert_eq!(options.blob_file, [bytes(b"\xff"), bytes(b"--raw")]);
    for (word, expected) in [(&b"--repo=\xff"[..], "--repo is not UTF-8"), (b"--\xff", "no such")] {
        let usage = try_line(&[&start[..], &[word]].concat()).unwrap_err();
        assert!(usage.problem.contains(expected), "{usage}");
    }
}

#[test]
fn many_words_are_read_in_a_time_that_grows_with_their_number() {
    let many = |word| std::iter::repeat_n(OsStr::new(word), 50_000);
    let line = words("amqp-messenger clear-sign x").into_iter();
    let line = line.chain(many("--signing-key=K")).chain(many("--task-id=1"));
    assert_eq!(sign(line.collect()).2.signing_key.len(), 50_000);
}

#[test]
fn every_example_can_be_parsed() {
    for (style, tool) in [(Style::Native, "amqp-messenger"), (Style::PubtoolsSign, "pubtools-sign")]
    {
        for command in Command::of(style) {
            let call = Topic::new(style, tool, Some(command)).call();
            for example in command.examples(style, &call) {
                // What the shell does is left out: pipes, redirections, escaped line breaks.
                let line = &example[example.find(&call).unwrap()..];
                let shell = |word: &&str| !word.starts_with(['|', '>']);
                let line = line.split_whitespace().filter(|word| *word != "\\");
                let parsed = parse(line.take_while(shell).map(OsStr::new));
                assert!(parsed.is_ok(), "{example}: {parsed:?}");
            }
        }
    }
}
