//! Brokers that misbehave: nothing that was received is lost, and nothing grows or continues without limit.

use std::{
    io::{Read, Write},
    net::Shutdown,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use amqp_frames::{
    HEADER, Role, SASL_HEADER, Value, accepted, attach, end, modified, open, sasl_mechanisms,
    sasl_outcome, source, target,
};

use crate::{
    harness::{Bench, LONG, Program, Protocol, has_static_core, images, signal, took_between},
    peer::{self, Peer, alone},
};

over_both!(a_handshake_without_an_end_is_given_up);

/// The status of a program that SIGABRT ended.
const ABORTED: i32 = 128 + 6;

/// Counts the connections of a script.
fn counted(
    script: impl Fn(std::net::TcpStream, usize) + Send + 'static,
) -> (u16, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&count);
    let (port, _) =
        peer::listen(move |stream| script(stream, counter.fetch_add(1, Ordering::SeqCst)));
    (port, count)
}

/// They arrive after the end of the sender, in the same bytes.
#[test]
fn replies_that_have_arrived_are_not_lost_with_the_sender() {
    let (port, _) = counted(|stream, number| {
        let Ok(mut peer) = Peer::attached(stream) else { return };
        let _ = peer.grant(9);
        if number == 0 {
            let one = peer::request_id(&peer.transfer().unwrap());
            let two = peer::request_id(&peer.transfer().unwrap());
            let end = peer.detach_sender("amqp:resource-deleted");
            let frames =
                [peer::settled(0, 1, accepted()), end, peer.reply(0, &one), peer.reply(1, &two)];
            peer.answer(&frames.concat()).unwrap();
        }
        peer::swallow(peer.stream);
    });
    let bench = Bench::new();
    let ended = bench.run(&alone(&bench, port).patience(2, 1, 1), &images(2)).expect(0);
    assert_eq!(ended.messages().len(), 2);
}

/// Qpid Broker-J refuses an address by ending the sender, and never settles the requests on their way.
#[test]
fn a_refusal_is_not_lost_with_the_connection_and_waits_for_nothing() {
    for and_then in [Vec::new(), end(Value::Null).encode()] {
        let (port, connections) = counted(move |stream, _| {
            let Ok(mut peer) = Peer::attached(stream) else { return };
            let _ = peer.grant(9);
            for _ in 0..2 {
                peer.transfer().unwrap();
            }
            let _ = peer.answer(&[peer.detach_sender("amqp:not-found"), and_then.clone()].concat());
            peer::swallow(peer.stream);
        });
        let bench = Bench::new();
        let ended = bench.run(&alone(&bench, port).patience(20, 2, 2), &images(2)).expect(77);
        ended
            .says("refused: amqp:not-found")
            .says(": refused; running again can help once that is fixed");
        took_between(&ended, 0.0, 10.0);
        assert_eq!(connections.load(Ordering::SeqCst), 1);
    }
}

/// The first sending is never settled; its late outcome, before or after that of the second, must not close the second.
#[test]
fn an_outcome_of_an_earlier_sending_closes_nothing() {
    let late = [peer::settled(0, 0, modified(false, true)), peer::rejected("amqp:not-allowed")];
    for (late, first) in late.iter().flat_map(|late| [(late.clone(), false), (late.clone(), true)])
    {
        let (port, _) = counted(move |stream, _| {
            let mut peer = Peer::attached(stream).unwrap();
            peer.grant(9).unwrap();
            peer.transfer().unwrap();
            let id = peer::request_id(&peer.transfer().unwrap());
            let accepted = peer::settled(1, 1, accepted());
            let outcomes = if first { [late.clone(), accepted] } else { [accepted, late.clone()] };
            peer.answer(&[outcomes.concat(), peer.reply(0, &id)].concat()).unwrap();
            peer::swallow(peer.stream);
        });
        let bench = Bench::new();
        let ended = bench.run(&alone(&bench, port).patience(1, 1, 2), &images(1)).expect(0);
        assert!(!ended.reported().contains("refused"), "{}", ended.stderr);
    }
}

