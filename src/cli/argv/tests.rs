//! Tables of command lines; what click makes of them was measured with pubtools-sign 1.0.6.

use super::*;

fn words(line: &str) -> Vec<OsString> {
    line.split(' ').map(OsString::from).collect()
}

fn run(words: Vec<OsString>) -> Invocation {
    match parse(words) {
        Ok(Parsed::Run(invocation)) => invocation,
        other => panic!("{other:?}"),
    }
}

/// The options and positionals of a clear-sign line with what is required before it.
fn clear(rest: &str) -> (Vec<(&'static str, String)>, Vec<String>) {
    let invocation =
        run(words(&format!("amqp-messenger clear-sign --signing-key k --task-id 1 {rest}")));
    let text = |word: OsString| word.into_string().unwrap();
    let options = invocation.options.into_iter().map(|(name, value)| (name, text(value)));
    let rest =
        options.filter(|(name, value)| (*name, value.as_str()) != ("--signing-key", "k")).collect();
    (rest, invocation.positionals.into_iter().map(text).collect())
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
            Style::Reference,
            "pubtools-sign-msg-clear-sign",
            Command::Clear,
        ),
        ("pubtools-sign msg-clear-sign", Style::Reference, "pubtools-sign", Command::Clear),
        ("pubtools-sign -- msg-clear-sign", Style::Reference, "pubtools-sign", Command::Clear),
    ] {
        let invocation = run(words(&format!("{line} {options} x")));
        assert_eq!(
            (invocation.style, invocation.tool.as_str(), invocation.command),
            (style, tool, command),
            "{line}"
        );
    }
    let blob = run(words(&format!("pubtools-sign msg-blob-sign {options} --blob-file f")));
    assert_eq!((blob.style, blob.command), (Style::Reference, Command::Blob));
    let container =
        run(words(&format!("pubtools-sign-msg-container-sign {options} --digest d --reference r")));
    assert_eq!(container.command, Command::Container);
}

#[test]
fn sorts_options_and_positionals() {
    let id = |value: &str| ("--task-id", value.to_string());
    for (rest, options, positionals) in [
        ("a", vec![id("1")], vec!["a"]),
        ("a --raw b", vec![id("1"), ("--raw", String::new())], vec!["a", "b"]),
        ("--raw --raw a", vec![id("1"), ("--raw", String::new())], vec!["a"]),
        ("--task-id 2 --task-id=3 a", vec![id("3")], vec!["a"]),
        ("--task-id= a", vec![id("")], vec!["a"]),
        ("--repo --help a", vec![id("1"), ("--repo", "--help".into())], vec!["a"]),
        ("--repo=--help a", vec![id("1"), ("--repo", "--help".into())], vec!["a"]),
        ("--repo -- a", vec![id("1"), ("--repo", "--".into())], vec!["a"]),
        ("--repo -x a", vec![id("1"), ("--repo", "-x".into())], vec!["a"]),
        ("--repo=a=b c", vec![id("1"), ("--repo", "a=b".into())], vec!["c"]),
        ("--signing-key=l a", vec![id("1"), ("--signing-key", "l".into())], vec!["a"]),
        ("-- --help --raw --", vec![id("1")], vec!["--help", "--raw", "--"]),
        ("- help", vec![id("1")], vec!["-", "help"]),
    ] {
        let expected = (options, positionals.into_iter().map(String::from).collect());
        assert_eq!(clear(rest), expected, "{rest}");
    }
}

#[test]
fn finds_help_and_version() {
    let help = |style, tool: &str, command| Parsed::Help(Topic::new(style, tool, command));
    let (clear, none) = (Some(Command::Clear), None);
    let (native, reference) = (Style::Native, Style::Reference);
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
fn says_what_is_wrong() {
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
            "--digest is no option of clear-sign, only of container-sign",
        ),
        ("amqp-messenger clear-sign x", "missing --signing-key, --task-id"),
        (
            "amqp-messenger container-sign --digest x",
            "missing --signing-key, --task-id, --reference",
        ),
        ("amqp-messenger blob-sign --signing-key x --task-id y", "missing --blob-file"),
        ("amqp-messenger blob-sign x", "\"x\" is one word too many"),
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
    assert!(matches!(parse(vec![]), Err(Usage { .. })));
}

#[test]
fn takes_any_bytes_where_they_are_files_or_texts() {
    let bytes = |text: &[u8]| OsString::from_vec(text.to_vec());
    let line = |extra: &[&[u8]]| {
        let mut line = words("amqp-messenger clear-sign --signing-key k --task-id 1");
        line.extend(extra.iter().map(|word| bytes(word)));
        parse(line)
    };
    let Ok(Parsed::Run(invocation)) = line(&[b"--config-file=\xff", b"\xfe", b"--", b"\xfd"])
    else {
        panic!()
    };
    assert_eq!(invocation.options.last().unwrap(), &("--config-file", bytes(b"\xff")));
    assert_eq!(invocation.positionals, [bytes(b"\xfe"), bytes(b"\xfd")]);
    assert!(line(&[b"--repo", b"\xff"]).unwrap_err().problem.contains("--repo is not UTF-8"));
    assert!(line(&[b"--\xff"]).unwrap_err().problem.contains("no such option"));
}
