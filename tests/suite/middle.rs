//! Connections that end in the middle, and runs that are ended.

use std::{collections::HashMap, io::Read, net::TcpStream, time::Duration};

use amqp_frames::{Frame, accepted, disposition};
use amqp_sandbox::{ReplyAct, RequestAct, When};

use crate::{
    harness::{Bench, Config, Ended, LONG, Protocol, images, rule, shown, signal, took_between},
    peer::{self, Either, Peer, mqtt},
};

over_both!(
    a_cut_after_some_replies_loses_nothing,
    a_cut_while_sending_loses_nothing,
    cuts_again_and_again_lose_nothing,
    the_next_broker_gets_only_requests_without_an_outcome,
    garbage_ends_the_connection_and_nothing_else,
    a_hang_up_in_the_middle_is_reported_as_one,
    a_half_open_connection_is_noticed_by_the_idle_timeout,
    a_peer_that_stops_reading_is_noticed_in_the_middle_of_a_request,
);

fn to(config: Config, urls: &[&str]) -> Config {
    let urls: Vec<_> = urls.iter().map(|url| format!("\"{url}\"")).collect();
    config.set("messaging_brokers", &format!("[{}]", urls.join(", ")))
}

/// How often each reference was requested.
fn times_asked(bench: &Bench) -> HashMap<String, usize> {
    let mut times = HashMap::new();
    for request in bench.record().requests {
        *times.entry(request.request_id.unwrap()).or_default() += 1;
    }
    times
}

// ---- the connection ends ----

/// Answered requests are not sent again; accepted ones are answered on the new connection.
fn a_cut_after_some_replies_loses_nothing(protocol: Protocol) {
    let late = |number| rule(When::Request(number), ReplyAct::Delay(Duration::from_millis(500)));
    let bench = protocol.misbehaving(vec![late(3), late(4)]);
    let running = bench.program(&bench.config(), &images(4)).start();
    let record = bench
        .sandbox
        .wait_for(LONG, |record| record.accepted().count() == 2 && record.requests.len() == 4)
        .unwrap();
    let answered: Vec<_> =
        record.accepted().filter_map(|delivery| delivery.request_id.clone()).collect();
    bench.sandbox.cut_connections();
    let ended = running.wait().expect(0);
    took_between(&ended, 0.0, 5.0);
    ended.says("connecting again");
    assert_eq!(ended.messages().len(), 4);
    assert_eq!(bench.record().connections.len(), 2);
    let times = times_asked(&bench);
    assert!(answered.iter().all(|id| times[id] == 1), "{times:?}");
}

/// The broker goes into maintenance with two replies accepted and the third request on its way: only that one goes to the
/// next broker. Other brokers that it names, in its Open or with its Close, are ignored.
#[test]
fn a_close_for_maintenance_loses_nothing_and_follows_no_redirection() {
    let bench = Bench::new();
    let elsewhere = Bench::new();
    let elsewhere_port = elsewhere.sandbox.amqp_url().rsplit(':').next().unwrap().parse().unwrap();
    for condition in ["amqp:connection:forced", "amqp:connection:redirect"] {
        let (port, _) = peer::listen(move |stream: TcpStream| {
            let Ok(mut peer) = Peer::attached_with_others(stream, elsewhere_port) else { return };
            peer.grant(3).unwrap();
            let ids: Vec<_> = (0..3).map(|_| peer::request_id(&peer.transfer().unwrap())).collect();
            let replies = [peer.reply(0, &ids[0]), peer.reply(1, &ids[1])].concat();
            peer.answer(&[peer::settled(0, 1, accepted()), replies].concat()).unwrap();
            // The client accepts both, in one frame or two.
            let first = peer.await_frame(disposition::CODE).unwrap();
            let last =
                [disposition::FIRST, disposition::LAST].map(|field| first.field(field).as_u32());
            if !last.contains(&Some(1)) {
                peer.await_frame(disposition::CODE).unwrap();
            }
            peer.answer(&peer::close_with_redirection(condition, "elsewhere", elsewhere_port))
                .unwrap();
            peer.hang_up_after_close();
        });
        let before = bench.record().requests.len();
        let url = format!("amqp://localhost:{port}");
        let ended = bench
            .run(&to(bench.config(), &[&url, &bench.sandbox.amqps_url()]), &images(3))
            .expect(0);
        took_between(&ended, 0.0, 5.0);
        ended.says_once(&format!(
            "{}: reply: connection ended by the broker: {condition}: elsewhere \
             (hostname: localhost, network-host: localhost, port: {elsewhere_port}); connecting again",
            shown(&url)
        ));
        assert!(ended.messages().iter().all(|message| !message.is_null()));
        assert_eq!(bench.record().requests.len() - before, 1, "{condition}");
    }
    assert_eq!(elsewhere.record().connections.len(), 0);
}