#[test]
fn a_broker_that_settles_without_an_outcome_and_hangs_up_makes_no_endless_run() {
    let (port, count) = counted(|stream, _| {
        let Ok(mut peer) = Peer::attached(stream) else { return };
        let _ = peer.grant(1);
        let _ = peer.transfer();
        let _ = peer.answer(&peer::settled(0, 0, Value::Null));
        // The written bytes arrive, and then the end of the stream.
        let _ = peer.stream.shutdown(Shutdown::Write);
        peer::swallow(peer.stream);
    });
    let bench = Bench::new();
    // The deadline only ends the test if the run does not end by itself.
    let ended = bench
        .run(&alone(&bench, port).patience(1, 1, 1).set("deadline", "20"), &images(2))
        .expect(75);
    took_between(&ended, 1.0, 5.0);
    let connections = count.load(Ordering::SeqCst);
    assert!((2..30).contains(&connections), "{connections} connections");
}

/// The broker asks for SASL, and hangs up when it gets it: that may be temporary, and is not a refusal.
#[test]
fn a_failed_attempt_with_sasl_is_tried_again() {
    let (port, count) = counted(|mut stream, _| {
        let _ = stream.read_exact(&mut [0; 8]);
        let _ = stream.write_all(&SASL_HEADER);
    });
    let bench = Bench::new();
    let ended = bench.run(&alone(&bench, port).patience(1, 1, 1), &images(1)).expect(69);
    took_between(&ended, 1.0, 3.0);
    assert!(count.load(Ordering::SeqCst) > 2);
}

#[test]
fn a_link_of_the_brokers_own_ends_the_connection() {
    let (port, count) = counted(|stream, number| {
        let Ok(mut peer) = Peer::attached(stream) else { return };
        let _ = peer.grant(9);
        let id = peer::request_id(&peer.transfer().unwrap());
        if number == 0 {
            let attach = attach("xx", 7, Role::Sender, source("x"), target("x"));
            peer.answer(&attach.encode()).unwrap();
        } else {
            peer.answer(&[peer::settled(0, 0, accepted()), peer.reply(0, &id)].concat()).unwrap();
        }
        peer::swallow(peer.stream);
    });
    let bench = Bench::new();
    let ended = bench.run(&alone(&bench, port).patience(3, 1, 1), &images(1)).expect(0);
    ended.says("a link of its own");
    assert_eq!(count.load(Ordering::SeqCst), 2);
}

#[test]
fn the_largest_credit_can_be_used() {
    let (port, _) = counted(|stream, _| {
        let mut peer = Peer::attached(stream).unwrap();
        peer.grant(u32::MAX).unwrap();
        let id = peer::request_id(&peer.transfer().unwrap());
        peer.answer(&[peer::settled(0, 0, accepted()), peer.reply(0, &id)].concat()).unwrap();
        peer::swallow(peer.stream);
    });
    let bench = Bench::new();
    bench.run(&alone(&bench, port).patience(2, 1, 1), &images(1)).expect(0);
}

#[test]
fn heartbeats_are_limited_however_often_the_broker_asks_for_them() {
    let (tell, told) = std::sync::mpsc::channel();
    let (port, _) = counted(move |stream, _| {
        let Ok(mut peer) = Peer::attached_with_idle_timeout(stream, 1) else { return };
        let mut bytes = 0;
        let mut chunk = [0; 4096];
        while let Ok(count @ 1..) = peer.stream.read(&mut chunk) {
            bytes += count;
        }
        let _ = tell.send(bytes);
    });
    let bench = Bench::new();
    bench.run(&alone(&bench, port).patience(1, 1, 1), &images(1)).expect(75);
    let bytes = told.recv_timeout(LONG).unwrap();
    // Eight bytes a frame: some hundreds in a second or two, not a hundred thousand.
    assert!((80..16_000).contains(&bytes), "{bytes} bytes");
}

