//! Brokers that send without an end: it brings nothing, and takes neither memory nor time.

use std::{io::Write, net::TcpStream, sync::mpsc, thread};

use crate::{
    harness::{LONG, Protocol, images, signal, took_between},
    limits::{MEMORY, peak_memory},
    peer::{self, mqtt},
};

/// How much a flood must have brought, or it was none.
const FLOOD: usize = 1 << 20;

/// A message that answers no request of the run.
const FOREIGN: &[u8] = br#"{"msg": {"request_id": "foreign", "errors": []}}"#;

/// Writes these packets again and again while another thread reads what comes; reports how many bytes it has written.
fn flood(mut stream: TcpStream, packets: &[u8], tell: &mpsc::Sender<usize>) {
    let reader = stream.try_clone().unwrap();
    thread::spawn(move || peer::swallow(reader));
    let block = packets.repeat((1 << 16) / packets.len() + 1);
    let mut sent = 0;
    while stream.write_all(&block).is_ok() {
        sent += block.len();
        let _ = tell.send(sent);
    }
}

/// Packets of a broker that bring a run no further, once it has accepted the request with this identifier.
type Packets = fn(&mqtt::Peer, u16) -> Vec<u8>;

const FLOODS: [(&str, Packets); 10] = [
    ("foreign replies", |peer, _| (1..=1000).flat_map(|id| peer.message(id, FOREIGN)).collect()),
    ("foreign replies of QoS 0", |peer, _| peer.message(0, FOREIGN)),
    ("malformed replies", |peer, _| peer.message(0, b"no JSON")),
    ("replies with large properties", |_, _| {
        let head = mqtt::publish_head("t", 0, &large_property().repeat(3));
        mqtt::packet(mqtt::publish_first(0), &[&head, FOREIGN].concat())
    }),
    ("replies that are too large", |peer, _| peer.message(9, &vec![b'x'; 1 << 20])),
    ("an outcome again and again", |_, id| mqtt::puback(id, 0x80)),
    ("outcomes with large reasons", |_, id| {
        let reason = [&[0x1f, 0xff, 0xff][..], &[b'c'; 0xffff], &large_property()].concat();
        let length = &mqtt::header(0, reason.len())[1..];
        mqtt::packet(0x40, &[&id.to_be_bytes()[..], &[0x80], length, &reason].concat())
    }),
    ("answers to no PINGREQ", |_, _| mqtt::packet(mqtt::kind::PINGRESP << 4, &[])),
    ("answers to no SUBSCRIBE", |_, _| mqtt::suback(999, 0x87)),
    ("packets that do not exist", |_, _| vec![0, 0]),
];

/// A user property of 64 KiB.
fn large_property() -> Vec<u8> {
    [&[0x26, 0, 1, b'a', 0xff, 0xff][..], &[b'b'; 0xffff]].concat()
}

/// A peer that accepts a request and floods the client with these packets; the receiver gets how many bytes it has sent.
fn flooding(packets: Packets) -> (u16, mpsc::Receiver<usize>) {
    let (tell, told) = mpsc::channel();
    let (port, _) = peer::listen(move |stream| {
        let Ok(mut peer) = mqtt::Peer::subscribed(stream) else { return };
        let id = peer.request().unwrap().id();
        let _ = peer.answer(&mqtt::puback(id, 0));
        let packets = packets(&peer, id);
        flood(peer.stream, &packets, &tell);
        let _ = tell.send(0);
    });
    (port, told)
}

/// The program's most memory in KiB until the flood ends, and how many bytes that was.
fn peak_and_flood(id: u32, told: &mpsc::Receiver<usize>) -> (u64, usize) {
    let (mut peak, mut sent) = (0, 0);
    loop {
        let count = told.recv_timeout(LONG).unwrap();
        if count == 0 {
            return (peak, sent);
        }
        sent = count;
        peak = peak.max(peak_memory(id).unwrap_or(0));
    }
}

#[test]
fn a_flood_holds_up_no_window_and_is_read_in_little_memory() {
    for (name, packets) in FLOODS {
        let (port, told) = flooding(packets);
        let bench = Protocol::Mqtt.bench();
        let config = peer::alone(&bench, port)
            .patience(1, 1, 1)
            .set("log_level", "info")
            .set("max_message_size", "1000000");
        let running = bench.program(&config, &images(1)).start();
        let (peak, sent) = peak_and_flood(running.id(), &told);
        took_between(&running.wait().expect(75), 1.0, 9.0);
        assert!(sent > FLOOD, "{name}: {sent} bytes: the flood did not last");
        assert!(peak > 0 && peak < MEMORY, "{name}: {peak} KiB");
    }
}