/// Only requests without an outcome, one at a credit of 1, may be sent twice.
fn a_cut_while_sending_loses_nothing(protocol: Protocol) {
    let bench = protocol.bench_with_credit(1);
    let running = bench.program(&bench.config(), &images(300)).start();
    bench.sandbox.wait_for(LONG, |record| record.requests.len() >= 50).unwrap();
    bench.sandbox.cut_connections();
    let ended = running.wait().expect(0);
    let messages = ended.messages();
    for (index, message) in messages.iter().enumerate() {
        assert_eq!(message["manifest_digest"], format!("sha256:{index:064x}"));
    }
    let requests = bench.record().requests.len();
    assert!((300..=302).contains(&requests), "{requests} requests for 300 items");
}

fn cuts_again_and_again_lose_nothing(protocol: Protocol) {
    let bench = protocol.bench_with_credit(10);
    let running = bench.program(&bench.config(), &images(300)).start();
    for cut in 1..=4 {
        bench.sandbox.wait_for(LONG, |record| record.requests.len() >= 60 * cut).unwrap();
        bench.sandbox.cut_connections();
    }
    let ended = running.wait().expect(0);
    assert_eq!(ended.messages().len(), 300);
    assert!(bench.record().connections.len() >= 4);
}

/// The first broker stops with two requests that have no outcome: only these go to the second.
fn the_next_broker_gets_only_requests_without_an_outcome(protocol: Protocol) {
    let first = protocol.misbehaving(vec![
        rule(When::FromRequest(2), RequestAct::NeverSettle),
        rule(When::FromRequest(2), ReplyAct::NoReply),
    ]);
    let second = protocol.bench();
    let config = to(second.config(), &[&first.plain_url(), &second.plain_url()]);
    let running = second.program(&config, &images(3)).start();
    first
        .sandbox
        .wait_for(LONG, |record| record.accepted().count() == 1 && record.requests.len() == 3)
        .unwrap();
    drop(first);
    let ended = running.wait().expect(0);
    took_between(&ended, 0.0, 5.0);
    assert_eq!(ended.messages().len(), 3);
    assert_eq!(second.record().requests.len(), 2);
}

// ---- the peer misbehaves ----

/// A broker that lets the client in and takes a request, does something wrong, and hangs up; the next one works. The loss
/// is reported once, with the broker, the phase and the reason.
#[track_caller]
fn survives(
    protocol: Protocol,
    config: impl Fn(Config) -> Config,
    reason: &str,
    wrong: impl Fn(Either) + Send + 'static,
) -> Ended {
    let (port, _) = peer::listen(move |stream: TcpStream| {
        if let Ok(mut peer) = Either::ready(protocol, stream) {
            let _ = peer.request();
            wrong(peer);
        }
    });
    let bench = protocol.bench();
    let url = peer::url(protocol, port);
    let config = to(config(bench.config()), &[&url, &bench.url()]);
    let ended = bench.run(&config, &images(2)).expect(0);
    assert_eq!(ended.messages().len(), 2);
    ended.says_once(&url).says_once("connecting again");
    // The second request may or may not have been written by then.
    let told = ["send", "reply"]
        .map(|phase| format!("{}: {phase}{reason}; connecting again", shown(&url)));
    assert!(
        told.iter().any(|told| ended.reported().contains(told)),
        "{told:?} is not reported in:\n{}",
        ended.stderr
    );
    ended
}

const MALFORMED: &str = ": amqp:connection:framing-error: malformed frame";
const NO_FRAME: &str = ": the broker sent something that is not an AMQP frame";

fn hang_up(protocol: Protocol) -> &'static str {
    protocol.or(
        " failed: the broker hung up",
        " failed: the broker hung up; the client may have no permission to write to \"VirtualTopic.sandbox.sign\"",
    )
}

