use std::io;

use super::{bytes::LONGEST, *};
use crate::signing::Key;

fn digest(digit: &str) -> String {
    format!("sha256:{}", digit.repeat(64))
}

fn read(text: impl AsRef<[u8]>) -> Result<Vec<Listed>, Error> {
    images("list", text.as_ref(), false)
}

/// The references of a list.
fn references(text: impl AsRef<[u8]>) -> Vec<String> {
    read(text).unwrap().iter().map(|listed| listed.image.reference().to_string()).collect()
}

fn said(text: impl AsRef<[u8]>) -> String {
    match read(text).map(drop).unwrap_err() {
        Error::Argument { argument: crate::Argument::List, problem } => problem,
        other => panic!("{other}"),
    }
}

/// An object with these attributes after a digest.
fn object(rest: &str) -> String {
    format!("{{\"digest\": \"{}\", {rest}}}", digest("1"))
}

#[test]
fn all_three_forms_are_read_whatever_their_line_ends_and_marks() {
    let [one, two] = ["r/a:1", "r/b:2"].map(|r| object(&format!("\"reference\": \"{r}\"")));
    let tsv = format!("r/a:1\t{0}\nr/b:2\t{0}", digest("1"));
    for text in [
        format!("{one}\n{two}\n"),
        format!("{one}\n{two}"),
        format!("\n \n{one}\n\n\t\n{two}\n\n"),
        format!("[{one},{two}]"),
        format!("[ {one}\n ,\n {two} ] \n"),
        format!("[\n  {},\n  {}\n]\n", one.replace(", ", ",\n"), two.replace(", ", ",\n")),
        format!("{tsv}\n"),
        format!("# images\n{tsv}\n# end\n\n"),
        tsv,
    ] {
        for text in [text.clone(), text.replace('\n', "\r\n"), format!("\u{feff}{text}")] {
            assert_eq!(references(&text), ["r/a:1", "r/b:2"], "{text}");
        }
    }
}

/// A pipe may give its bytes one by one.
#[test]
fn a_slow_pipe_makes_no_difference() {
    struct Slow<'a>(&'a [u8]);
    impl Read for Slow<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let count = into.len().min(1);
            self.0.read(&mut into[..count])
        }
    }
    for text in [
        format!("\u{feff}\n[{0},\n{0}]", object("\"reference\": \"r/a:1\", \"x\": [\"}\\\"\"]")),
        format!("\r\n{0}\n{0}", object("\"reference\": \"r/a:1\"")),
    ] {
        assert_eq!(images("list", Slow(text.as_bytes()), false).unwrap(), read(&text).unwrap());
    }
    let compressed =
        images("list", Slow(b"\x1f\x8b\x08\0\0\0\0\0\0"), false).unwrap_err().to_string();
    assert!(compressed.contains("gzip"), "{compressed}");
}

