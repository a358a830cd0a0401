//! Standard input as an item, and lists of files.

use std::{fs, os::unix::ffi::OsStrExt};

use serde_json::Value;

use crate::harness::{Bench, Program, Protocol, refused};

over_both!(a_file_that_changes_or_vanishes_before_it_is_sent_is_named,);

const CLEAR: &str = "clear-sign --signing-key 55A34A82 --task-id 7";
const BLOB: &str = "blob-sign --signing-key 55A34A82 --task-id 7";

/// The bytes that each request asked to sign, in order.
fn asked(bench: &Bench) -> Vec<Vec<u8>> {
    let data = |json: Value| {
        let text = json.get("data").or(json.get("artifact")).unwrap().as_str().unwrap().to_owned();
        openssl::base64::decode_block(&text).unwrap()
    };
    bench.record().requests.iter().map(|request| data(request.json())).collect()
}

/// A program whose standard input has these bytes.
fn reading(bench: &Bench, command: &str, words: &[&str], bytes: &[u8]) -> Program {
    let mut program = bench.program(&bench.config(), command);
    program.args(words);
    let file = bench.file("standard-input", bytes);
    program.command.stdin(fs::File::open(file).unwrap());
    program
}

#[test]
fn a_hyphen_is_standard_input() {
    let bench = Bench::new();
    let content = b"Gr\xc3\xbc\xc3\x9fe\r\n\0\xff";
    for words in [&["-"][..], &["--", "-"]] {
        let ended = reading(&bench, CLEAR, words, content).run().expect(0);
        let shown = &ended.document()["operation"]["inputs"][0];
        assert_eq!(*shown, *String::from_utf8_lossy(content));
    }
    reading(&bench, CLEAR, &["before", "-", "after"], content).run().expect(0);
    for words in [&["--blob-file", "-"][..], &["--blob-file=-"]] {
        reading(&bench, BLOB, words, content).run().expect(0);
    }
    let [one, two] = [&b"before"[..], b"after"];
    let expected = [content, content, one, content, two, content, content];
    let asked = asked(&bench);
    assert!(asked.iter().all(|bytes| expected.contains(&&**bytes)));
    assert_eq!(asked.len(), expected.len());
    assert_eq!(asked.iter().filter(|bytes| **bytes == content).count(), 5);
}

#[test]
fn standard_input_is_read_once() {
    let bench = Bench::new();
    for (command, words, says) in [
        (
            CLEAR,
            &["-", "-"][..],
            "inputs: \"-\" is given 2 times: standard input can be read only once",
        ),
        (BLOB, &["--blob-file", "-", "--blob-file", "-"], "--blob-file: \"-\" is given 2 times"),
        (CLEAR, &["--from", "-", "-"], "--from and INPUT exclude each other; give one"),
        (CLEAR, &["--from0", "-", "x"], "--from0 and INPUT exclude each other; give one"),
        (BLOB, &["--from", "-", "--blob-file", "-"], "--from and --blob-file exclude each other"),
        (BLOB, &["--from", "-", "--from0", "-"], "--from and --from0 exclude each other"),
    ] {
        refused(&bench, reading(&bench, command, words, b"x").run(), 2, &[says]);
    }
}

#[test]
fn lists_name_files_whatever_their_names() {
    let bench = Bench::new();
    let folder = bench.sandbox.dir().join("files");
    fs::create_dir(&folder).unwrap();
    let names: [&[u8]; 4] = [b"plain", b" blank ", b"#\xff\xfe", b"line\nbreak"];
    for name in names {
        fs::write(folder.join(std::ffi::OsStr::from_bytes(name)), name).unwrap();
    }
    let list = |names: &[&[u8]], end: &[u8]| {
        names
            .iter()
            .flat_map(|name| [folder.as_os_str().as_bytes(), b"/", name, end].concat())
            .collect::<Vec<_>>()
    };
    for command in [CLEAR, BLOB] {
        for (option, list, expected) in [
            ("--from", list(&names[..3], b"\n"), &names[..3]),
            ("--from", list(&names[..3], b"\r\n"), &names[..3]),
            ("--from0", list(&names, b"\0"), &names),
        ] {
            let before = asked(&bench).len();
            reading(&bench, command, &[option, "-"], &list).run().expect(0);
            let file = bench.file("list", &list).display().to_string();
            bench.run(&bench.config(), &format!("{command} {option} {file}")).expect(0);
            assert_eq!(asked(&bench)[before..], [expected, expected].concat());
        }
    }
}

