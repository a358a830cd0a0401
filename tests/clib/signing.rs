//! The programs in C and the sandbox: what they sign, and what ends them.

use std::{fs, net::TcpStream, path::Path, sync::mpsc, time::Instant};

use amqp_sandbox::{Record, ReplyAct, Verifier, When, pki::Authority};

use crate::{
    harness::{Bench, Config, LONG, Program, rule, signal},
    installed::program,
    peer::{self, Peer},
};

const BOTH: [&str; 2] = ["static", "dynamic"];

/// The example, about to sign a number of images.
fn sign(bench: &Bench, config: &Config, linked: &str, count: usize) -> Program {
    let path = bench.file("config.yaml", config.yaml());
    let mut program = program(&format!("sign-{linked}"));
    program.args([path.to_str().unwrap(), "ABCD1234", "7"]);
    for index in 0..count {
        program
            .args([format!("sha256:{index:064x}"), format!("registry.example.com/ns/app:{index}")]);
    }
    program
}

fn api(bench: &Bench, part: &str, linked: &str) -> Program {
    let path = bench.file("config.yaml", bench.config().yaml());
    let mut program = program(&format!("api-{linked}"));
    program.args([part, path.to_str().unwrap()]).command.env("HOME", path.parent().unwrap());
    program
}

/// The same program as valgrind sees it: any leak and any invalid access is status 99.
fn under_valgrind(inner: &Program) -> Program {
    let mut program = Program::new(Path::new("valgrind"));
    program.args([
        "--quiet",
        "--leak-check=full",
        "--error-exitcode=99",
        "--show-leak-kinds=definite,indirect",
        "--errors-for-leak-kinds=definite,indirect",
    ]);
    program.args([inner.command.get_program()]).args(inner.command.get_args());
    let set = |(name, value): (&std::ffi::OsStr, Option<&std::ffi::OsStr>)| {
        Some((name.to_owned(), value?.to_owned()))
    };
    program.command.envs(inner.command.get_envs().filter_map(set));
    program
}

#[test]
fn the_example_signs_with_either_library() {
    for linked in BOTH {
        let bench = Bench::new();
        let ended = sign(&bench, &bench.config(), linked, 3).run().expect(0);
        assert_eq!(
            ended.stdout.lines().filter(|value| value.len() > 100).count(),
            3,
            "{}",
            ended.stdout
        );
        ended.says("INFO  brokers: amqps://");
        let record = bench.sandbox.wait_for(LONG, Record::is_over).unwrap();
        assert_eq!(record.accepted().count(), 3);
    }
}

/// The example with a state file: a second run asks only for what is not signed, and a third one for nothing.
#[test]
fn a_run_with_a_state_file_goes_on() {
    for linked in BOTH {
        let refusal =
            ReplyAct::ServerError { errors: vec!["no".into()], signing_status: "no".into() };
        let bench = Bench::misbehaving(vec![rule(When::Request(2), refusal)]);
        let config = bench.file("config.yaml", bench.config().yaml());
        let [one, two] = ["one", "two"].map(|name| bench.file(name, name));
        let state = config.with_file_name("state.jsonl");
        for (status, requests, last) in
            [(1, 2, ""), (0, 3, "2 files are signed\n"), (0, 3, "2 files are signed\n")]
        {
            let mut program = program(&format!("resume-{linked}"));
            program.args([&state, &config].map(|path| path.to_str().unwrap()));
            program.args(["ABCD1234", "7", one.to_str().unwrap(), two.to_str().unwrap()]);
            let ended = program.run().expect(status);
            assert_eq!(bench.record().requests.len(), requests);
            assert_eq!(ended.stdout.matches(": a reply of ").count(), 2, "{}", ended.stdout);
            assert!(ended.stdout.ends_with(last), "{}", ended.stdout);
        }
        let mut other = program(&format!("resume-{linked}"));
        other.args([&state, &config].map(|path| path.to_str().unwrap()));
        other.args(["ABCD1234", "8", one.to_str().unwrap(), two.to_str().unwrap()]);
        other.run().expect(78).says("resume: ").says("task_id is \"7\" there and \"8\" now");
    }
}

#[test]
fn valgrind_finds_nothing() {
    let bench = Bench::new();
    let config = bench.config().set("connect_timeout", "60");
    let ended = under_valgrind(&sign(&bench, &config, "dynamic", 3)).run().expect(0);
    assert_eq!(ended.stdout.lines().filter(|value| value.len() > 100).count(), 3);
    assert!(!ended.stderr.contains("=="), "{}", ended.stderr);
    let ended = under_valgrind(&api(&bench, "misuse", "dynamic")).run().expect(0);
    assert!(!ended.stderr.contains("=="), "{}", ended.stderr);
}

