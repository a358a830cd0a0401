//! Tables from command lines to typed arguments, and the help texts.

use super::super::argv::{Parsed, parse};
use super::*;

fn try_line(line: &[&[u8]]) -> Result<Arguments, Usage> {
    match parse(line.iter().map(|word| OsString::from_vec(word.to_vec())).collect())? {
        Parsed::Run(invocation) => arguments(invocation),
        other => panic!("{other:?}"),
    }
}

fn line(line: &str) -> Result<Arguments, Usage> {
    try_line(&line.split(' ').map(str::as_bytes).collect::<Vec<_>>())
}

#[test]
fn types_a_container_line() {
    let got = line(
        "amqp-messenger container-sign --signing-key a --signing-key=b --signing-key-name= --signing-key-name n \
         --task-id 1 --digest d1 --digest d2 --reference r1 --signer-type single --signer-type batch --raw \
         --requester me --log-level Critical --config-file f.yaml",
    )
    .unwrap();
    let strings = |list: &[&str]| list.iter().map(ToString::to_string).collect::<Vec<_>>();
    let common = Common {
        keys: strings(&["a", "b"]),
        key_names: strings(&["", "n"]),
        task_id: "1".into(),
        config_file: Some("f.yaml".into()),
        requester: Some("me".into()),
        raw: true,
        log_level: Some(LevelFilter::Error),
    };
    let (digests, references) = (strings(&["d1", "d2"]), strings(&["r1"]));
    let what = What::Container { digests, references, signer_type: SignerType::Batch };
    assert_eq!(got, Arguments { common, what });
}

#[test]
fn hands_inputs_and_files_through_as_bytes() {
    let start: [&[u8]; 6] =
        [b"amqp-messenger", b"clear-sign", b"--signing-key", b"k", b"--task-id", b"help"];
    let rest: [&[u8]; 8] =
        [b"help", b"", b"-", b"\xff\x80", "é".as_bytes(), b"--", b"--help", b"--"];
    let got = try_line(&[&start[..], &rest].concat()).unwrap();
    let expected = rest.iter().enumerate().filter(|(index, _)| *index != 5);
    let inputs = expected.map(|(_, word)| OsString::from_vec(word.to_vec())).collect();
    assert_eq!(
        (got.common.task_id.as_str(), got.what),
        ("help", What::Clear { repo: None, inputs })
    );

    let words: [&[u8]; 9] = [
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
    let files = vec![OsString::from_vec(vec![0xff]).into(), "--raw".into()];
    assert_eq!(
        try_line(&words).unwrap().what,
        What::Blob { files, signer_type: SignerType::Single }
    );
}

#[test]
fn judges_levels_by_style() {
    let start = ["amqp-messenger clear-sign", "pubtools-sign-msg-clear-sign"];
    for (level, native, reference) in [
        ("DEBUG", true, true),
        ("WARNING", true, true),
        ("debug", true, false),
        ("trace", true, false),
        ("CRITICAL", true, false),
        ("WARN", true, false),
        ("loud", false, false),
    ] {
        let taken = start.map(|start| {
            line(&format!("{start} --signing-key k --task-id 1 --log-level {level}")).is_ok()
        });
        assert_eq!(taken, [native, reference], "{level}");
    }
}

#[test]
fn refuses_what_has_no_meaning() {
    let container = "container-sign --signing-key k --task-id 1 --digest d --reference r";
    for (options, expected) in [
        (
            "--signer-type BATCH",
            "option '--signer-type' with value 'BATCH': single or batch is wanted",
        ),
        (
            "--log-level loud",
            "--log-level: trace, debug, info, warning, error or critical is wanted, not \"loud\"",
        ),
        ("--task-id=", "--task-id has an empty value"),
        ("--signing-key=", "--signing-key has an empty value"),
        ("--digest=", "--digest has an empty value"),
        ("--config-file=", "--config-file has an empty value"),
        ("--requester=", "--requester has an empty value"),
    ] {
        let usage = line(&format!("amqp-messenger {container} {options}")).unwrap_err();
        assert!(usage.problem.contains(expected), "{usage}");
        assert_eq!(usage.help, "amqp-messenger container-sign --help");
    }
    let got = line(&format!("pubtools-sign-msg-{container} --requester=")).unwrap();
    assert_eq!(got.common.requester, Some(String::new()));
    let got = line("amqp-messenger clear-sign --signing-key k --task-id 1 --repo= x").unwrap();
    assert!(matches!(got.what, What::Clear { repo: Some(repo), .. } if repo.is_empty()));
}

#[test]
fn explains_every_command() {
    let options = [
        "--signing-key KEY",
        "--task-id ID",
        "--config-file FILE",
        "--requester NAME",
        "--raw",
        "--log-level",
    ];
    for (command, own) in [
        (
            Command::Container,
            &["--signing-key-name", "--digest", "--reference", "--signer-type"][..],
        ),
        (Command::Clear, &["--repo", "@FILE"]),
        (Command::Blob, &["--signing-key-name", "--blob-file", "--signer-type"]),
    ] {
        let text = Topic::new(Style::Native, "amqp-messenger", Some(command)).text();
        for part in options.iter().chain(own).chain(&[
            "Example:",
            "Usage: amqp-messenger ",
            "Exit statuses:",
        ]) {
            assert!(text.contains(part), "{part} in {text}");
        }
        let reference = Topic::new(Style::Reference, "pubtools-sign", Some(command)).text();
        assert!(
            reference.contains(&format!("Usage: pubtools-sign msg-{} ", command.name())),
            "{reference}"
        );
    }
    let top = Topic::new(Style::Native, "amqp-messenger", None).text();
    for part in [
        "container-sign",
        "clear-sign",
        "blob-sign",
        "Environment:",
        "Files:",
        "${NAME}",
        " 124 ",
        "129, 130, 143",
    ] {
        assert!(top.contains(part), "{part}");
    }
    for style in [Style::Native, Style::Reference] {
        for command in Command::ALL.map(Some).into_iter().chain([None]) {
            let text = Topic::new(style, "pubtools-sign", command).text();
            let untouched = ["{call}", "{levels}", "\t"];
            assert!(
                text.ends_with('\n') && !untouched.iter().any(|part| text.contains(part)),
                "{text}"
            );
            assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
        }
    }
}
