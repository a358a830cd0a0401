//! What only Mosquitto has: limits and persistence that are set for a test.

use std::{fs, thread, time::Instant};

use crate::{
    bench::{Bench, LONG, folder},
    harness::{images, signal},
    outage::sent,
    signing::all_signed,
};

/// The broker with other limits, until this is dropped.
struct Limits<'a>(&'a Bench);

impl<'a> Limits<'a> {
    fn set(bench: &'a Bench, limits: &str) -> Self {
        bench.broker("stop");
        fs::write(folder().join("conf.d/limits.conf"), limits).unwrap();
        bench.broker("start");
        Self(bench)
    }
}

impl Drop for Limits<'_> {
    fn drop(&mut self) {
        fs::write(folder().join("conf.d/limits.conf"), "persistence true\n").unwrap();
        self.0.broker("kill");
        self.0.broker("start");
    }
}

/// A bench that has Mosquitto to itself.
fn alone() -> Option<Bench> {
    let bench = Bench::alone();
    (bench.kind.name == "mosquitto").then_some(bench)
}

fn wait_until(problem: &str, is_done: impl Fn() -> bool) {
    let end = Instant::now() + LONG;
    while !is_done() {
        assert!(Instant::now() < end, "{problem}");
        thread::yield_now();
    }
}

/// `max_keepalive 10` is less than the client asks for, and it obeys.
#[test]
fn the_broker_s_keep_alive_is_obeyed() {
    let bench = Bench::new();
    if bench.kind.name != "mosquitto" {
        return;
    }
    let route = bench.route();
    let signer = bench.signer(&route);
    signer.hold(true);
    let config = bench.config(&route).set("mqtt_client_id", "keepalive");
    let program = bench.watch(&config, &images(1));
    let log = folder().join("broker.log");
    let has_ping = || fs::read_to_string(&log).unwrap().contains("Received PINGREQ from keepalive");
    wait_until("the client sends no PINGREQ", has_ping);
    signer.hold(false);
    let ended = program.wait().expect(0);
    assert!(!ended.stderr.contains("connecting again"), "{}", ended.stderr);
}

/// 500 requests are accepted, and none of them is answered. What the broker has saved is neither lost nor sent again.
#[test]
fn killed_with_five_hundred_saved_requests() {
    let Some(bench) = alone() else { return };
    let route = bench.route();
    let signer = bench.signer(&route);
    signer.hold(true);
    let program = bench.watch(&bench.config(&route), &images(500));
    program.wait_for("Accepted", 500);
    let saved = folder().join("data/mosquitto.db");
    let _ = fs::remove_file(&saved);
    let pid = fs::read_to_string(folder().join("pid")).unwrap();
    signal("USR1", pid.trim().parse().unwrap());
    // It is written under another name before.
    wait_until("the broker has saved nothing", || saved.exists());
    bench.broker("kill");
    bench.broker("start");
    // Its session is not saved, since it was never resumed: replies that came before this would be lost.
    program.wait_for("connected to", 2);
    signer.hold(false);
    let ended = program.wait().expect(0);
    all_signed(&ended, 500);
    assert_eq!(sent(&ended.stderr), 500, "{}", ended.stderr);
}

/// What the broker has not saved is lost, and is asked for again in the next cycle.
#[test]
fn killed_with_five_hundred_requests_that_are_not_saved() {
    let Some(bench) = alone() else { return };
    let _limits = Limits::set(&bench, "persistence false\n");
    let route = bench.route();
    let signer = bench.signer(&route);
    signer.hold(true);
    let config = bench.kind.prepare_for_loss(bench.config(&route));
    let program = bench.watch(&config, &images(500));
    program.wait_for("Accepted", 500);
    bench.broker("kill");
    bench.broker("start");
    signer.hold(false);
    let ended = program.wait().expect(0);
    all_signed(&ended, 500);
    assert!(sent(&ended.stderr) > 500);
}

/// The broker accepts what its queue has no room for, and drops it.
#[test]
fn a_queue_that_is_full_drops_requests_and_they_are_sent_again() {
    let Some(bench) = alone() else { return };
    let _limits = Limits::set(&bench, "persistence true\nmax_queued_messages 100\n");
    let route = bench.route();
    let signer = bench.signer(&route);
    signer.hold(true);
    let config = bench.kind.prepare_for_loss(bench.config(&route));
    let program = bench.watch(&config, &images(300));
    program.wait_for("Accepted", 300);
    signer.hold(false);
    let ended = program.wait().expect(0);
    all_signed(&ended, 300);
    assert!(sent(&ended.stderr) > 300);
}

/// As shipped it queues 1000: by `mqtt_max_open` no run of any length fills that.
#[test]
fn the_usual_queue_is_never_full() {
    let bench = Bench::new();
    if bench.kind.name != "mosquitto" {
        return;
    }
    let route = bench.route();
    let signer = bench.signer(&route);
    signer.hold(true);
    let program = bench.watch(&bench.config(&route), &images(1500));
    program.wait_for("Accepted", 500);
    assert_eq!(sent(&program.log()), 500);
    signer.hold(false);
    let ended = program.wait().expect(0);
    all_signed(&ended, 1500);
    assert_eq!(sent(&ended.stderr), 1500);
}