/// Bytes that a broker should not send, each with what is reported.
fn garbage(protocol: Protocol) -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let half = |whole: Vec<u8>| whole[..whole.len() / 2].to_vec();
    match protocol {
        Protocol::Amqp => vec![
            ("text", b"HTTP/1.1 500 Oops\r\n\r\n".to_vec(), MALFORMED),
            ("zeros", vec![0; 100], MALFORMED),
            ("a frame of 4 bytes", vec![0, 0, 0, 4, 2, 0, 0, 0], MALFORMED),
            ("a frame of 4 GiB", vec![0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0], MALFORMED),
            ("a frame larger than agreed on", vec![0, 0x20, 0, 0, 2, 0, 0, 0], MALFORMED),
            ("a data offset of 1", vec![0, 0, 0, 8, 1, 0, 0, 0], MALFORMED),
            ("a data offset beyond the frame", vec![0, 0, 0, 8, 200, 0, 0, 0], MALFORMED),
            ("an unknown performative", Frame::new(0x99, vec![]).encode(), NO_FRAME),
            ("a frame without a performative", vec![0, 0, 0, 12, 2, 0, 0, 0, 1, 2, 3, 4], NO_FRAME),
            // Until the stream ends, this may be a frame whose other half is late.
            (
                "half a frame",
                half(peer::close("amqp:internal-error", "bye")),
                hang_up(Protocol::Amqp),
            ),
        ],
        Protocol::Mqtt => vec![
            (
                "a length of five bytes",
                vec![0x30, 0xff, 0xff, 0xff, 0xff, 0x01],
                ": the broker sent a packet without an end",
            ),
            ("a second CONNACK", mqtt::connack(false, &[]), ": the broker sent a second CONNACK"),
            (
                "a message of QoS 2",
                mqtt::packet(0x34, &mqtt::publish_head("t", 1, &[])),
                ": the broker sent a message with QoS 2; at most 1 was asked for",
            ),
            ("half a packet", half(mqtt::disconnect(0x80, "bye")), hang_up(Protocol::Mqtt)),
            ("half a header", vec![0x30, 0x80], hang_up(Protocol::Mqtt)),
            // Packets that are ignored, up to one that has no end.
            ("zeros", vec![0; 101], hang_up(Protocol::Mqtt)),
        ],
    }
}

/// The client gives up the connection because of the bytes, whether the peer hangs up after them or not.
fn garbage_ends_the_connection_and_nothing_else(protocol: Protocol) {
    for (name, bytes, reason) in garbage(protocol) {
        for hang_up_too in [true, false] {
            if !hang_up_too && reason == hang_up(protocol) {
                continue;
            }
            let bytes = bytes.clone();
            let wrong = move |mut peer: Either| {
                let _ = peer.answer(&bytes);
                if !hang_up_too {
                    peer.swallow();
                }
            };
            let ended = survives(protocol, |config| config, reason, wrong);
            assert!(ended.took < Duration::from_secs(5), "{name} took {:?}", ended.took);
        }
    }
}

fn a_hang_up_in_the_middle_is_reported_as_one(protocol: Protocol) {
    survives(protocol, |config| config, hang_up(protocol), drop);
}

/// The peer no longer reads or answers, and its socket stays open.
fn a_half_open_connection_is_noticed_by_the_idle_timeout(protocol: Protocol) {
    let (keep, kept) = std::sync::mpsc::channel();
    let reason = ": the broker has been silent for 2 s (idle_timeout)";
    let ended = survives(
        protocol,
        |config| config.set("idle_timeout", "2"),
        reason,
        move |peer| keep.send(peer).unwrap(),
    );
    took_between(&ended, 2.0, 4.0);
    drop(kept);
}

/// The same while the socket accepts no more bytes: the client notices the silence, a signal and the deadline of the run
/// while it waits and while it sends.
fn a_peer_that_stops_reading_is_noticed_in_the_middle_of_a_request(protocol: Protocol) {
    let (keep, kept) = std::sync::mpsc::channel();
    let (there, is_there) = std::sync::mpsc::channel();
    let (port, _) = peer::listen(move |stream: TcpStream| {
        let mut peer = Either::ready(protocol, stream).unwrap();
        // A part of the first request, which is larger than the buffers of the sockets.
        peer.stream().read_exact(&mut [0; 100]).unwrap();
        let _ = there.send(());
        keep.send(peer).unwrap();
    });
    let bench = protocol.bench();
    let file = bench.file("large", vec![b'x'; 16 << 20]);
    let arguments =
        format!("blob-sign --signing-key ABCD1234 --task-id 7 --blob-file {}", file.display());
    let url = peer::url(protocol, port);
    let config = bench.config().set("close_timeout", "1").set("connect_timeout", "60");

    let next = to(config.clone(), &[&url, &bench.plain_url()])
        .set("idle_timeout", "2")
        .set("timeout", "30");
    let ended = bench.run(&next, &arguments).expect(0);
    took_between(&ended, 2.0, 25.0);
    ended.says(&format!(
        "{}: send: the broker has been silent for 2 s (idle_timeout); connecting again",
        shown(&url)
    ));

    // Half of the 60 s that a client would take which does not notice it: a sanitizer makes large requests slow.
    let alone = to(config, &[&url]).set("idle_timeout", "0");
    // A second of sending, a window for the request that is half on its way, and a second of closing.
    let ended = bench.run(&alone.clone().patience(1, 1, 1), &arguments).expect(75);
    took_between(&ended, 2.0, 30.0);
    let ended =
        bench.run(&alone.clone().patience(60, 1, 1).set("deadline", "1"), &arguments).expect(124);
    took_between(&ended, 1.0, 30.0);
    while is_there.try_recv().is_ok() {}
    let running = bench.program(&alone.patience(60, 1, 1), &arguments).start();
    is_there.recv_timeout(LONG).unwrap();
    signal("TERM", running.id());
    took_between(&running.wait().expect(143), 0.0, 30.0);
    drop(kept);
}