#[test]
fn misuse_is_refused_with_a_message() {
    for linked in BOTH {
        let bench = Bench::new();
        api(&bench, "misuse", linked).run().expect(0);
        assert!(bench.record().connections.is_empty());
    }
}

#[test]
fn a_system_call_that_fails_ends_the_run() {
    for linked in BOTH {
        let bench = Bench::new();
        api(&bench, "failing-poll", linked).run().expect(0);
    }
}

#[test]
fn every_kind_of_operation_is_signed() {
    for linked in BOTH {
        let bench = Bench::new();
        let ended = api(&bench, "operations", linked).run().expect(0);
        let lines: Vec<_> =
            ended.stdout.lines().map(|line| line.split_once(": ").unwrap()).collect();
        let subjects: Vec<_> = lines.iter().map(|(subject, _)| *subject).collect();
        let texts = [
            "input 1 key ABCD1234",
            "input 1 key EFGH5678",
            "input 2 key ABCD1234",
            "input 2 key EFGH5678",
        ];
        let blobs = ["blob 1 key ABCD1234 (name)", "blob 2 key ABCD1234 (name)"];
        assert_eq!((&subjects[..4], &subjects[4..6]), (&texts[..], &blobs[..]));
        // The batch's requests are of one repository each, its values in the order of the input.
        assert_eq!(
            &subjects[6..],
            [
                "batch of 2 claims for one key ABCD1234 (one), EFGH5678 (two)",
                "batch of 1 claim for two key ABCD1234 (one), EFGH5678 (two)",
                "r/one:1 one",
                "r/one:1 two",
                "r/two:1 one",
                "r/two:1 two",
                "r/one:2 one",
                "r/one:2 two",
            ]
        );
        let verifier =
            Verifier::from_armoured(&fs::read_to_string(bench.sandbox.public_key_file()).unwrap())
                .unwrap();
        for (name, value) in &lines[8..] {
            let claim = String::from_utf8(verifier.content(value).unwrap()).unwrap();
            let reference = name.split(' ').next().unwrap();
            assert!(claim.contains(&format!("\"{reference}\"")), "{name}: {claim}");
        }
        let values =
            |line: &(&str, &str)| line.1.split(' ').filter(|value| value.len() > 100).count();
        assert_eq!(
            lines.iter().map(values).collect::<Vec<_>>(),
            [1, 1, 1, 1, 1, 1, 4, 2, 1, 1, 1, 1, 1, 1]
        );
        let requests: Vec<_> =
            bench.record().requests.iter().map(|request| request.json()).collect();
        assert_eq!(
            (&requests[0]["data"], &requests[4]["artifact"]),
            (&"aGVsbG8=".into(), &"AP8=".into())
        );
        let asked: Vec<_> =
            requests.iter().map(|request| request["requested_by"].as_str().unwrap()).collect();
        assert_eq!(asked, [&["builder"; 4][..], &["sandbox-client"; 4]].concat());
    }
}

#[test]
fn settings_need_no_file() {
    for linked in BOTH {
        let bench = Bench::new();
        let keys = bench.sandbox.public_key_file().display().to_string();
        let yaml = bench.config().set("verify_keys", &keys).yaml();
        let section = yaml.split_once("msg_batch_signer").unwrap().0;
        let words = section.lines().filter_map(|line| line.strip_prefix("  ")).map(|line| {
            let (key, value) = line.split_once(": ").unwrap();
            format!("{key}={}", value.trim_matches(['[', ']', '"', '\'']))
        });
        let mut program = program(&format!("api-{linked}"));
        let ended = program.args(["settings"]).args(words.collect::<Vec<_>>()).run().expect(0);
        assert!(ended.stdout.starts_with("blob 1 key ABCD1234: "), "{}", ended.stdout);
        let request = bench.record().requests.remove(0);
        assert_eq!(request.json()["requested_by"], "builder");
        // The trace is that of the program, too.
        let properties = format!("{:?}", request.application_properties());
        let parent = "(\"traceparent\", String(\"00-4bf92f3577b34da6a3ce929d0e0e4736-";
        assert!(properties.contains(parent), "{properties}");
        assert!(
            properties.ends_with("-01\")), (\"tracestate\", String(\"a=b\"))]"),
            "{properties}"
        );
    }
}

#[test]
fn threads_may_share_a_signer() {
    for linked in BOTH {
        let bench = Bench::new();
        api(&bench, "threads", linked).run().expect(0);
        let mut blobs: Vec<_> = bench
            .record()
            .requests
            .iter()
            .map(|request| request.json()["artifact"].clone())
            .collect();
        blobs.sort_by_key(ToString::to_string);
        assert_eq!(blobs, ["YQ==", "Yg==", "Yw==", "ZA=="]);
    }
}