#[test]
fn keys_are_of_one_image_only() {
    let keys = |rest: &str| {
        let text = object(&format!("\"reference\": \"r/a:1\"{rest}"));
        let keys = read(text).unwrap().swap_remove(0).keys;
        let key = |key: &Key| format!("{}={}", key.id(), key.name().unwrap_or("-"));
        keys.iter().map(key).collect::<Vec<_>>().join(" ")
    };
    for (rest, expected) in [
        ("", ""),
        (r#", "signing_key": "K""#, "K=-"),
        (r#", "signing_keys": ["K", "L"]"#, "K=- L=-"),
        (r#", "signing_key": "K", "signing_key_name": "k""#, "K=k"),
        (r#", "signing_key": "K", "signing_key_name": null"#, "K=-"),
        (r#", "signing_key": "K", "signing_key_names": ["k"]"#, "K=k"),
        (r#", "signing_keys": ["K", "L"], "signing_key_names": ["k", ""]"#, "K=k L="),
    ] {
        assert_eq!(keys(rest), expected, "{rest}");
    }
}

#[test]
fn several_keys_have_names_in_a_batch() {
    let text = |names| {
        object(&format!("\"reference\": \"r/a:1\", \"signing_keys\": [\"K\", \"L\"]{names}"))
    };
    for (names, is_good) in [
        ("", false),
        (", \"signing_key_names\": [\"k\", \"\"]", false),
        (", \"signing_key_names\": [\"k\", \"l\"]", true),
    ] {
        let read = |is_batch| images("list", text(names).as_bytes(), is_batch);
        read(false).unwrap();
        match read(true) {
            Ok(_) => assert!(is_good),
            Err(error) => {
                let says = "line 1: signing_key_names: expected one for each key";
                assert!(!is_good && error.to_string().contains(says), "{error}");
            }
        }
    }
}

#[test]
fn other_attributes_are_kept_as_they_were_written() {
    let input = |text: String| read(text).unwrap().swap_remove(0).input;
    assert_eq!(input(object("\"reference\": \"r/a:1\"")), None);
    let written =
        object("\"reference\": \"r/a:1\", \"n\": 1.50e3,  \"a\": {\"b\": [null, \"\\u00e9}\"]}");
    assert_eq!(input(format!(" {written} ")).as_deref(), Some(&*written));
    let wide = written.replace(", ", ",\n\t");
    assert_eq!(input(format!("[{wide}]")).unwrap().into_string(), wide.replace('\n', " "));
}

#[test]
fn every_mistake_is_named_with_its_line_and_a_remedy() {
    let good = object("\"reference\": \"r/a:1\"");
    let bad = |rest: &str| format!("{good}\n\n{}", object(rest));
    let tsv = |line: &str| format!("r/a:1\t{}\n{line}", digest("1"));
    let expected = "expected an object like {\"reference\": \"registry/repository:tag\"";
    let mut wrong = Vec::new();
    for (text, says) in [
        // The whole list.
        (String::new(), "is empty: expected at least one image; did what writes it fail?".into()),
        (" \n\n".into(), "is empty".into()),
        ("[]".into(), "is empty".into()),
        ("# nothing\n".into(), "is empty".into()),
        // One object a line.
        (bad("\"x\": 1"), format!("line 3: no reference: {expected}")),
        (bad("\"Reference\": \"r/a\""), "line 3: no reference, but Reference; rename that".into()),
        (bad("\"reference\": null"), "line 3: reference is null: expected a string".into()),
        (bad("\"reference\": 15"), "line 3: reference is the number 15: expected".into()),
        (bad("\"reference\": {}"), "line 3: reference is an object: expected".into()),
        (bad("\"reference\": [\"r/a\"]"), "line 3: reference is an array: expected".into()),
        (bad("\"reference\": true"), "line 3: reference is true: expected".into()),
        (bad("\"reference\": \"\""), "line 3: reference \"\" names no repository: expected".into()),
        (bad("\"reference\": \"r/a\", \"reference\": \"r/a\""), "line 3: reference is given twice; remove one".into()),
        (bad("\"reference\": \"r/a\", \"digest\": \"x\""), "line 3: digest is given twice".into()),
        (good.replace("111", "1"), "line 1: digest is \"sha256:".into()),
        (bad("\"reference\": \"r/a\",") , "line 3: is not JSON: trailing comma in column".into()),
        (bad("\"reference\": \"r/a\"}, {\"x\": 1"), "trailing characters in column 106; write one object a line".into()),
        (bad("\"reference\": r"), "line 3: is not JSON: expected value in column".into()),
        (bad("'reference': 1"), "key must be a string in column 87; quote names with \"".into()),
        (format!("{{\n{}", &good[1..]), "line 1: is not JSON: EOF while parsing an object in column 1; write one object a line, as jq -c does".into()),
        (format!("{good}\n[1]"), format!("line 2: {expected}")),
        (format!("{good}\nr/a\t{}", digest("1")), format!("line 2: {expected}")),
        (format!("{good},\n{good}"), "line 1: is not JSON: trailing characters".into()),
        (bad(&format!("\"x\": {}1{}", "[".repeat(200), "]".repeat(200))), "recursion limit exceeded in column".into()),
        (format!("{good}\n{}", " ".repeat(LONGEST + 1)), format!("line 2: is longer than {LONGEST} bytes: expected one item a line")),
        // Keys.
        (bad("\"reference\": \"r/a\", \"signing_key\": null"), "line 3: signing_key is null: expected a string".into()),
        (bad("\"reference\": \"r/a\", \"signing_key\": \" \""), "line 3: signing_key is empty".into()),
        (bad("\"reference\": \"r/a\", \"signing_keys\": []"), "line 3: signing_keys is an empty array: expected an array of strings".into()),
        (bad("\"reference\": \"r/a\", \"signing_keys\": \"K\""), "line 3: signing_keys is \"K\": expected an array".into()),
        (bad("\"reference\": \"r/a\", \"signing_keys\": [\"K\", 2]"), "line 3: signing_keys: number 2 is the number 2: expected a string".into()),
        (bad("\"reference\": \"r/a\", \"signing_keys\": [\"K\"], \"signing_key\": \"K\""), "line 3: signing_key and signing_keys; remove one".into()),
        (bad("\"reference\": \"r/a\", \"signing_keys\": [\"K\"], \"signing_key_names\": [\"a\", \"b\"]"), "line 3: signing_key_names: 2 given, but 1 of signing_keys: expected one for each key, or none".into()),
        (bad("\"reference\": \"r/a\", \"signing_key_names\": [\"a\"]"), "line 3: signing_key_names: 1 given, but 0 of signing_keys".into()),
        (bad("\"reference\": \"r/a\", \"signing_key\": \"K\", \"signing_key_name\": \"a\\n\""), "line 3: signing_key_name \"a\\n\" holds".into()),
        // An array.
        (format!("[{good},\n{good},\n]"), "line 3: a comma before \"]\"; remove it".into()),
        (format!("[{good}\n{good}]"), "line 2: expected a comma or \"]\", found \"{\"".into()),
        (format!("[{good},\n\n null]"), "line 3: element 2: expected an object, found null".into()),
        (format!("[[{good}]]"), "line 1: element 1: expected an object, found an array".into()),
        (format!("[\"r/a\", \"{}\"]", digest("1")), "line 1: element 1: expected an object, found a string".into()),
        (format!("[\n{good},\n{}]", object("\"reference\": 7")), "line 3: element 2: reference is the number 7".into()),
        (format!("[\n{good},\n{{\n\"reference\": 7,,}}]"), "line 4: element 2: is not JSON: ".into()),
        (format!("[{good},"), "line 1: the list ends within the array; is it cut off?".into()),
        (format!("[{good}"), "line 1: the list ends within the array".into()),
        ("[\n".into(), "line 2: the list ends within the array".into()),
        (format!("[{good},\n{}", &good[..40]), "line 2: element 2: the list ends within the array".into()),
        (format!("[{good}]\n[{good}]"), "line 2: expected nothing after the array, found an array".into()),
        (format!("[{},\n{good}]", good.replace("r/a:1\"", "r/a:1")), "line 1: element 1: a string has no end on its line; is a quote missing?".into()),
        (format!("[{{\"x\": \"{}\"}}]", "x".repeat(LONGEST)), format!("line 1: element 1: is longer than {LONGEST} bytes; is a quote or brace missing?")),
        // Lines of fields.
        (tsv("r/a:1"), "line 2: expected a reference, a tab and a digest, found only \"r/a:1\"".into()),
        (tsv(&format!("r/a:1 {}", digest("1"))), "line 2: expected a reference, a tab and a digest, found blanks; put a tab in their place".into()),
        (tsv(&format!("r/a:1,{}", digest("1"))), "found commas; put tabs in their place".into()),
        (tsv(&format!("r/a:1\t{}\tx", digest("1"))), "line 2: expected a reference, a tab and a digest, found 3 fields".into()),
        (tsv(&format!("{}\tr/a:1", digest("1"))), "line 2: digest is \"r/a:1\": expected sha256: and 64 hex digits".into()),
        (tsv(&format!("a:1\t{}", digest("1"))), "line 2: reference \"a:1\" names no repository: expected".into()),
        (tsv(&format!("r/a:1\t{} ", digest("1"))), "line 2: digest is \"".into()),
        (tsv(&good), "line 2: expected a reference, a tab and a digest".into()),
        (format!("- reference: r/a:1\n  digest: {}", digest("1")), "line 1: expected a reference, a tab and a digest, found what seems to be YAML; convert it to JSON".into()),
        ("---\nimages:\n".into(), "line 1: expected a reference, a tab and a digest, found what seems to be YAML".into()),
    ] {
        let said = said(&text);
        if !(said.starts_with("list: ") && said.contains(&*says)) {
            wrong.push(format!("expected {says}\n   found {said}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn other_kinds_of_files_are_recognized() {
    let utf_16: Vec<u8> = "{\"reference\": 1}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (bytes, says) in [
        (&b"\x1f\x8b\x08\0"[..], "is compressed (gzip); decompress it first"),
        (b"\x28\xb5\x2f\xfd\0", "is compressed (zstd)"),
        (b"PK\x03\x04", "is compressed (zip)"),
        (b"\xff\xfe{\0\"\0", "is UTF-16 text; convert it to UTF-8 (iconv -f UTF-16 -t UTF-8)"),
        (&utf_16, "is UTF-16 text"),
        (b"r/\xe9:1\tsha256:1", "line 1: is no UTF-8 text; convert the list (iconv -t UTF-8)"),
        (b"{\"x\": \"\xe9\"}", "line 1: is no UTF-8 text"),
        (b"[{\"x\": \"\xe9\"}]", "line 1: element 1: is no UTF-8 text"),
        (b"\x7fELF\x02\x01\x01\0\0\0", "line 1: expected a reference, a tab and a digest"),
    ] {
        let said = said(bytes);
        assert!(said.contains(says), "{said}");
    }
}

#[test]
fn names_are_any_bytes() {
    let read = |text: &[u8], ends| {
        let names = names("list", text, ends);
        names.map(|names| {
            names
                .into_iter()
                .map(|(place, path)| format!("{place}: {}", path.display()))
                .collect::<Vec<_>>()
        })
    };
    for (text, ends, expected) in [
        (&b"a\n\n  b\r\n#c\n"[..], Ends::Line, &["line 1: a", "line 3:   b", "line 4: #c"][..]),
        (b"\xef\xbb\xbfa", Ends::Line, &["line 1: a"]),
        (b"a\0b\nc\0", Ends::Nul, &["name 1: a", "name 2: b\nc"]),
        (b"a\0b", Ends::Nul, &["name 1: a", "name 2: b"]),
        (b"a\nb\0", Ends::Nul, &["name 1: a\nb"]),
    ] {
        assert_eq!(read(text, ends).unwrap(), expected);
    }
    let name = names("list", &b"\xff\0"[..], Ends::Nul).unwrap().swap_remove(0).1;
    assert_eq!(std::os::unix::ffi::OsStrExt::as_bytes(name.as_os_str()), b"\xff");
    for (text, ends, says) in [
        (&b""[..], Ends::Line, "list: is empty: expected at least one file's name"),
        (b"\n\n", Ends::Line, "list: is empty"),
        (b"", Ends::Nul, "list: is empty"),
        (
            b"a\nb\0c\0",
            Ends::Line,
            "list: line 2: holds a NUL; use --from0 for names that end with NULs",
        ),
        (b"a\nb\n", Ends::Nul, "list: has line breaks and no NUL; use --from for one name a line"),
        (b"a\0\0b", Ends::Nul, "list: name 2 is empty; remove it"),
        (b"\x1f\x8b\0", Ends::Nul, "list: is compressed (gzip)"),
        (b"a\0b\0", Ends::Line, "list: is UTF-16"),
    ] {
        let said = read(text, ends).unwrap_err().to_string();
        assert!(said.contains(says), "{said}");
    }
}
