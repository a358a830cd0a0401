//! The broker and the client are killed, and the same command goes on with its state file.

use std::{collections::HashSet, fs, path::Path};

use serde_json::Value;

use crate::{
    bench::{Bench, LONG},
    harness::{images, signal},
    signing::all_signed,
};

const COUNT: usize = 500;

/// The ids of the requests whose replies are in a state file, without a line that is not complete.
fn answered(state: &Path) -> Vec<String> {
    let text = fs::read_to_string(state).unwrap();
    let complete = text.rsplit_once('\n').unwrap().0;
    let replies = complete.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let replies = replies.filter(|event| event["event"] == "reply");
    let id = |event: Value| {
        let body: Value = serde_json::from_str(event["body"].as_str().unwrap()).unwrap();
        body["msg"]["request_id"].as_str().unwrap().to_owned()
    };
    replies.map(id).collect()
}

#[test]
fn broker_and_client_are_killed_and_nothing_is_lost_or_asked_for_again() {
    let bench = Bench::alone();
    let route = bench.route();
    let signer = bench.signer(&route);
    let state = bench.file("state", "");
    let program = |level| {
        let config = bench.kind.prepare_for_loss(bench.config(&route)).set("log_level", level);
        let mut program = bench.program(&config, &images(COUNT));
        program.args(["--state".as_ref(), state.as_os_str()]);
        program
    };
    let mut known = vec![];
    for (act, enough) in [("kill", 50), ("", 150), ("kill", 250)] {
        // The log of a program that runs is not read, so it must be short.
        let running = program("warning").start();
        signer.wait_for(LONG, |seen| seen.settled >= enough).unwrap();
        // At once: to kill a broker takes a while, in which it delivers the rest.
        signal("KILL", running.id());
        if !act.is_empty() {
            bench.broker(act);
        }
        let ended = running.wait();
        assert!([137, 0].contains(&ended.status), "{}", ended.stderr);
        if !act.is_empty() {
            bench.broker("start");
        }
        known.push(answered(&state));
    }
    assert!(known[0].len() < COUNT, "it is killed before everything is answered");
    let ended = program("trace").run().expect(0);
    all_signed(&ended, COUNT);
    let asked: Vec<_> =
        ended.stderr.lines().filter(|line| line.contains("TRACE request: ")).collect();
    for id in &known[2] {
        assert!(!asked.iter().any(|line| line.contains(id)), "{id} is asked for again");
    }
    let replies = answered(&state);
    let distinct: HashSet<_> = replies.iter().collect();
    assert_eq!((replies.len(), distinct.len()), (COUNT, COUNT), "each reply is there once");
    let again = program("trace").run().expect(0);
    assert_eq!(again.stdout, ended.stdout);
}