/// The engine keeps some memory for every SASL frame.
#[test]
fn sasl_without_an_end_is_given_up() {
    let (port, count) = counted(|mut stream, _| {
        let _ = stream.read_exact(&mut [0; 8]);
        let _ = stream.write_all(&SASL_HEADER);
        let many = sasl_mechanisms(&["ANONYMOUS"]).encode().repeat(1000);
        while stream.write_all(&many).is_ok() {}
    });
    let bench = Bench::new();
    let config = alone(&bench, port)
        .patience(1, 1, 1)
        .set("sasl", "anonymous")
        .set("connect_timeout", "600");
    let ended = bench.run(&config, &images(1)).expect(69);
    // Some builds of Proton end such a connection by themselves.
    ended.says_one_of(&["more than 128 KiB without an Open", "the broker hung up before its Open"]);
    took_between(&ended, 1.0, 5.0);
    assert!(count.load(Ordering::SeqCst) > 1);
}

/// The bundled core of Proton accepts it; a host's core may have been built with assertions and abort, as SECURITY.md says.
#[test]
fn a_transfer_without_a_delivery_id_is_accepted_by_the_static_core() {
    for in_two in [false, true] {
        let (port, _) = counted(move |stream, _| {
            let Ok(mut peer) = Peer::attached(stream) else { return };
            let _ = peer.grant(9);
            let id = peer::request_id(&peer.transfer().unwrap());
            let reply = peer.reply_without_delivery_id(&id, in_two);
            let _ = peer.answer(&[peer::settled(0, 0, accepted()), reply].concat());
            peer::swallow(peer.stream);
        });
        let bench = Bench::new();
        let ended = bench.run(&alone(&bench, port).patience(2, 1, 1), &images(1));
        if in_two && !has_static_core() && ended.status == ABORTED {
            ended.says("id_present");
        } else {
            assert_eq!(ended.expect(0).messages()[0]["signed_claim"], "c2ln");
        }
    }
}

/// Nested values, as deep as a frame can hold them, on a stack that is smaller than recursion would need.
#[test]
fn values_as_deep_as_a_frame_need_no_large_stack() {
    let (port, _) = counted(|mut stream, _| {
        // Lists of one item: the engine does not check the sizes of the inner ones.
        let within = [&b"\xc0\x01\x01".repeat(21_000)[..], &[0x40]].concat();
        let open = open("p").with(open::PROPERTIES, Value::List(vec![Value::Raw(within)]));
        if stream.read_exact(&mut [0; 8]).is_ok() {
            let _ = stream.write_all(&[&HEADER[..], &open.encode()].concat());
            peer::swallow(stream);
        }
    });
    let bench = Bench::new();
    let config = alone(&bench, port).patience(1, 1, 1).set("connect_timeout", "1");
    let inner = bench.program(&config, &images(1)).command;
    let mut program = Program::new("sh".as_ref());
    program
        .args(["-c", "ulimit -s 1024; exec \"$0\" \"$@\""])
        .args([inner.get_program()])
        .args(inner.get_args());
    program.run().expect(69).says("attach: no answer within 1 s");
}

/// The login comes after the first login and the Open, again and again.
#[test]
fn a_login_after_the_open_ends_the_connection() {
    let (port, count) = counted(|mut stream, _| {
        let mechanisms = sasl_mechanisms(&["ANONYMOUS"]).encode();
        let mut begin = || {
            stream.read_exact(&mut [0; 8])?;
            stream.write_all(&[&SASL_HEADER[..], &mechanisms].concat())?;
            let _ = stream.read(&mut [0; 512])?;
            stream.write_all(&sasl_outcome(0).encode())?;
            stream.read_exact(&mut [0; 8])?;
            stream.write_all(&[&HEADER[..], &peer::open()].concat())
        };
        if begin().is_ok() {
            // The client continues once it has the Open.
            let _ = stream.read(&mut [0; 512]);
            while stream.write_all(&mechanisms.repeat(100)).is_ok() {}
        }
    });
    let bench = Bench::new();
    let ended = bench
        .run(&alone(&bench, port).patience(1, 1, 1).set("sasl", "anonymous"), &images(1))
        .expect(69);
    // Some builds of Proton read no SASL frames after the Open.
    ended.says_one_of(&[
        "the broker began another login",
        "the broker sent something that is not an AMQP frame",
    ]);
    took_between(&ended, 1.0, 5.0);
    assert!(count.load(Ordering::SeqCst) > 1);
}