/// The shell's own pipe.
#[test]
fn what_find_prints_is_signed() {
    let bench = Bench::new();
    let folder = bench.sandbox.dir().join("files");
    fs::create_dir(&folder).unwrap();
    for number in 0..50 {
        fs::write(folder.join(format!("{number} \n")), number.to_string()).unwrap();
    }
    for command in ["blob-sign", "clear-sign"] {
        let before = asked(&bench).len();
        let words = format!("{command} --signing-key 55A34A82 --task-id 7 --from0 -");
        let program = bench.program(&bench.config(), &words);
        let script = "folder=$1; shift; find \"$folder\" -type f -print0 | exec \"$@\"";
        let folder = folder.display().to_string();
        program.within("sh", &["-c", script, "sh", &folder]).run().expect(0);
        let mut found: Vec<usize> = asked(&bench)[before..]
            .iter()
            .map(|bytes| String::from_utf8_lossy(bytes).parse().unwrap())
            .collect();
        found.sort_unstable();
        assert_eq!(found, Vec::from_iter(0..50));
    }
}

#[test]
fn a_list_that_cannot_be_right_is_refused_with_its_line() {
    let bench = Bench::new();
    let folder = bench.sandbox.dir().display().to_string();
    let there = bench.file("there", "x").display().to_string();
    for (option, list, status, says) in [
        ("--from", String::new(), 2, "standard input: is empty: expected at least one file's name"),
        ("--from", format!("{there}\n\0\n"), 2, "standard input: line 2: holds a NUL; use --from0"),
        (
            "--from0",
            format!("{there}\n{there}\n"),
            2,
            "standard input: has line breaks and no NUL; use --from",
        ),
        ("--from0", format!("{there}\0\0"), 2, "standard input: name 2 is empty; remove it"),
        (
            "--from",
            format!("{there}\n\n{folder}/none\n"),
            66,
            "none: cannot read the input: No such file or directory (os error 2) (line 3 of standard input)",
        ),
        ("--from", format!("{there}\n{folder}\n"), 66, "(line 2 of standard input)"),
        ("--from0", format!("{there}\0{folder}/none\0"), 66, "(name 2 of standard input)"),
    ] {
        for command in [CLEAR, BLOB] {
            let ended = reading(&bench, command, &[option, "-"], list.as_bytes()).run();
            refused(&bench, ended, status, &[says]);
        }
    }
}

/// A pipe is read at the start, after the file before it was checked; the file is read when it is sent.
fn a_file_that_changes_or_vanishes_before_it_is_sent_is_named(protocol: Protocol) {
    type Change = fn(&std::path::Path);
    let changes: [(Change, &str); 2] = [
        (
            |path| fs::write(path, "other").unwrap(),
            "it has changed since the start; sign it in a new run",
        ),
        (|path| fs::remove_file(path).unwrap(), "No such file or directory"),
    ];
    for (command, prefix) in [(BLOB, "--blob-file="), (CLEAR, "@")] {
        for (change, says) in changes {
            let bench = protocol.bench();
            let file = bench.file("file", "bytes");
            let pipe = file.with_file_name("pipe");
            assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
            let words = [&file, &pipe].map(|path| format!("{prefix}{}", path.display()));
            let running = bench.program(&bench.config(), command).args(words).start();
            // This waits until the program has opened it.
            let mut writer = fs::File::options().write(true).open(&pipe).unwrap();
            change(&file);
            std::io::Write::write_all(&mut writer, b"piped").unwrap();
            drop(writer);
            let ended = running.wait().expect(66);
            ended.says("file: cannot read the input").says(says);
            assert!(asked(&bench).iter().all(|bytes| bytes == b"piped"));
        }
    }
}
