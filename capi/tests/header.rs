//! `include/amqp_messenger.h` matches the source of the C interface; `make header` writes it.

use std::{env, fs};

use amqp_messenger::Status;

const HEADER: &str = "../include/amqp_messenger.h";

/// With `WRITE_HEADER` set it writes the header instead.
#[test]
fn the_header_is_current() {
    let config = cbindgen::Config::from_file("cbindgen.toml").unwrap();
    let builder = cbindgen::Builder::new().with_config(config).with_src("src/lib.rs");
    let mut made = Vec::new();
    builder.generate().unwrap().write(&mut made);
    if env::var_os("WRITE_HEADER").is_some() {
        fs::write(HEADER, &made).unwrap();
    }
    let made = String::from_utf8(made).unwrap();
    let committed = fs::read_to_string(HEADER).unwrap();
    let differs = committed.lines().zip(made.lines()).find(|(committed, made)| committed != made);
    assert!(
        committed == made,
        "{HEADER} is not current, run `make header`; it has, and should have: {differs:?}"
    );
}

#[test]
fn the_statuses_are_the_exit_statuses() {
    let header = fs::read_to_string(HEADER).unwrap();
    for (name, status) in [
        ("OK", Status::Signed),
        ("REFUSED", Status::Refused),
        ("USAGE", Status::Usage),
        ("BAD_REPLY", Status::BadReply),
        ("NO_INPUT", Status::NoInput),
        ("UNREACHABLE", Status::Unreachable),
        ("LOCAL_FILE", Status::LocalFile),
        ("UNANSWERED", Status::Unanswered),
        ("NOT_PERMITTED", Status::NotPermitted),
        ("CONFIG", Status::Config),
        ("DEADLINE", Status::Deadline),
        ("INTERRUPTED", Status::Interrupted),
    ] {
        let line = format!("  AMQP_MESSENGER_{name} = {},\n", status.code());
        assert!(header.contains(&line), "{line}");
    }
}
