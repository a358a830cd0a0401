//! Requests and replies that take longer than `timeout` to cross a line.

use std::{io::Read, sync::mpsc, time::Duration};

use amqp_sandbox::{ConnectionAct, When};

use crate::{
    harness::{Bench, images, rule, took_between},
    peer::{self, Peer},
};

/// About two megabytes a second, for more than two windows: the request is written once.
#[test]
fn a_request_that_takes_longer_than_the_timeout_to_be_written_is_sent_once() {
    let (tell, told) = mpsc::channel();
    let (port, _) = peer::listen(move |stream| {
        let mut peer = Peer::attached_with_max_frame_size(stream, 1 << 16).unwrap();
        // Small, or the kernel would take the whole request in before the peer reads it.
        let buffer = socket2::SockRef::from(&peer.stream).set_recv_buffer_size(32 * 1024);
        buffer.unwrap();
        peer.grant(9).unwrap();
        let (_keep, never) = mpsc::channel::<()>();
        let mut start = vec![0; 3 << 20];
        for part in start.chunks_mut(64 * 1024) {
            peer.stream.read_exact(part).unwrap();
            let _ = never.recv_timeout(Duration::from_millis(50));
        }
        peer.put_back(&start);
        let request = peer.message().unwrap();
        let id = peer::request_id(&request);
        peer.answer(&[peer::settled(0, 0, amqp_frames::accepted()), peer.reply(0, &id)].concat())
            .unwrap();
        let _ = tell.send(std::iter::from_fn(|| peer.transfer().ok()).count());
    });
    let bench = Bench::new();
    let blob = bench.file("blob", vec![b'x'; 3 << 20]);
    let arguments =
        format!("blob-sign --signing-key ABCD1234 --task-id 7 --blob-file {}", blob.display());
    let ended = bench.run(&peer::alone(&bench, port).patience(1, 1, 2), &arguments).expect(65);
    took_between(&ended, 2.0, 30.0);
    assert_eq!(told.recv().unwrap(), 0, "the request came again");
}

/// Each byte by itself, so that one reply takes longer than the timeout.
#[test]
fn a_reply_on_a_slow_line_is_waited_for() {
    let slow = rule(When::Any, ConnectionAct::Slow(Duration::from_millis(2)));
    let bench = Bench::misbehaving(vec![slow]);
    let config =
        bench.config().set("messaging_brokers", &format!("[\"{}\"]", bench.sandbox.amqp_url()));
    let ended = bench.run(&config.patience(1, 1, 1).set("connect_timeout", "60"), &images(1));
    let ended = ended.expect(0);
    assert!(!ended.stderr.contains("no reply for"), "{}", ended.stderr);
}