/// A reply that refuses: the status, the message, and an empty line in place of the value.
#[test]
fn a_refusal_is_reported_item_by_item() {
    let error = ReplyAct::ServerError {
        errors: vec!["no such key".into()],
        signing_status: "failure".into(),
    };
    let bench = Bench::misbehaving(vec![rule(When::Request(2), error)]);
    let ended = sign(&bench, &bench.config(), "static", 2).run().expect(1);
    let values: Vec<_> = ended.stdout.lines().map(|value| !value.is_empty()).collect();
    assert_eq!(values, [true, false]);
    let subject = format!("registry.example.com/ns/app:1 sha256:{:064x} key ABCD1234", 1);
    ended.says(&format!("sign: {subject}: refused by the signing server: no such key\n"));
    ended.says(&format!("sign: 1 of 2 requests are not signed: {subject}: refused by the signing server: no such key"));
}

#[test]
fn a_broker_of_another_authority_is_refused() {
    let bench = Bench::new();
    let ca = bench.file("authority.pem", Authority::new("other CA").unwrap().pem().unwrap());
    let config = bench.config().set("messaging_ca_cert", ca.to_str().unwrap());
    sign(&bench, &config, "static", 1).run().expect(77).says("not verified by messaging_ca_cert");
}

/// A handler raises the interrupt while the library waits for a reply that does not come.
#[test]
fn a_signal_handler_ends_the_wait() {
    for (linked, name) in [("static", "INT"), ("dynamic", "TERM")] {
        let bench = Bench::misbehaving(vec![rule(When::Request(2), ReplyAct::NoReply)]);
        let running = sign(&bench, &bench.config().patience(60, 1, 1), linked, 2).start();
        bench
            .sandbox
            .wait_for(LONG, |record| record.accepted().count() == 1 && record.requests.len() == 2)
            .unwrap();
        signal(name, running.id());
        let ended = running.wait().expect(130);
        assert!(ended.took < LONG, "{:?}", ended.took);
        let values: Vec<_> = ended.stdout.lines().map(|value| !value.is_empty()).collect();
        assert_eq!(values, [true, false]);
        ended.says("no reply").says("sign: interrupted");
    }
}

/// Stops a program, and waits until it stands still.
fn stop(process: u32) {
    signal("STOP", process);
    let started = Instant::now();
    let is_stopped =
        || fs::read_to_string(format!("/proc/{process}/stat")).unwrap().contains(") T ");
    while !is_stopped() {
        assert!(started.elapsed() < LONG, "it does not stop");
        std::thread::yield_now();
    }
}

/// Both ends of the connection are closed when the library writes: the kernel would answer that with
/// SIGPIPE, which no program in C expects from a library. The next broker works.
#[test]
fn a_broker_that_hangs_up_raises_no_sigpipe() {
    let (keep, kept) = mpsc::channel();
    let (port, _) = peer::listen(move |stream: TcpStream| {
        if let Ok(mut peer) = Peer::attached(stream) {
            let _ = peer.grant(10);
            let _ = peer.transfer();
            let _ = keep.send(peer.stream);
        }
    });
    let bench = Bench::new();
    let urls = format!("[\"amqp://localhost:{port}\", \"{}\"]", bench.sandbox.amqp_url());
    let running =
        sign(&bench, &bench.config().set("messaging_brokers", &urls), "static", 2).start();
    let connection = kept.recv_timeout(LONG).unwrap();
    stop(running.id());
    // The broker first ends what it sends, then the connection.
    connection.shutdown(std::net::Shutdown::Write).unwrap();
    socket2::SockRef::from(&connection).set_linger(Some(std::time::Duration::ZERO)).unwrap();
    drop(connection);
    signal("CONT", running.id());
    let ended = running.wait().expect(0);
    assert_eq!(ended.stdout.lines().filter(|value| value.len() > 100).count(), 2);
    assert_eq!(bench.record().requests.len(), 2);
}

/// The same over TLS, where OpenSSL writes, and many times while much is sent.
#[test]
fn cuts_over_tls_raise_no_sigpipe() {
    let bench = Bench::with(|options| options.credit = 10);
    let running = sign(&bench, &bench.config(), "dynamic", 300).start();
    for cut in 1..=4 {
        bench.sandbox.wait_for(LONG, |record| record.requests.len() >= 60 * cut).unwrap();
        stop(running.id());
        bench.sandbox.cut_connections();
        signal("CONT", running.id());
    }
    let ended = running.wait().expect(0);
    assert_eq!(ended.stdout.lines().filter(|value| value.len() > 100).count(), 300);
    assert!(bench.record().connections.len() >= 4);
}
