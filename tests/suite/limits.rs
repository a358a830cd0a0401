//! Large runs, floods, and the deadline of a whole run.

use std::{
    fs,
    io::Read,
    net::TcpListener,
    process::{Command, Stdio},
};

use amqp_frames::{Role, disposition, received};
use amqp_sandbox::{Body, LinkAct, ReplyAct, RequestAct, Rule, When};
use serde_json::Value;

use crate::{
    harness::{Bench, LONG, Program, Protocol, images, signal, took_between},
    peer::{self, Peer},
    three::operations,
};

over_both!(
    lines_of_json_are_printed_in_little_memory,
    ten_thousand_requests_are_signed_in_order_and_in_little_memory,
    a_large_text_or_file_is_signed_in_little_memory,
    several_large_files_are_signed_in_little_memory,
    after_the_deadline_of_the_run_everything_received_is_printed,
    a_large_blob_is_signed_in_little_memory,
);

/// The most memory that the process ever held, in KiB; `None` once it has ended.
pub fn peak_memory(id: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

/// The peak is read while the program waits for the test to read its document, which is larger than the pipe: everything
/// for the document is in memory then. (The peak that wait4(2) reports includes the test's own memory, which the child
/// shared before it became the program.)
fn ten_thousand_requests_are_signed_in_order_and_in_little_memory(protocol: Protocol) {
    const COUNT: usize = 10_000;
    let bench = protocol.bench();
    let mut program = bench.program(&bench.config().set("log_level", "error"), &images(COUNT));
    let (document, peak) = printed_and_peak(&mut program);
    let document: Value = serde_json::from_slice(&document).unwrap();
    let results = document["operation_results"].as_array().unwrap();
    assert_eq!(results.len(), COUNT);
    for (index, result) in results.iter().enumerate() {
        assert_eq!(result[0]["msg"]["manifest_digest"], format!("sha256:{index:064x}"));
    }
    assert_eq!(bench.record().requests.len(), COUNT);
    assert!(peak > 0 && peak < 40 * 1024, "{peak} KiB");
}

/// What the program prints, and its peak of memory as the test reads that.
fn printed_and_peak(program: &mut Program) -> (Vec<u8>, u64) {
    let mut child = program.command.stderr(Stdio::null()).spawn().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let (mut printed, mut peak, mut chunk) = (Vec::new(), 0, vec![0; 1 << 16]);
    loop {
        let count = stdout.read(&mut chunk).unwrap();
        if count == 0 {
            break;
        }
        printed.extend(&chunk[..count]);
        peak = peak.max(peak_memory(child.id()).unwrap_or(0));
    }
    assert_eq!(child.wait().unwrap().code(), Some(0));
    (printed, peak)
}

/// A line that is written is not kept. 48 MiB for 100,000 images are about 500 bytes for each.
fn lines_of_json_are_printed_in_little_memory(protocol: Protocol) {
    const COUNT: usize = 10_000;
    let bench = protocol.bench();
    let line = |index| format!("registry.example.com/ns/app:{index}\tsha256:{index:064x}\n");
    let list = bench.file("list", (0..COUNT).map(line).collect::<String>());
    let arguments = format!(
        "container-sign --signing-key ABCD1234 --task-id 7 --format ndjson --from {}",
        list.display()
    );
    let mut program = bench.program(&bench.config().set("log_level", "error"), &arguments);
    let (lines, peak) = printed_and_peak(&mut program);
    assert_eq!(lines.iter().filter(|&&byte| byte == b'\n').count(), COUNT);
    // What every run needs is less than 18 MiB, also if the program is not optimised.
    let most = 18 * 1024 + COUNT as u64 * 500 / 1024;
    assert!(peak > 0 && peak < most, "{peak} KiB, at most {most}");
}

/// Neither is kept in two forms at once, on its way out, back, or into the document.
fn a_large_text_or_file_is_signed_in_little_memory(protocol: Protocol) {
    const SIZE: usize = 20_000_000;
    let bench = protocol.bench();
    let text = bench.file("large", "a line, \"quoted\": é\n".repeat(SIZE / 21));
    for operation in [
        format!("clear-sign --signing-key ABCD1234 --task-id 7 @{}", text.display()),
        format!("blob-sign --signing-key ABCD1234 --task-id 7 --blob-file {}", text.display()),
    ] {
        let mut program = bench.program(&bench.config().set("log_level", "error"), &operation);
        let (document, peak) = printed_and_peak(&mut program);
        let document: Value = serde_json::from_slice(&document).unwrap();
        let shown = &document["operation"];
        let shown = if shown["inputs"].is_null() { &shown["blobs"] } else { &shown["inputs"] };
        assert!(shown[0].as_str().is_some_and(|text| text.len() > SIZE * 9 / 10));
        // What every run needs is less than 18 MiB, also if the program is not optimised.
        let most = 18 * 1024 + (SIZE * 5 / 2 / 1024) as u64;
        assert!(peak > 0 && peak < most, "{peak} KiB, at most {most}: {operation}");
    }
}

/// The request may have to be sent again, and is kept with the reply; neither is in memory twice while the reply grows.
#[test]
fn a_large_text_that_is_acknowledged_late_is_signed_in_little_memory() {
    const SIZE: usize = 20_000_000;
    let late = Rule::new(When::Any, RequestAct::ReplyBeforeOutcome);
    let bench = Protocol::Mqtt.misbehaving(vec![late]);
    let text = bench.file("large", "a line, \"quoted\": é\n".repeat(SIZE / 21));
    let operation = format!("clear-sign --signing-key ABCD1234 --task-id 7 @{}", text.display());
    let mut program = bench.program(&bench.config().set("log_level", "error"), &operation);
    let (_, peak) = printed_and_peak(&mut program);
    // Base64 twice, and what every run needs.
    let most = 18 * 1024 + (SIZE * 11 / 4 / 1024) as u64;
    assert!(peak > 0 && peak < most, "{peak} KiB, at most {most}");
}

/// The reply, what it is the base64 of, and the text: nothing else has its size.
#[test]
fn a_large_text_is_verified_in_little_memory() {
    const SIZE: usize = 20_000_000;
    let bench = Bench::new();
    let text = bench.file("large", "a line, \"quoted\": é\n".repeat(SIZE / 21));
    let (key, keys) = (bench.sandbox.fingerprint("sandbox"), bench.sandbox.public_key_file());
    let config = bench.config().set("log_level", "error");
    let config = config.set("verify_keys", &keys.display().to_string()).set("verify", "require");
    let operation = format!("clear-sign --signing-key {key} --task-id 7 @{}", text.display());
    let (_, peak) = printed_and_peak(&mut bench.program(&config, &operation));
    // What every run needs is less than 18 MiB, also if the program is not optimised.
    let most = 18 * 1024 + (SIZE * 7 / 2 / 1024) as u64;
    assert!(peak > 0 && peak < most, "{peak} KiB, at most {most}");
}

/// The memory is that of one of them, also if the broker allows more on the way.
fn several_large_files_are_signed_in_little_memory(protocol: Protocol) {
    const SIZE: usize = 10_000_000;
    let bench = protocol.bench();
    let files = [b'a', b'b', b'c', b'd'].map(|byte| {
        let file = bench.file(&format!("large-{byte}"), vec![byte; SIZE]);
        format!(" --blob-file {}", file.display())
    });
    let operation = format!("blob-sign --signing-key ABCD1234 --task-id 7{}", files.concat());
    let mut program = bench.program(&bench.config().set("log_level", "error"), &operation);
    let (document, peak) = printed_and_peak(&mut program);
    let document: Value = serde_json::from_slice(&document).unwrap();
    assert_eq!(document["operation_results"].as_array().map(Vec::len), Some(files.len()));
    // What every run needs is less than 18 MiB, also if the program is not optimised.
    let most = 18 * 1024 + (SIZE * 5 / 2 / 1024) as u64;
    assert!(peak > 0 && peak < most, "{peak} KiB, at most {most}");
}

fn after_the_deadline_of_the_run_everything_received_is_printed(protocol: Protocol) {
    let bench = protocol.misbehaving(vec![Rule::new(When::Request(2), ReplyAct::NoReply)]);
    let ended = bench.run(&bench.config().set("deadline", "1"), &images(2)).expect(124);
    took_between(&ended, 1.0, 9.0);
    ended.says("the deadline of 1 s for the whole run has passed");
    let messages = ended.messages();
    assert!(!messages[0].is_null() && messages[1].is_null());
    bench.run(&bench.config().set("deadline", "20"), &images(1)).expect(0);
    for operation in operations() {
        let bench = protocol.misbehaving(vec![Rule::new(When::Request(2), ReplyAct::NoReply)]);
        let ended = operation.run(&bench, &bench.config().set("deadline", "1")).expect(124);
        assert_eq!(operation.signed(&bench, &ended), [true, false, true], "{operation:?}");
    }
}

#[test]
fn the_deadline_of_the_run_ends_connecting_and_sending() {
    let bench = Bench::misbehaving(vec![Rule::new(When::SenderLink, LinkAct::NoCredit)]);
    let ended = bench.run(&bench.config().set("deadline", "1"), &images(1)).expect(124);
    took_between(&ended, 1.0, 9.0);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = format!("[\"amqps://localhost:{}\"]", listener.local_addr().unwrap().port());
    let ended = bench
        .run(&bench.config().set("messaging_brokers", &silent).set("deadline", "1"), &images(1));
    took_between(&ended.expect(124), 1.0, 9.0);
}

/// A sandbox whose reply queue is full of foreign messages, and which never answers.
fn flooded() -> Bench {
    let bench = Bench::misbehaving(vec![Rule::new(When::Any, ReplyAct::NoReply)]);
    let queue = "queue://Consumer.sandbox-client-7.VirtualTopic.sandbox.reply";
    let foreign = r#"{"msg": {"request_id": "foreign", "errors": []}}"#;
    for _ in 0..FLOOD {
        bench.sandbox.publish(queue, Body::Text(foreign.into()), &[]);
    }
    bench
}

const FLOOD: usize = 100_000;

#[track_caller]
fn was_flooded(bench: &Bench) {
    let delivered = bench.record().deliveries.len();
    assert!(
        delivered > 1000 && delivered < FLOOD,
        "{delivered} deliveries: the flood did not last"
    );
}

#[test]
fn a_flood_of_foreign_messages_does_not_hold_up_the_windows() {
    let bench = flooded();
    let ended = bench
        .run(&bench.config().patience(1, 2, 1).set("log_level", "info"), &images(1))
        .expect(75);
    took_between(&ended, 2.0, 9.0);
    was_flooded(&bench);
}

/// A Disposition for the client's deliveries up to this one, without an outcome.
fn unsettled(last: u32) -> Vec<u8> {
    let received = amqp_frames::Value::described(received::CODE, vec![]);
    disposition(Role::Receiver, 0, last, false, received).encode()
}

/// Frames that each apply to every request on the way, without an outcome: they take far longer to process than to send.
/// There is always something to read, and the client never has to wait.
#[test]
fn a_flood_of_bytes_does_not_hide_the_windows_the_deadline_or_a_signal() {
    const REQUESTS: u32 = 100;
    let (tell, told) = std::sync::mpsc::channel();
    let (port, _) = peer::listen(move |stream| {
        let Ok(mut peer) = Peer::attached(stream) else { return };
        let _ = peer.grant(REQUESTS);
        for _ in 0..REQUESTS {
            let _ = peer.transfer();
        }
        let all = unsettled(REQUESTS - 1).repeat(1 << 15);
        let _ = peer.answer(&all);
        let _ = tell.send(());
        while peer.answer(&all).is_ok() {}
    });
    let bench = Bench::new();
    let config = bench.config().set("messaging_brokers", &format!("[\"amqp://localhost:{port}\"]"));
    let config = config.set("log_level", "info").set("close_timeout", "1").set("timeout", "60");
    let images = images(REQUESTS as usize);

    let ended = bench.run(&config.clone().patience(1, 2, 1), &images).expect(75);
    took_between(&ended, 2.0, 9.0);
    let ended = bench.run(&config.clone().set("deadline", "1"), &images).expect(124);
    took_between(&ended, 1.0, 5.0);
    while told.try_recv().is_ok() {}
    let running = bench.program(&config, &images).start();
    told.recv_timeout(LONG).unwrap();
    signal("TERM", running.id());
    took_between(&running.wait().expect(143), 0.0, 9.0);
}

#[test]
fn a_flood_of_foreign_messages_does_not_hide_the_deadline_or_a_signal() {
    let bench = flooded();
    let config = bench.config().set("log_level", "info");
    let ended = bench.run(&config.clone().set("deadline", "1"), &images(1)).expect(124);
    took_between(&ended, 1.0, 9.0);
    let taken = bench.record().deliveries.len();
    let running = bench.program(&config, &images(1)).start();
    bench.sandbox.wait_for(LONG, |record| record.deliveries.len() > taken + 2000).unwrap();
    signal("TERM", running.id());
    took_between(&running.wait().expect(143), 0.0, 5.0);
    was_flooded(&bench);
}

/// Far less than the flood's bytes would need.
pub const MEMORY: u64 = 60 * 1024;

#[test]
fn a_flood_of_foreign_messages_is_ignored_in_little_memory() {
    let bench = flooded();
    let running = bench
        .program(&bench.config().patience(60, 1, 1).set("log_level", "info"), &images(1))
        .start();
    let half = |bench: &Bench, count| {
        bench.sandbox.wait_for(4 * LONG, |record| record.deliveries.len() > count).unwrap()
    };
    half(&bench, FLOOD / 10);
    let early = peak_memory(running.id()).unwrap();
    half(&bench, FLOOD / 2);
    let late = peak_memory(running.id()).unwrap();
    signal("TERM", running.id());
    running.wait().expect(143);
    assert!(late < MEMORY && late < early + 4 * 1024, "{early} KiB grew to {late} KiB");
}

/// Each has 26 bytes, and applies to every request on the way, without an outcome.
#[test]
fn dispositions_for_all_requests_are_handled_in_little_memory() {
    const REQUESTS: usize = 2000;
    let (tell, told) = std::sync::mpsc::channel();
    let (port, _) = peer::listen(move |stream| {
        let mut peer = Peer::attached(stream).unwrap();
        peer.grant(8192).unwrap();
        for _ in 0..REQUESTS {
            peer.transfer().unwrap();
        }
        let all = unsettled(REQUESTS as u32 - 1);
        let _ = peer.answer(&[all.repeat(10_000), peer.reply(0, "foreign")].concat());
        // The client settles the reply: it has processed everything before it.
        let _ = peer.await_frame(disposition::CODE);
        let _ = tell.send(());
        peer::swallow(peer.stream);
    });
    let bench = Bench::new();
    let config = bench.config().set("messaging_brokers", &format!("[\"amqp://localhost:{port}\"]"));
    let config = config.set("log_level", "info").set("close_timeout", "1").set("timeout", "200");
    let running = bench.program(&config, &images(REQUESTS)).start();
    told.recv_timeout(4 * LONG).unwrap();
    let peak = peak_memory(running.id()).unwrap();
    signal("TERM", running.id());
    running.wait().expect(143);
    assert!(peak < 2 * MEMORY, "{peak} KiB");
}

/// One delivery without end, and deliveries that each begin before the previous one has ended: neither is kept.
#[test]
fn deliveries_that_never_end_are_ignored_in_little_memory() {
    for one_delivery in [true, false] {
        let (tell, told) = std::sync::mpsc::channel();
        let (port, _) = peer::listen(move |stream| {
            let Ok(mut peer) = Peer::attached(stream) else { return };
            let payload = vec![0x55; 1 << 14];
            let mut sent = 0;
            for number in 0..20_000_u32 {
                let number = if one_delivery { 0 } else { number };
                if peer.answer(&peer.partial(number, &payload)).is_err() {
                    break;
                }
                sent += 1;
                if sent % 1000 == 0 {
                    let _ = tell.send((sent, false));
                }
            }
            let _ = tell.send((sent, true));
            peer::swallow(peer.stream);
        });
        let bench = Bench::new();
        let config =
            bench.config().set("messaging_brokers", &format!("[\"amqp://localhost:{port}\"]"));
        let config = config.set("timeout", "60").set("close_timeout", "1");
        let config = config.set("max_message_size", "1000000");
        let running = bench.program(&config, &images(1)).start();
        let mut peak = 0;
        let sent = loop {
            let (sent, all) = told.recv_timeout(LONG).unwrap();
            peak = peak.max(peak_memory(running.id()).unwrap());
            if all {
                break sent;
            }
        };
        signal("TERM", running.id());
        running.wait().expect(143);
        assert!(peak > 0 && peak < MEMORY, "one delivery: {one_delivery}: {peak} KiB");
        // A single one is discarded while it arrives; one that begins in the middle of another ends the connection.
        assert_eq!(sent == 20_000, one_delivery, "{sent} frames");
    }
}

/// The program in this much address space, in KiB.
fn confined(program: &Program, limit: u64) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", &format!("ulimit -v {limit}; exec \"$0\" \"$@\"")]);
    command.arg(program.command.get_program()).args(program.command.get_args());
    command
}

/// At most three bytes for each byte to sign, and what the program needs anyway.
fn a_large_blob_is_signed_in_little_memory(protocol: Protocol) {
    const SIZE: usize = 32 << 20;
    let bench = protocol.bench();
    let blob = bench.file("blob", vec![b'x'; SIZE]);
    let arguments =
        format!("blob-sign --signing-key ABCD1234 --task-id 7 --blob-file {}", blob.display());
    let config = bench.config().set("log_level", "error").set("timeout", "60");
    for raw in ["", " --raw"] {
        let program = bench.program(&config, &(arguments.clone() + raw));
        let output = confined(&program, 128 * 1024).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{stderr}");
    }

    // Everything for the document is in memory while the program waits to write it.
    let mut program = bench.program(&config, &arguments);
    let mut child = program.command.stderr(Stdio::null()).spawn().unwrap();
    let (mut stdout, mut chunk, mut peak) = (child.stdout.take().unwrap(), vec![0; 1 << 16], 0);
    while stdout.read(&mut chunk).unwrap() > 0 {
        peak = peak.max(peak_memory(child.id()).unwrap_or(0));
    }
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let most = 3 * SIZE as u64 / 1024;
    assert!(peak > 0 && peak <= most, "{peak} KiB, at most {most}");
}
