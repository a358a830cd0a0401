//! Two clients that receive from one queue.

use crate::{
    bench::{Bench, LONG},
    harness::images,
    kinds::{Released, Route},
    signing::all_signed,
};

const COUNT: usize = 120;

/// A queue, not a topic: each message goes to one of the clients.
fn queue(bench: &Bench) -> Route {
    let is_queue = |route: &Route| {
        route.listen_to == route.replies
            && !route.replies.contains("topic")
            && !route.replies.contains("exchange")
    };
    bench.routes().find(is_queue).unwrap()
}

/// They are replies to a client that is gone, and are all taken in, whatever the broker counts its deliveries from.
#[test]
fn more_replies_wait_than_a_client_has_credit_for_at_first() {
    const WAITING: usize = 250;
    let bench = Bench::new();
    let route = queue(&bench);
    let signer = bench.signer(&route);
    let elsewhere = Route { listen_to: bench.route().listen_to, ..route.clone() };
    let gone = bench.watch(&bench.config(&elsewhere), &images(WAITING));
    signer.wait_for(LONG, |seen| seen.settled == WAITING).unwrap();
    drop(gone);
    let ended = bench.run(&bench.config(&route), &images(2)).expect(0);
    all_signed(&ended, 2);
    assert!(!ended.stderr.contains("no broker could be reached"), "{}", ended.stderr);
}

/// The other client waits for a reply of its own, which never comes, and gets half of these. What it releases goes to
/// either client, and is accepted if it comes to the same one again.
#[test]
fn what_another_client_releases_comes_back_in_part_or_not_at_all() {
    let bench = Bench::new();
    let (route, other) = (queue(&bench), queue(&bench));
    let _signer = bench.signer(&route);
    let config = bench.config(&route).patience(5, 1, 1);
    let elsewhere = Route { listen_to: route.listen_to, ..other };
    let missing = |handling, word| {
        let waiting = bench.config(&elsewhere).set("foreign_replies", handling);
        let waiting = bench.watch(&waiting.patience(60, 1, 1), &images(1));
        waiting.wait_for("window 1", 1);
        let ended = bench.run(&config, &images(COUNT)).expect(75);
        let missing = ended.messages().iter().filter(|message| message.is_null()).count();
        eprintln!("{}: {handling}: {missing} of {COUNT} replies are missing", bench.kind.name);
        waiting.wait_for(&format!("a reply to a request of another client was {word}"), 1);
        missing
    };
    let accepted = missing("accept", "ignored");
    let released = missing("release", "released");
    // How many go to which client is up to chance. Where each goes to either client in turn, half as many are missing.
    assert!(accepted > 0 && released > 0, "{accepted}, {released}");
    if bench.kind.released != Released::ToTheSame {
        assert!(released < accepted, "{accepted}, {released}");
    }
}
