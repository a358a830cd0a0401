//! `--format summary`, a table for people, and the names of the forms.

use amqp_sandbox::{ReplyAct, When};

use crate::harness::{Bench, images, rule};

/// The cells of a row: they are two blanks or more apart.
fn cells(line: &str) -> Vec<&str> {
    line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect()
}

#[test]
fn the_table_has_a_row_for_each_item_and_key_in_the_order_of_the_input() {
    let bench = Bench::misbehaving(vec![rule(When::Request(2), ReplyAct::NoReply)]);
    let config = bench.config().patience(1, 1, 1);
    let ended = bench.run(&config, &format!("{} --format summary", images(3))).expect(75);
    let rows: Vec<_> = ended.stdout.lines().map(cells).collect();
    assert_eq!(rows[0], ["ITEM", "KEY", "STATE", "TIME"]);
    for (index, state) in ["signed", "unanswered", "signed"].into_iter().enumerate() {
        let row = &rows[index + 1];
        let item = format!("registry.example.com/ns/app:{index} sha256:000000000000");
        assert_eq!(row[..3], [&item, "ABCD1234", state], "{}", ended.stdout);
        assert_eq!(row.get(3).is_some_and(|time| time.ends_with(" s")), state == "signed");
    }
    assert_eq!(rows.len(), 4);
    // Columns begin below one another.
    let places: Vec<_> = ended
        .stdout
        .lines()
        .map(|line| ["KEY", "ABCD1234"].iter().find_map(|text| line.find(text)).unwrap())
        .collect();
    assert!(places.iter().all(|place| *place == places[0]), "{}", ended.stdout);
}

#[test]
fn what_a_row_shows_is_safe_on_a_terminal_and_keys_have_their_names() {
    let bench = Bench::new();
    let arguments = "clear-sign --signing-key A --signing-key B --task-id 7 --format summary";
    let mut program = bench.program(&bench.config(), arguments);
    let ended = program.args(["one\ntwo\u{1b}[2J"]).run().expect(0);
    let rows: Vec<_> = ended.stdout.lines().map(cells).collect();
    assert_eq!(rows[1][..3], ["one\\ntwo\\u{1b}[2J", "A", "signed"], "{}", ended.stdout);
    assert_eq!((rows[2][1], rows.len()), ("B", 3));
    let named = format!("{} --signing-key-name release --format summary", images(1));
    let ended = bench.run(&bench.config(), &named).expect(0);
    assert_eq!(cells(ended.stdout.lines().nth(1).unwrap())[1], "release");
}

#[test]
fn json_and_raw_are_what_they_are_without_the_option() {
    let bench = Bench::new();
    let run = |form: &str| bench.run(&bench.config(), &format!("{}{form}", images(1))).expect(0);
    assert_eq!(run(" --format json").messages().len(), 1);
    for form in [" --raw", " --format raw", " --raw --format raw"] {
        let ended = run(form);
        assert_eq!(ended.stdout.lines().count(), 1, "{form}");
        assert!(openssl::base64::decode_block(ended.stdout.trim()).is_ok(), "{form}");
    }
}

/// Opens a terminal of 60 columns as standard output, and passes on what is written to it.
const TERMINAL: &str = r#"
import fcntl, os, pty, struct, subprocess, sys, termios
terminal, slave = pty.openpty()
fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 60, 0, 0))
program = subprocess.Popen(sys.argv[1:], stdout=slave)
os.close(slave)
while True:
    try:
        sys.stdout.buffer.write(os.read(terminal, 65536))
    except OSError: # the end of a terminal
        break
sys.exit(program.wait())
"#;

#[test]
fn on_a_terminal_items_are_cut_so_that_a_row_takes_one_line() {
    let bench = Bench::new();
    let arguments = format!("{} --format summary", images(2));
    let program = bench.program(&bench.config(), &arguments);
    let ended = program.within("python3", &["-c", TERMINAL]).run().expect(0);
    let rows: Vec<_> = ended.stdout.lines().collect();
    assert_eq!(rows.len(), 3, "{}", ended.stdout);
    for row in &rows[1..] {
        assert!(row.chars().count() <= 60 && row.starts_with('…'), "{row}");
        assert!(row.contains(" sha256:000000000000  ABCD1234  signed  "), "{row}");
    }
}
