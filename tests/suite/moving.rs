//! Requests and replies that take longer than `timeout` to cross a line.

use std::{io::Read, sync::mpsc, time::Duration};

use amqp_sandbox::{ConnectionAct, When};

use crate::{
    harness::{Protocol, images, rule, took_between},
    peer::{self, Either},
};

over_both!(
    a_request_that_takes_longer_than_the_timeout_to_be_written_is_sent_once,
    a_reply_on_a_slow_line_is_waited_for,
);

/// About two megabytes a second, for more than two windows: the request is written once.
fn a_request_that_takes_longer_than_the_timeout_to_be_written_is_sent_once(protocol: Protocol) {
    let (tell, told) = mpsc::channel();
    let (port, _) = peer::listen(move |stream| {
        let mut peer = Either::ready(protocol, stream).unwrap();
        // Small, or the kernel would take the whole request in before the peer reads it.
        let buffer = socket2::SockRef::from(&*peer.stream()).set_recv_buffer_size(32 * 1024);
        buffer.unwrap();
        let (_keep, never) = mpsc::channel::<()>();
        let mut start = vec![0; 3 << 20];
        for part in start.chunks_mut(64 * 1024) {
            peer.stream().read_exact(part).unwrap();
            let _ = never.recv_timeout(Duration::from_millis(50));
        }
        peer.put_back(&start);
        let asked = peer.request().unwrap();
        peer.answer(&[peer.accepted(&asked), peer.reply(0, &asked)].concat()).unwrap();
        let _ = tell.send(std::iter::from_fn(|| peer.request().ok()).count());
    });
    let bench = protocol.bench();
    let blob = bench.file("blob", vec![b'x'; 3 << 20]);
    let arguments =
        format!("blob-sign --signing-key ABCD1234 --task-id 7 --blob-file {}", blob.display());
    let ended = bench.run(&peer::alone(&bench, port).patience(1, 1, 2), &arguments).expect(65);
    took_between(&ended, 2.0, 30.0);
    assert_eq!(told.recv().unwrap(), 0, "the request came again");
}

/// Each byte by itself, so that one reply takes longer than the timeout.
fn a_reply_on_a_slow_line_is_waited_for(protocol: Protocol) {
    let slow = rule(When::Any, ConnectionAct::Slow(Duration::from_millis(2)));
    let bench = protocol.misbehaving(vec![slow]);
    let config = bench.config().set("messaging_brokers", &format!("[\"{}\"]", bench.plain_url()));
    let ended = bench.run(&config.patience(1, 1, 1).set("connect_timeout", "60"), &images(1));
    let ended = ended.expect(0);
    assert!(!ended.stderr.contains("no reply for"), "{}", ended.stderr);
}
