//! Signals: the first ends any wait, the second ends the process.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
};

use amqp_frames::{HEADER, accepted, close};
use amqp_sandbox::{ReplyAct, When};

use crate::{
    harness::{Bench, Config, LONG, Program, images, rule, signal, took_between},
    peer::{self, Peer},
    three::operations,
};

fn to(config: Config, url: &str) -> Config {
    config.set("messaging_brokers", &format!("[\"{url}\"]"))
}

#[test]
fn after_a_signal_the_wait_ends_and_everything_received_is_printed() {
    for (name, status) in [("HUP", 129), ("INT", 130), ("TERM", 143)] {
        std::thread::scope(|scope| {
            for operation in operations() {
                scope.spawn(move || {
                    let bench = Bench::misbehaving(vec![rule(When::Request(2), ReplyAct::NoReply)]);
                    let inner = operation.program(&bench, &bench.config()).command;
                    // The tests may run under nohup, which the program would respect.
                    let mut program = Program::new("env".as_ref());
                    program
                        .args(["--default-signal=HUP"])
                        .args([inner.get_program()])
                        .args(inner.get_args());
                    let running = program.start();
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
    let running = bench.program(&to(bench.config(), &url).set("timeout", "20"), &images(1)).start();
    for _ in 0..4 {
        drop(listener.accept().unwrap());
    }
    signal("INT", running.id());
    took_between(&running.wait().expect(130), 0.0, 4.0);
}

/// After the first the process prints into a pipe that is not read; the second ends it.
#[test]
fn a_second_signal_ends_the_process() {
    let bench = Bench::misbehaving(vec![rule(When::Request(300), ReplyAct::NoReply)]);
    let mut child = bench.program(&bench.config(), &images(300)).command.spawn().unwrap();
    bench.sandbox.wait_for(LONG, |record| record.accepted().count() == 299).unwrap();
    signal("INT", child.id());
    let mut first = [0; 1];
    child.stdout.as_mut().unwrap().read_exact(&mut first).unwrap();
    assert_eq!(first, *b"{");
    assert!(
        child.try_wait().unwrap().is_none(),
        "the document fits into the pipe, so this test shows nothing"
    );
    signal("TERM", child.id());
    // Dropping the pipe would end it, too; wait() drops only its input.
    assert_eq!(child.wait().unwrap().code(), Some(143));
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
            let (tell, told) = std::sync::mpsc::channel();
            let (port, _) = peer::listen(move |stream| script(stream, &|| tell.send(()).unwrap()));
            let bench = Bench::new();
            let config =
                to(bench.config(), &format!("amqp://localhost:{port}")).set("sasl", mechanism);
            let config =
                config.patience(60, 1, 1).set("connect_timeout", "60").set("close_timeout", "60");
            let running = bench.program(&config, &images(2)).start();
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
