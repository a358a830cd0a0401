//! Who may send how much (AMQP 1.0 parts 2.5.6 and 2.6.7): credit, the session's window, and peers that respect neither.

use amqp_frames::{Role, accepted, disposition, flow, transfer};

use crate::{
    fault::AGAIN,
    harness::{Bench, Config, Ended, LONG, images, took_between},
    peer::{self, Peer, alone},
};

/// A broker may lower the credit while it is being used: messages sent then count against later credit.
#[test]
fn credit_that_is_taken_back_is_not_used() {
    let (port, _) = peer::listen(|stream| {
        let mut peer = Peer::attached(stream).unwrap();
        peer.grant(3).unwrap();
        let mut ids: Vec<_> = (0..3).map(|_| peer::request_id(&peer.transfer().unwrap())).collect();
        // The broker has not counted them yet: that is a credit of -3.
        let replies: Vec<_> =
            (0..3).map(|number| peer.reply(number, &ids[number as usize])).collect();
        peer.answer(&[peer.flow(0), peer::settled(0, 2, accepted()), replies.concat()].concat())
            .unwrap();
        // When it settles the replies, the client has read everything before them.
        loop {
            match peer.frame().unwrap().code {
                disposition::CODE => break,
                transfer::CODE => panic!("a request was sent without credit"),
                _ => {}
            }
        }
        // Of five, three are used.
        peer.grant(5).unwrap();
        ids.extend((0..2).map(|_| peer::request_id(&peer.transfer().unwrap())));
        let replies = [peer.reply(3, &ids[3]), peer.reply(4, &ids[4])].concat();
        peer.answer(&[peer::settled(3, 4, accepted()), replies].concat()).unwrap();
        peer::swallow(peer.stream);
    });
    let bench = Bench::new();
    let ended = bench.run(&alone(&bench, port).patience(20, 1, 1), &images(5)).expect(0);
    took_between(&ended, 0.0, 10.0);
    assert!(!ended.reported().contains(AGAIN), "{}", ended.stderr);
}

#[test]
fn credit_that_is_asked_back_is_given_back() {
    let (port, _) = peer::listen(|stream| {
        let mut peer = Peer::attached(stream).unwrap();
        peer.answer(&peer.drain(9)).unwrap();
        let id = peer::request_id(&peer.transfer().unwrap());
        // The delivery-count is the same as if all of it had been used.
        let flow = peer.await_frame(flow::CODE).unwrap();
        assert_eq!(flow.field(flow::DELIVERY_COUNT).as_u32(), Some(9), "{flow:?}");
        peer.answer(&[peer::settled(0, 0, accepted()), peer.reply(0, &id)].concat()).unwrap();
        peer::swallow(peer.stream);
    });
    let bench = Bench::new();
    bench.run(&alone(&bench, port).patience(20, 1, 1), &images(1)).expect(0);
}

/// No request is sent, and the windows of the cycles are skipped, as without credit.
#[test]
fn without_a_window_of_the_session_nothing_is_sent() {
    let (tell, told) = std::sync::mpsc::channel();
    let (port, _) = peer::listen(move |stream| {
        let mut peer = Peer::attached(stream).unwrap();
        peer.answer(&peer.flow_without_window(9)).unwrap();
        let _ = tell.send(std::iter::from_fn(|| peer.transfer().ok()).count());
    });
    let bench = Bench::new();
    let ended = bench.run(&alone(&bench, port).patience(1, 5, 2), &images(3)).expect(75);
    assert_eq!(told.recv_timeout(LONG), Ok(0), "requests were sent outside the window");
    took_between(&ended, 2.0, 4.5);
    ended
        .says("cycle 2: nothing could be sent for 1 s: the broker did not read it")
        .says("not sent; running again can help");
}

/// A peer that violates the protocol, and the next broker, which works.
#[track_caller]
fn is_left(
    reason: &str,
    config: impl Fn(Config) -> Config,
    script: impl Fn(std::net::TcpStream) + Send + 'static,
) -> Ended {
    let (port, _) = peer::listen(script);
    let bench = Bench::new();
    let url = format!("amqp://127.0.0.1:{port}");
    let urls = format!("[\"{url}\", \"{}\"]", bench.sandbox.amqps_url());
    let config = config(bench.config().set("messaging_brokers", &urls).set("close_timeout", "1"));
    let ended = bench.run(&config, &images(3)).expect(0);
    assert_eq!(ended.messages().len(), 3);
    ended.says_once(reason).says_once(&url);
    took_between(&ended, 0.0, 9.0);
    ended
}

/// The engine would mix it with the request that is about to be written.
#[test]
fn a_message_on_the_link_of_the_requests_ends_the_connection() {
    let (tell, told) = std::sync::mpsc::channel();
    is_left(
        "the broker sent on the link of the requests; connecting again",
        |config| config,
        move |stream| {
            let Ok(mut peer) = Peer::attached(stream) else { return };
            let message = peer::reply_message("unknown");
            let _ =
                peer.answer(&[peer.flow(9), peer.transfer_on(Role::Sender, 0, &message)].concat());
            let _ = tell.send(std::iter::from_fn(|| peer.transfer().ok()).count());
        },
    );
    assert_eq!(told.recv_timeout(LONG), Ok(0), "requests were sent after it");
}

/// Before the sender is attached replies are not processed: the client keeps as many as it has granted credit for.
#[test]
fn replies_without_credit_end_the_connection_while_links_are_attached() {
    is_left(
        "amqp:link:transfer-limit-exceeded: more replies than there was credit for",
        |config| config.set("sender_target", "address"),
        |stream| {
            let Ok(mut peer) = Peer::half_attached(stream) else { return };
            let message = peer::reply_message("foreign");
            let many: Vec<_> = (0..2000)
                .flat_map(|number| peer.transfer_on(Role::Receiver, number, &message))
                .collect();
            let _ = peer.answer(&many);
            peer::swallow(peer.stream);
        },
    );
}

/// The peer does not read, and so never gets more credit; the outcomes of its messages would pile up.
#[test]
fn a_peer_that_sends_and_does_not_read_is_given_up() {
    is_left(
        "amqp:link:transfer-limit-exceeded: more replies than there was credit for; connecting again",
        |config| config.set("log_level", "warning"),
        |stream| {
            let Ok(mut peer) = Peer::attached(stream) else { return };
            let message = peer::reply_message("foreign");
            for first in (0..4_000_000).step_by(1000) {
                let many: Vec<_> = (first..first + 1000)
                    .flat_map(|number| peer.transfer_on(Role::Receiver, number, &message))
                    .collect();
                if peer.answer(&many).is_err() {
                    break;
                }
            }
        },
    );
}