/// A broker whose directory of users is down answers with another code than one that refuses the login (AMQP 1.0
/// part 5.3.3.6).
#[test]
fn a_login_that_fails_for_now_is_tried_again() {
    for (code, status) in [(1, 77), (2, 69), (3, 77), (4, 69)] {
        let (port, count) = counted(move |mut stream, _| {
            let mechanisms = sasl_mechanisms(&["ANONYMOUS"]).encode();
            if stream.read_exact(&mut [0; 8]).is_ok() {
                let _ = stream.write_all(&[&SASL_HEADER[..], &mechanisms].concat());
                let _ = stream.read(&mut [0; 512]);
                let _ = stream.write_all(&sasl_outcome(code).encode());
                peer::swallow(stream);
            }
        });
        let bench = Bench::new();
        let config = alone(&bench, port).patience(1, 1, 1).set("sasl", "anonymous");
        let ended = bench.run(&config, &images(1)).expect(status);
        let words = if status == 77 {
            "login refused: the broker does not accept this ANONYMOUS login"
        } else {
            "login ended by the broker: the broker cannot check the ANONYMOUS login at the moment"
        };
        ended.says(words);
        assert_eq!(count.load(Ordering::SeqCst) > 1, status == 69, "code {code}");
    }
}

/// An Open should precede it, but it has the broker's reason.
#[test]
fn the_reason_of_a_close_without_an_open_is_reported() {
    for (condition, status) in [("amqp:unauthorized-access", 77), ("amqp:connection:forced", 69)] {
        let (port, _) = counted(move |mut stream, _| {
            if stream.read_exact(&mut [0; 8]).is_ok() {
                let _ = stream
                    .write_all(&[&HEADER[..], &peer::close(condition, "not like this")].concat());
                peer::swallow(stream);
            }
        });
        let bench = Bench::new();
        let ended = bench
            .run(&alone(&bench, port).patience(1, 1, 1).set("sasl", "none"), &images(1))
            .expect(status);
        ended.says(&format!("{condition}: not like this"));
    }
}

/// Requests for another handshake, which TLS ignores during a handshake (RFC 5246, 7.4.1.1), again and again: there is
/// always something to read.
fn a_handshake_without_an_end_is_given_up(protocol: Protocol) {
    let (tell, told) = std::sync::mpsc::channel();
    let (port, _) = counted(move |mut stream, _| {
        let _ = stream.read(&mut [0; 4096]);
        let mut record = vec![0x16, 3, 3, 0x40, 0];
        record.resize(5 + 0x4000, 0);
        let many = record.repeat(64);
        let _ = stream.write_all(&many);
        let _ = tell.send(());
        while stream.write_all(&many).is_ok() {}
    });
    let bench = protocol.bench();
    let url = format!("[\"{}s://localhost:{port}\"]", protocol.scheme());
    let config =
        bench.config().set("messaging_brokers", &url).patience(1, 1, 1).set("connect_timeout", "1");
    let ended = bench.run(&config, &images(1)).expect(69);
    ended.says("tls: no answer within 1 s");
    took_between(&ended, 1.0, 4.0);
    told.recv_timeout(LONG).unwrap();
    let running = bench.program(&config.set("connect_timeout", "60"), &images(1)).start();
    told.recv_timeout(LONG).unwrap();
    signal("TERM", running.id());
    took_between(&running.wait().expect(143), 0.0, 5.0);
}

/// Proton would write its own words to standard error.
#[test]
fn every_line_of_standard_error_is_the_program_s() {
    let (port, _) = peer::listen(|stream| {
        // AMQP 1.0 part 2.7.1 asks for at least 512.
        let Ok(mut peer) = Peer::attached_with_max_frame_size(stream, 100) else { return };
        let _ = peer.grant(9);
        let _ = peer.transfer();
        let _ = peer.answer(&peer::close("amqp:connection:forced", "enough"));
        peer.hang_up_after_close();
    });
    let bench = Bench::new();
    let ended = bench.run(&alone(&bench, port).patience(1, 1, 1), &images(1)).expect(75);
    ended.logs("Proton: Peer advertised bad max-frame (100)");
    for line in ended.stderr.lines() {
        let is_ours = line.starts_with("20") || line.starts_with("amqp-messenger: ");
        assert!(is_ours, "{line}");
    }
}
