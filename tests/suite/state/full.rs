//! The disk is full.

use std::{collections::HashSet, fs};

use serde_json::Value;

use super::{events, of, program, run, state};
use crate::harness::{Protocol, images};

over_both!(
    when_the_file_cannot_grow_the_run_ends_and_nothing_more_is_accepted,
    when_the_requests_cannot_be_written_nothing_is_sent,
);

/// A limit of the size of files in place of a full disk: the errors differ only in their number.
fn limited(program: crate::harness::Program, kilobytes: u32) -> crate::harness::Program {
    program.within("bash", &["-c", &format!(r#"ulimit -f {kilobytes}; exec "$0" "$@""#)])
}

/// What was received is printed, and nothing that is not in the file is accepted from the broker: it is there for the next
/// run.
fn when_the_file_cannot_grow_the_run_ends_and_nothing_more_is_accepted(protocol: Protocol) {
    let bench = protocol.bench();
    let path = state(&bench);
    let full = || limited(program(&bench, &bench.config(), &images(30), &path), 16);
    let ended = full().run().expect(74);
    ended.says("state.jsonl: cannot read or write: File too large");
    ended.says("goes on from here");
    // The last line may be cut.
    let text = fs::read_to_string(&path).unwrap();
    let whole: Vec<Value> = text
        .split_inclusive('\n')
        .filter(|line| line.ends_with('\n'))
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let replied = of(&whole, "reply", "request");
    let kept = replied.len();
    let printed = ended.messages().iter().filter(|message| !message.is_null()).count();
    assert!(0 < kept && kept < 30 && kept <= printed, "{kept}, {printed}");
    let accepted = bench.record().accepted().count();
    assert!(accepted <= kept, "{accepted} are accepted, and {kept} are in the file");

    let ended = run(&bench, &bench.config(), &images(30), &path).expect(0);
    assert!(ended.messages().iter().all(|message| !message.is_null()));
    // An outcome that is not in the file is not known: such a request may be sent again, but not one whose reply is there.
    let asked: Vec<_> =
        bench.record().requests.into_iter().map(|request| request.request_id.unwrap()).collect();
    for index in replied {
        let id = &of(&whole, "request", "id")[index.as_u64().unwrap() as usize];
        assert_eq!(asked.iter().filter(|asked| **asked == *id).count(), 1, "{id}");
    }
    assert_eq!(asked.iter().collect::<HashSet<_>>().len(), 30);
    assert_eq!(of(&events(&path), "reply", "request").len(), 30);
}

/// Not even the ids of the requests: nothing is sent.
fn when_the_requests_cannot_be_written_nothing_is_sent(protocol: Protocol) {
    let bench = protocol.bench();
    let path = state(&bench);
    let ended = limited(program(&bench, &bench.config(), &images(30), &path), 2).run().expect(74);
    ended.says("cannot read or write: File too large");
    assert!(bench.record().connections.is_empty());
    run(&bench, &bench.config(), &images(30), &path).expect(0);
    assert_eq!(bench.record().requests.len(), 30);
}