#[test]
fn a_flood_does_not_hide_the_deadline_or_a_signal() {
    // Some of them: nothing differs but the time that each packet takes.
    for (name, packets) in FLOODS.into_iter().step_by(3) {
        let (port, told) = flooding(packets);
        let bench = Protocol::Mqtt.bench();
        let config = peer::alone(&bench, port).patience(60, 1, 1).set("log_level", "info");
        let config = config.set("max_message_size", "1000000");
        let ended = bench.run(&config.clone().set("deadline", "1"), &images(1)).expect(124);
        took_between(&ended, 1.0, 5.0);
        while told.recv_timeout(LONG).unwrap() > 0 {}
        let running = bench.program(&config, &images(1)).start();
        while told.recv_timeout(LONG).unwrap() < FLOOD {}
        signal("TERM", running.id());
        let ended = running.wait().expect(143);
        assert!(ended.took.as_secs() < 9, "{name}: {:?}", ended.took);
    }
}

/// One packet of 128 MB. A message of that size is skipped as it comes, and acknowledged once it has; of another packet
/// only the beginning is kept.
#[test]
fn a_packet_of_any_size_is_read_in_little_memory() {
    const SIZE: usize = 128_000_000;
    for (name, first, head) in [
        ("a message", 0x32, mqtt::publish_head("t", 7, &[])),
        ("a message of QoS 0", 0x30, mqtt::publish_head("t", 0, &[])),
        ("a message of properties", 0x32, b"\0\x01t\0\x07\xff\xff\xff\x3f".to_vec()),
        ("a PUBACK", 0x40, vec![0xff, 0xff, 0x80, 0xff, 0xff, 0xff, 0x3f]),
        ("a SUBACK", 0x90, vec![0xff, 0xff, 0xff, 0xff, 0xff, 0x3f]),
        ("a packet that does not exist", 0, vec![]),
    ] {
        let (tell, told) = mpsc::channel();
        let (port, _) = peer::listen(move |stream| {
            let Ok(mut peer) = mqtt::Peer::subscribed(stream) else { return };
            let asked = peer.request().unwrap();
            peer.answer(&[&mqtt::header(first, SIZE)[..], &head].concat()).unwrap();
            let chunk = vec![b'x'; 1 << 16];
            let mut missing = SIZE - head.len();
            while missing > 0 {
                let count = missing.min(chunk.len());
                peer.answer(&chunk[..count]).unwrap();
                missing -= count;
                let _ = tell.send(missing + 1);
            }
            if first == 0x32 {
                assert_eq!(peer.await_packet(mqtt::kind::PUBACK).unwrap().id(), 7);
            }
            // The client is there, and goes on.
            peer.answer(&peer.reply(8, &asked.request_id())).unwrap();
            assert_eq!(peer.await_packet(mqtt::kind::PUBACK).unwrap().id(), 8);
            let _ = tell.send(0);
        });
        let bench = Protocol::Mqtt.bench();
        let config = peer::alone(&bench, port)
            .patience(20, 1, 1)
            .set("log_level", "info")
            .set("max_message_size", "1000000");
        let running = bench.program(&config, &images(1)).start();
        let (peak, _) = peak_and_flood(running.id(), &told);
        running.wait().expect(0);
        assert!(peak > 0 && peak < MEMORY, "{name}: {peak} KiB");
    }
}

/// Replies that come before the answer to the SUBSCRIBE are only kept.
#[test]
fn a_flood_before_the_answer_to_the_subscribe_is_kept_in_little_memory() {
    const LARGE: usize = 8 << 20;
    for (id, size, least) in
        [(0, 10, FLOOD), (1, 10, FLOOD), (0, LARGE, 12 * LARGE), (1, LARGE, 12 * LARGE)]
    {
        let (tell, told) = mpsc::channel();
        let (port, _) = peer::listen(move |stream| {
            let Ok(mut peer) = mqtt::Peer::connected(stream) else { return };
            let _ = peer.subscribe();
            let message = peer.message(id, &vec![b'x'; size]);
            flood(peer.stream, &message, &tell);
            let _ = tell.send(0);
        });
        let bench = Protocol::Mqtt.bench();
        let config = peer::alone(&bench, port).set("log_level", "info");
        let config = config.patience(1, 1, 1).set("connect_timeout", "3");
        let running = bench.program(&config, &images(1)).start();
        let (peak, sent) = peak_and_flood(running.id(), &told);
        let ended = running.wait().expect(69);
        ended.says("attach: no answer within 3 s");
        took_between(&ended, 3.0, 9.0);
        assert!(sent > least, "{size}: {sent} bytes: the flood did not last");
        // 64 MiB of replies, one more, and what a run needs anyway.
        assert!(peak > 0 && peak < 9 * LARGE as u64 / 1024 + MEMORY / 2, "{size}: {peak} KiB");
    }
}

