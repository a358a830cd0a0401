//! A process may be ended between any two events, and in the middle of writing one: the file ends anywhere then.

use std::fs;

use amqp_sandbox::Verifier;
use serde_json::Value;

use super::{events, of, requested, state};
use crate::{
    harness::{Bench, Config, Protocol},
    three::{Operation, operations},
};

over_both!(a_run_goes_on_from_wherever_the_file_ends,);

/// Positions are tried for each operation, besides the ends of all lines.
const POSITIONS: u64 = 50;

/// Over AMQP the first cycle waits for what was accepted, in vain. Over MQTT nothing is waited for: the session is lost.
fn config(bench: &Bench) -> Config {
    bench.config().patience(bench.protocol.or(2, 20), 1, 2)
}

fn a_run_goes_on_from_wherever_the_file_ends(protocol: Protocol) {
    std::thread::scope(|scope| {
        for operation in operations().filter(|operation| !operation.raw) {
            let bench = protocol.bench();
            let path = state(&bench);
            let mut program = operation.program(&bench, &config(&bench));
            let whole = program.args(["--state".as_ref(), path.as_os_str()]).run().expect(0);
            assert_eq!(operation.signed(&bench, &whole), [true; 3]);
            let journal = fs::read(&path).unwrap();
            let ends = (0..journal.len()).filter(|&at| journal[at] == b'\n').map(|at| at + 1);
            let mut cuts: Vec<_> = [0].into_iter().chain(ends).collect();
            let mut seed = journal.len() as u64;
            for _ in 0..POSITIONS {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                cuts.push((seed >> 33) as usize % journal.len());
            }
            // Half of the time passes in waiting.
            for cuts in cuts.chunks(cuts.len().div_ceil(4)) {
                let (cuts, journal, whole) = (cuts.to_vec(), journal.clone(), whole.document());
                scope.spawn(move || {
                    let bench = protocol.bench();
                    for at in cuts {
                        goes_on(operation, &bench, &journal[..at], &whole);
                    }
                });
            }
        }
    });
}

/// Resumes from what is left of a journal, with a broker that knows nothing of the run before.
fn goes_on(operation: Operation, bench: &Bench, journal: &[u8], whole: &Value) {
    let path = bench.file("state.jsonl", journal);
    let at = journal.len();
    let complete = journal.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let left: Vec<Value> = journal[..complete]
        .split_inclusive(|byte| *byte == b'\n')
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect();
    let (known, answered) = (of(&left, "request", "id"), of(&left, "reply", "request"));
    let before = bench.record().requests.len();
    let resume = || {
        let mut program = operation.program(bench, &config(bench));
        program.args(["--state".as_ref(), path.as_os_str()]);
        program
    };
    let ended = resume().run().expect(0);
    let key = fs::read_to_string(bench.sandbox.public_key_file()).unwrap();
    let verifier = Verifier::from_armoured(&key).unwrap();
    let document = ended.document();
    for index in 0..3 {
        let [result, before] = [&document, whole].map(|all| &all["operation_results"][index]);
        let is_right = match answered.contains(&index.into()) {
            true => result == before,
            false => operation.is_signature(&verifier, &operation.value(result), index),
        };
        assert!(is_right, "cut at {at}: {index} is {result}");
    }

    // Nothing that is answered is asked for again, and what is asked for keeps its id.
    let after = events(&path);
    let ids = of(&after, "request", "id");
    assert_eq!(ids.len(), 3);
    assert_eq!(ids[..known.len()], known, "cut at {at}");
    let open: Vec<_> = (0..3).filter(|index| !answered.contains(&(*index).into())).collect();
    let expected: Vec<_> = open.iter().map(|&index| ids[index].clone()).collect();
    let mut asked = requested(bench, before);
    asked.sort_by_key(|id| ids.iter().position(|known| known == id));
    assert_eq!(asked, expected, "cut at {at}");
    for id in &ids {
        let times = ended.stdout.matches(id.as_str().unwrap()).count();
        assert_eq!(times, 1, "cut at {at}: the reply to {id} is there {times} times");
    }
    let mut replies = of(&after, "reply", "request");
    replies.sort_by_key(Value::as_u64);
    assert_eq!(replies, [0, 1, 2].map(Value::from), "cut at {at}");

    // Once more: there is nothing left to do.
    let (connections, content) = (bench.record().connections.len(), fs::read(&path).unwrap());
    let again = resume().run().expect(0);
    assert_eq!(again.stdout, ended.stdout);
    assert_eq!(bench.record().connections.len(), connections);
    assert_eq!(fs::read(&path).unwrap(), content);
}
