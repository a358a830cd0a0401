//! Signals: the first ends any wait, and a later second one the process.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    process::Stdio,
    sync::{Mutex, mpsc},
    time::{Duration, Instant},
};

use amqp_frames::HEADER;
use amqp_sandbox::{ReplyAct, When};

use crate::{
    harness::{Bench, LONG, Protocol, images, rule, signal, signals, took_between},
    peer::{self, Either, Peer, mqtt},
    three::operations,
};

over_both!(
    after_a_signal_the_wait_ends_and_everything_received_is_printed,
    signals_that_come_together_lose_nothing,
    what_came_while_the_process_was_stopped_is_printed,
    a_signal_ends_connecting,
    a_signal_ends_each_phase_at_once,
);

fn after_a_signal_the_wait_ends_and_everything_received_is_printed(protocol: Protocol) {
    for (name, status) in [("HUP", 129), ("INT", 130), ("ALRM", 142), ("TERM", 143), ("XCPU", 152)]
    {
        std::thread::scope(|scope| {
            for operation in operations() {
                scope.spawn(move || {
                    let bench =
                        protocol.misbehaving(vec![rule(When::Request(2), ReplyAct::NoReply)]);
                    let program = operation.program(&bench, &bench.config());
                    let running = program.with_usual_signals().start();
                    bench.sandbox.wait_for(LONG, |record| record.accepted().count() == 2).unwrap();
                    signal(name, running.id());
                    let ended = running.wait().expect(status);
                    took_between(&ended, 0.0, 8.0);
                    ended.says("interrupted");
                    assert_eq!(
                        operation.signed(&bench, &ended),
                        [true, false, true],
                        "{operation:?}"
                    );
                });
            }
        });
    }
}

