//! Signals: the first ends any wait, and a later second one the process.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    process::Stdio,
    sync::{Mutex, mpsc},
    time::{Duration, Instant},
};

use amqp_frames::{HEADER, accepted, close};
use amqp_sandbox::{ReplyAct, When};

use crate::{
    harness::{Bench, Config, LONG, Protocol, images, rule, signal, signals, took_between},
    peer::{self, Peer},
    three::operations,
};

over_both!(
    after_a_signal_the_wait_ends_and_everything_received_is_printed,
    signals_that_come_together_lose_nothing,
);

fn to(config: Config, url: &str) -> Config {
    config.set("messaging_brokers", &format!("[\"{url}\"]"))
}

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
#[test]
fn what_came_while_the_process_was_stopped_is_printed() {
    let ((tell, told), (go, goes)) = (mpsc::channel(), mpsc::channel::<()>());
    let goes = Mutex::new(goes);
    let (port, _) = peer::listen(move |stream| {
        // What is written has arrived then, and does not wait for an acknowledgement.
        stream.set_nodelay(true).unwrap();
        let mut peer = Peer::attached(stream).unwrap();
        peer.grant(9).unwrap();
        let ids = [(); 3].map(|()| peer::request_id(&peer.transfer().unwrap()));
        let settled = (0..3).flat_map(|number| peer::settled(number, number, accepted()));
        peer.answer(&settled.collect::<Vec<_>>()).unwrap();
        tell.send(()).unwrap();
        goes.lock().unwrap().recv().unwrap();
        peer.answer(&[peer.reply(0, &ids[0]), peer.reply(1, &ids[1])].concat()).unwrap();
        tell.send(()).unwrap();
        peer::swallow(peer.stream);
    });
    let bench = Bench::new();
    let config = to(bench.config(), &format!("amqp://localhost:{port}")).set("sasl", "none");
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
#[test]
fn a_signal_ends_connecting() {
    let bench = Bench::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("amqps://localhost:{}", listener.local_addr().unwrap().port());
    let running = bench.program(&to(bench.config(), &url), &images(1)).start();
    let silent = listener.accept().unwrap();
    signal("TERM", running.id());
    let ended = running.wait().expect(143);
    took_between(&ended, 0.0, 4.0);
    assert_eq!(ended.messages().len(), 1);

    drop(silent);
    let config = to(bench.config(), &url).set("timeout", "20");
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

/// The run waits for the broker in each phase; the broker reports that it is there, and does nothing more.
#[test]
fn a_signal_ends_each_phase_at_once() {
    type Script = fn(TcpStream, &dyn Fn());
    let sasl: Script = |mut stream, there| {
        stream.read_exact(&mut [0; 8]).unwrap();
        there();
        peer::swallow(stream);
    };
    let attach: Script = |mut stream, there| {
        stream.read_exact(&mut [0; 8]).unwrap();
        stream.write_all(&[&HEADER[..], &peer::open()].concat()).unwrap();
        let _ = stream.read(&mut [0; 1]);
        there();
        peer::swallow(stream);
    };
    let send: Script = |stream, there| {
        let peer = Peer::attached(stream).unwrap();
        there();
        peer::swallow(peer.stream);
    };
    let reply: Script = |stream, there| {
        let mut peer = Peer::attached(stream).unwrap();
        peer.grant(9).unwrap();
        peer.transfer().unwrap();
        there();
        peer::swallow(peer.stream);
    };
    // Both are answered by then, and the client waits for the broker's Close.
    let close: Script = |stream, there| {
        let mut peer = Peer::attached(stream).unwrap();
        peer.grant(9).unwrap();
        for number in 0..2 {
            let id = peer::request_id(&peer.transfer().unwrap());
            peer.answer(
                &[peer::settled(number, number, accepted()), peer.reply(number, &id)].concat(),
            )
            .unwrap();
        }
        peer.await_frame(close::CODE).unwrap();
        there();
        peer::swallow(peer.stream);
    };
    for (phase, script, mechanism) in [
        ("sasl", sasl, "anonymous"),
        ("open", sasl, "none"),
        ("attach", attach, "none"),
        ("send", send, "none"),
        ("reply", reply, "none"),
        ("close", close, "none"),
    ] {
        for (name, status) in [("INT", 130), ("TERM", 143)] {
            let (tell, told) = mpsc::channel();
            let (port, _) = peer::listen(move |stream| script(stream, &|| tell.send(()).unwrap()));
            let bench = Bench::new();
            let config =
                to(bench.config(), &format!("amqp://localhost:{port}")).set("sasl", mechanism);
            let config =
                config.patience(60, 1, 1).set("connect_timeout", "60").set("close_timeout", "60");
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
