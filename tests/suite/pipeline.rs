//! What a release pipeline does: a long list from a pipe, lines of JSON, files for registries, and a state file, in a step
//! that is killed again and again.

use std::{
    collections::{HashMap, HashSet},
    env, fs,
    hash::{BuildHasher, DefaultHasher, Hash, Hasher, RandomState},
    time::Duration,
};

use amqp_sandbox::Record;
use serde_json::Value;

use crate::{
    harness::{Bench, Program, signal, under_test},
    output::listed,
    skopeo::{Skopeo, digest, manifest},
};

const KILLS: usize = 5;

fn reference(number: usize) -> String {
    format!("registry.example.com/ns{}/app:{number}", number % 7)
}

/// `PIPELINE_IMAGES` and `PIPELINE_SEED` make it longer, or the same once more.
#[test]
#[expect(clippy::print_stderr, reason = "the seed repeats a failed run")]
fn killed_five_times_it_signs_every_image_once_and_skopeo_accepts_the_files() {
    let number = |name: &str| env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let count = number("PIPELINE_IMAGES").unwrap_or(600) as usize;
    let seed = number("PIPELINE_SEED").unwrap_or_else(|| RandomState::new().hash_one(()));
    eprintln!("PIPELINE_SEED={seed}");
    let mut throws = 0..;
    let mut below = |limit: usize| {
        let mut dice = DefaultHasher::new();
        (seed, throws.next().unwrap_or(0_u64)).hash(&mut dice);
        dice.finish() as usize % limit
    };

    let bench = Bench::new();
    let image = |number| format!("{}\t{}\n", reference(number), digest(&manifest(number)));
    let list = bench.file("list.tsv", (0..count).map(image).collect::<String>());
    let lines = bench.folder().join("lines");
    let (state, out) = (bench.folder().join("state"), bench.folder().join("out"));
    let key = bench.sandbox.fingerprint("sandbox");
    let config = bench.file("f.yaml", bench.config().patience(10, 1, 3).yaml());
    let start = || {
        // Not the bench's own program: what is accepted by one run is printed by another.
        let mut program = Program::new(&under_test());
        program.args(["container-sign", "--task-id", "7", "--format", "ndjson", "--from", "-"]);
        program.args(["--config-file".as_ref(), config.as_os_str()]);
        program.args(["--signing-key", key]).args(["--state".as_ref(), state.as_os_str()]);
        program.args(["--output-dir".as_ref(), out.as_os_str()]);
        // A pipe would hold it up, until the end is waited for.
        let into = format!(r#"exec "$0" "$@" <{} >{}"#, list.display(), lines.display());
        program.within("sh", &["-c", &into]).start()
    };

    // What any of the runs has printed.
    let mut printed = HashSet::new();
    let mut note = || {
        // The last line may be cut.
        let text = fs::read_to_string(&lines).unwrap();
        for line in text.split_inclusive('\n').filter(|line| line.ends_with('\n')) {
            let line: Value = serde_json::from_str(line).unwrap();
            if line["status"] == "signed" {
                printed.insert(line["index"].as_u64().unwrap());
            }
        }
    };
    for kill in 0..KILLS {
        let running = start();
        let before = bench.record().accepted().count();
        let more = below(count / (KILLS + 1));
        let enough = |record: &Record| record.accepted().count() > before + more;
        assert!(bench.sandbox.wait_for(Duration::from_secs(60), enough).is_ok(), "seed {seed}");
        signal("KILL", running.id());
        let ended = running.wait();
        // It may have been quicker.
        assert!(ended.status == 137 || ended.status == 0, "{kill}, seed {seed}: {}", ended.stderr);
        note();
    }
    start().wait().expect(0);
    assert_eq!(fs::read_to_string(&lines).unwrap().lines().count(), count, "seed {seed}");
    note();
    assert_eq!(printed.len(), count, "seed {seed}");

    // Each image is listed with a file, and skopeo accepts a sample.
    let listed = listed(&out);
    assert_eq!(listed.len(), count);
    let skopeo = Skopeo::trusting(&bench.sandbox);
    let sample: HashSet<_> = (0..50).map(|_| below(count)).collect();
    for (number, line) in listed.iter().enumerate() {
        let file = out.join(line["signature_file"].as_str().unwrap());
        assert_eq!(line["reference"], reference(number));
        assert!(fs::metadata(&file).unwrap().len() > 100, "{}", file.display());
        if sample.contains(&number) {
            let verdict = skopeo.verify(&manifest(number), &reference(number), key, &file);
            assert_eq!(verdict, Ok(()), "{line}, seed {seed}");
        }
    }

    // What was accepted from the broker was never asked for again, and each reply is kept once.
    let record = bench.record();
    let mut accepted = HashMap::new();
    for delivery in record.accepted() {
        let ended = (delivery.ended.unwrap(), delivery.connection);
        let first = accepted.entry(delivery.request_id.clone().unwrap()).or_insert(ended);
        *first = ended.min(*first);
    }
    assert_eq!(accepted.len(), count, "seed {seed}");
    for request in &record.requests {
        let id = request.request_id.as_ref().unwrap();
        // On the same connection the sandbox may note the request after the outcome, which came later.
        let (time, connection) = accepted[id];
        assert!(
            request.received < time || request.connection == connection,
            "{id} was answered and asked for again, seed {seed}"
        );
    }
    let journal = fs::read_to_string(&state).unwrap();
    let is_reply = |line: &&str| {
        let event: Value = serde_json::from_str(line).unwrap();
        event["event"] == "reply"
    };
    assert_eq!(journal.lines().filter(is_reply).count(), count, "seed {seed}");
}