/// nohup(1) ignores SIGHUP for its command, and a shell without job control SIGINT for what runs in the background.
#[test]
fn a_signal_that_the_caller_ignores_stays_ignored() {
    let bench = Bench::misbehaving(vec![rule(When::Any, ReplyAct::NoReply)]);
    for (ignored, then, status) in
        [("HUP", "TERM", 143), ("INT", "TERM", 143), ("TERM", "HUP", 129)]
    {
        let before = bench.record().requests.len();
        let trap = format!(r#"trap "" {ignored}; exec "$0" "$@""#);
        let program = bench.program(&bench.config().patience(60, 1, 1), &images(1));
        let mut program = program.within("sh", &["-c", &trap]).with_usual_signals();
        let running = program.start();
        bench.sandbox.wait_for(LONG, |record| record.requests.len() > before).unwrap();
        signals(&[ignored, then], running.id());
        running.wait().expect(status);
    }
}

/// A service manager sends several, a wrapper forwards one that the whole group gets, and so does a terminal that closes.
fn signals_that_come_together_lose_nothing(protocol: Protocol) {
    const RUNS: usize = 12;
    std::thread::scope(|scope| {
        for (names, statuses) in [
            (&["TERM", "CONT", "HUP"][..], &[143, 129][..]),
            (&["INT", "INT"], &[130]),
            (&["HUP", "HUP", "TERM"], &[129, 143]),
            (&["TERM", "TERM", "TERM", "TERM", "INT"], &[143, 130]),
        ] {
            scope.spawn(move || {
                let bench = protocol.misbehaving(vec![rule(When::EveryNth(2), ReplyAct::NoReply)]);
                for run in 1..=RUNS {
                    let program = bench.program(&bench.config(), &images(2));
                    let running = program.with_usual_signals().start();
                    bench
                        .sandbox
                        .wait_for(LONG, |record| {
                            // The broker counts the requests of all runs.
                            record.accepted().count() == run && record.requests.len() == 2 * run
                        })
                        .unwrap();
                    signals(names, running.id());
                    let ended = running.wait();
                    assert!(statuses.contains(&ended.status), "{}", ended.status);
                    let signed: Vec<_> =
                        ended.messages().iter().map(|message| !message.is_null()).collect();
                    assert_eq!(signed, [true, false], "{names:?}:\n{}", ended.stderr);
                }
            });
        }
    });
}

/// A process that was stopped finds replies that came meanwhile, and reads them before the signal ends it.
fn what_came_while_the_process_was_stopped_is_printed(protocol: Protocol) {
    let ((tell, told), (go, goes)) = (mpsc::channel(), mpsc::channel::<()>());
    let goes = Mutex::new(goes);
    let (port, _) = peer::listen(move |stream| {
        // What is written has arrived then, and does not wait for an acknowledgement.
        stream.set_nodelay(true).unwrap();
        let mut peer = Either::ready(protocol, stream).unwrap();
        let asked = [(); 3].map(|()| peer.request().unwrap());
        let accepted: Vec<_> = asked.iter().flat_map(|asked| peer.accepted(asked)).collect();
        peer.answer(&accepted).unwrap();
        tell.send(()).unwrap();
        goes.lock().unwrap().recv().unwrap();
        peer.answer(&[peer.reply(0, &asked[0]), peer.reply(1, &asked[1])].concat()).unwrap();
        tell.send(()).unwrap();
        peer.swallow();
    });
    let bench = protocol.bench();
    let config = peer::alone(&bench, port);
    let running = bench.program(&config, &images(3)).with_usual_signals().start();
    told.recv_timeout(LONG).unwrap();
    signal("STOP", running.id());
    go.send(()).unwrap();
    told.recv_timeout(LONG).unwrap();
    signals(&["TERM", "CONT"], running.id());
    let ended = running.wait().expect(143);
    let signed: Vec<_> = ended.messages().iter().map(|message| !message.is_null()).collect();
    assert_eq!(signed, [true, true, false], "{}", ended.stderr);
}

/// The signal comes in the TLS handshake with a silent broker, and in the pause between two attempts.
fn a_signal_ends_connecting(protocol: Protocol) {
    let bench = protocol.bench();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let url = format!("[\"{}s://localhost:{port}\"]", protocol.scheme());
    let config = bench.config().set("messaging_brokers", &url);
    let running = bench.program(&config, &images(1)).start();
    let silent = listener.accept().unwrap();
    signal("TERM", running.id());
    let ended = running.wait().expect(143);
    took_between(&ended, 0.0, 4.0);
    assert_eq!(ended.messages().len(), 1);

    drop(silent);
    let config = config.set("timeout", "20");
    let running = bench.program(&config, &images(1)).with_usual_signals().start();
    for _ in 0..4 {
        drop(listener.accept().unwrap());
    }
    signal("INT", running.id());
    took_between(&running.wait().expect(130), 0.0, 4.0);
}

/// The reader is slow, but reads on: only the second signal, some time later, shows that it is to end now.
#[test]
fn a_later_second_signal_ends_the_process() {
    let bench = Bench::misbehaving(vec![rule(When::Request(1000), ReplyAct::NoReply)]);
    let config = bench.config().set("log_level", "error");
    let mut program = bench.program(&config, &images(1000)).with_usual_signals();
    let mut child = program.command.stderr(Stdio::null()).spawn().unwrap();
    bench.sandbox.wait_for(LONG, |record| record.accepted().count() == 999).unwrap();
    signal("INT", child.id());
    let mut stdout = child.stdout.take().unwrap();
    let (mut part, mut document) = ([0; 4096], Vec::new());
    let (_keep, pause) = mpsc::channel::<()>();
    // Once it prints, it has handled the signal.
    stdout.read_exact(&mut part).unwrap();
    document.extend(part);
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_millis(2100) {
        let _ = pause.recv_timeout(Duration::from_millis(250));
        stdout.read_exact(&mut part).unwrap();
        document.extend(part);
    }
    assert!(
        child.try_wait().unwrap().is_none(),
        "the document fits into the pipe, so this test shows nothing"
    );
    signal("TERM", child.id());
    assert_eq!(child.wait().unwrap().code(), Some(143));
    stdout.read_to_end(&mut document).unwrap();
    assert!(document.starts_with(b"{") && !document.ends_with(b"\n"), "{}", document.len());
}

/// Brings a client into a phase, reports that it is there, and does nothing more.
type Script = fn(Protocol, TcpStream, &dyn Fn());

/// The phases of a run, each with its script.
fn phases(protocol: Protocol) -> Vec<(&'static str, Script)> {
    let unopened: Script = |_, mut stream, there| {
        stream.read_exact(&mut [0; 8]).unwrap();
        there();
        peer::swallow(stream);
    };
    let opened: Script = |_, mut stream, there| {
        stream.read_exact(&mut [0; 8]).unwrap();
        stream.write_all(&[&HEADER[..], &peer::open()].concat()).unwrap();
        let _ = stream.read(&mut [0; 1]);
        there();
        peer::swallow(stream);
    };
    let without_credit: Script = |_, stream, there| {
        let peer = Peer::attached(stream).unwrap();
        there();
        peer::swallow(peer.stream);
    };
    let unsubscribed: Script = |_, stream, there| {
        let mut peer = mqtt::Peer::connected(stream).unwrap();
        peer.subscribe().unwrap();
        there();
        peer::swallow(peer.stream);
    };
    // The second request has to wait for the acknowledgement of the first (Receive Maximum).
    let one_by_one: Script = |_, stream, there| {
        let mut peer = mqtt::Peer::subscribed_with(stream, &[0x21, 0, 1]).unwrap();
        peer.request().unwrap();
        there();
        peer::swallow(peer.stream);
    };
    let unanswered: Script = |protocol, stream, there| {
        let mut peer = Either::ready(protocol, stream).unwrap();
        peer.request().unwrap();
        there();
        peer.swallow();
    };
    // Both are answered by then, and the client waits for the broker's Close, or for the end of the stream.
    let unclosed: Script = |protocol, stream, there| {
        let mut peer = Either::ready(protocol, stream).unwrap();
        for number in 0..2 {
            let asked = peer.request().unwrap();
            peer.answer(&[peer.accepted(&asked), peer.reply(number, &asked)].concat()).unwrap();
        }
        peer.await_close().unwrap();
        there();
        peer.swallow();
    };
    let first = match protocol {
        Protocol::Amqp => vec![("sasl", unopened), ("attach", opened), ("send", without_credit)],
        Protocol::Mqtt => vec![("attach", unsubscribed), ("send", one_by_one)],
    };
    [&first[..], &[("open", unopened), ("reply", unanswered), ("close", unclosed)]].concat()
}

/// The run waits for the broker in each phase; the broker reports that it is there, and does nothing more.
fn a_signal_ends_each_phase_at_once(protocol: Protocol) {
    for (phase, script) in phases(protocol) {
        for (name, status) in [("INT", 130), ("TERM", 143)] {
            let (tell, told) = mpsc::channel();
            let (port, _) =
                peer::listen(move |stream| script(protocol, stream, &|| tell.send(()).unwrap()));
            let bench = protocol.bench();
            let mut config = peer::alone(&bench, port)
                .patience(60, 1, 1)
                .set("connect_timeout", "60")
                .set("close_timeout", "60");
            if protocol == Protocol::Amqp {
                let mechanism = if phase == "sasl" { "anonymous" } else { "none" };
                config = config.set("sasl", mechanism);
            }
            let running = bench.program(&config, &images(2)).with_usual_signals().start();
            told.recv_timeout(LONG).unwrap();
            signal(name, running.id());
            let ended = running.wait();
            took_between(&ended, 0.0, 20.0);
            if phase == "close" {
                // Every result is there: nothing was interrupted that is still needed.
                assert_eq!(ended.status, 0, "{phase}:\n{}", ended.stderr);
            } else {
                assert_eq!(ended.status, status, "{phase}:\n{}", ended.stderr);
                ended.says("interrupted");
            }
            assert_eq!(ended.messages().len(), 2, "{phase}");
        }
    }
}