/// What is too much before the subscription is answered is left to the next connection.
#[test]
fn a_session_with_much_to_deliver_again_is_read_in_turns() {
    const COUNT: u16 = 12;
    let mut left: Vec<u16> = (1..=COUNT).collect();
    let (tell, told) = mpsc::channel();
    let left = std::sync::Mutex::new(std::mem::take(&mut left));
    let (port, _) = peer::listen(move |stream| {
        let mut left = left.lock().unwrap();
        let connack = mqtt::connack(left.len() < usize::from(COUNT), &[]);
        let mut peer = mqtt::Peer::connected_with(stream, &connack).unwrap();
        let subscribe = peer.subscribe().unwrap();
        for id in left.iter() {
            peer.answer(&peer.message(*id, &vec![b'x'; 8 << 20])).unwrap();
        }
        peer.answer(&mqtt::suback(subscribe.id(), 1)).unwrap();
        while let Ok(packet) = peer.packet() {
            match packet.kind() {
                mqtt::kind::PUBACK if packet.id() <= COUNT => {
                    assert_eq!(left.remove(0), packet.id());
                }
                mqtt::kind::PUBLISH if left.is_empty() => {
                    let reply = peer.reply(COUNT + 1, &packet.request_id());
                    peer.answer(&[mqtt::puback(packet.id(), 0), reply].concat()).unwrap();
                }
                mqtt::kind::DISCONNECT => break,
                _ => {}
            }
        }
        tell.send(left.len()).unwrap();
    });
    let bench = Protocol::Mqtt.bench();
    let config = peer::alone(&bench, port).patience(20, 1, 1).set("log_level", "info");
    let ended = bench.run(&config, &images(1)).expect(0);
    ended.says_once(
        "more replies came than are kept until the broker answers the SUBSCRIBE; connecting again",
    );
    // Nine are more than 64 MiB.
    assert_eq!(told.try_iter().collect::<Vec<_>>(), [3, 0]);
}

/// The client is in the middle of a request, and its acknowledgements would pile up behind that.
#[test]
fn a_broker_that_sends_and_does_not_read_is_left_for_the_next_one() {
    let (port, _) = peer::listen(move |stream| {
        let Ok(mut peer) = mqtt::Peer::subscribed(stream) else { return };
        let many: Vec<_> = (1..=1000).flat_map(|id| peer.message(id, FOREIGN)).collect();
        while peer.answer(&many).is_ok() {}
    });
    let bench = Protocol::Mqtt.bench();
    let file = bench.file("large", vec![b'x'; 16 << 20]);
    let urls = format!("[\"{}\", \"{}\"]", peer::url(Protocol::Mqtt, port), bench.plain_url());
    let config = bench.config().set("messaging_brokers", &urls).set("log_level", "info");
    let arguments = format!(
        "blob-sign --signing-key ABCD1234 --task-id 7 --raw --blob-file {}",
        file.display()
    );
    let ended =
        bench.run(&config.patience(60, 1, 1).set("idle_timeout", "60"), &arguments).expect(0);
    ended.says_once(
        "the broker sends replies, and does not read what acknowledges them; connecting again",
    );
    took_between(&ended, 0.0, 20.0);
}

/// Properties that are not UTF-8 take many times their size as JSON. A message of as many as `max_message_size` allows is
/// malformed, and takes little more than its own size.
#[test]
fn megabytes_of_properties_are_dropped_in_little_memory() {
    let (tell, told) = mpsc::channel();
    let (go_on, going_on) = mpsc::channel::<()>();
    let (port, _) = peer::listen(move |stream| {
        let Ok(mut peer) = mqtt::Peer::subscribed(stream) else { return };
        let asked = peer.request().unwrap();
        let property = |name| [&[0x26, 0, 1, name, 0xff, 0xff][..], &[0xff; 0xffff]].concat();
        let head = mqtt::publish_head("t", 7, &(0..200).flat_map(property).collect::<Vec<_>>());
        peer.answer(&mqtt::packet(0x32, &[&head, FOREIGN].concat())).unwrap();
        assert_eq!(peer.await_packet(mqtt::kind::PUBACK).unwrap().id(), 7);
        tell.send(()).unwrap();
        going_on.recv().unwrap();
        peer.answer(&peer.reply(8, &asked.request_id())).unwrap();
        assert_eq!(peer.await_packet(mqtt::kind::PUBACK).unwrap().id(), 8);
    });
    let bench = Protocol::Mqtt.bench();
    let config = peer::alone(&bench, port).patience(20, 1, 1).set("log_level", "info");
    let running = bench.program(&config, &images(1)).start();
    told.recv_timeout(LONG).unwrap();
    // It waits for its reply now.
    let peak = peak_memory(running.id()).unwrap();
    go_on.send(()).unwrap();
    assert!(peak < MEMORY, "{peak} KiB");
    running.wait().expect(0).says("more than 1 MiB of application properties");
}
