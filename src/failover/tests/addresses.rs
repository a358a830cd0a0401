//! Every address of a name is part of the attempt.

use std::net::SocketAddr;

use super::*;
use crate::error::TlsCause;

fn addresses(count: u8) -> Vec<SocketAddr> {
    (1..=count).map(|last| ([127, 0, 0, last], 5672).into()).collect()
}

/// A script whose names have this many addresses.
fn named(count: u8, answers: impl IntoIterator<Item = script::Answer>) -> Script {
    let script = Script::new(answers);
    *script.addresses.borrow_mut() = addresses(count);
    script
}

/// The last numbers of the addresses that were tried, in order.
fn tried(script: &Script) -> Vec<u8> {
    let last = |address: SocketAddr| match address {
        SocketAddr::V4(address) => address.ip().octets()[3],
        SocketAddr::V6(_) => 0,
    };
    script.attempts.borrow().iter().map(|attempt| last(attempt.address)).collect()
}

fn untrusted() -> Error {
    let problem = "says the script".into();
    Error::Tls { broker: "b".into(), cause: TlsCause::UnknownAuthority, problem }
}

fn ended(what: Subject) -> Error {
    let condition = crate::error::Condition::new("amqp:connection:forced", "maintenance");
    Error::Closed { broker: "b".into(), phase: Phase::Open, what, condition }
}

#[test]
fn whatever_goes_wrong_at_one_address_the_next_is_tried_in_the_same_attempt() {
    let io = |kind: std::io::ErrorKind| Error::Network {
        broker: "b".into(),
        phase: Phase::Tcp,
        source: kind.into(),
    };
    let silent = || Error::Timeout { broker: "b".into(), phase: Phase::Tls, after: SECOND };
    for error in [
        io(std::io::ErrorKind::ConnectionRefused),
        io(std::io::ErrorKind::HostUnreachable),
        io(std::io::ErrorKind::UnexpectedEof),
        silent(),
        lost(),
        untrusted(),
        ended(Subject::Login),
        ended(Subject::Connection),
        unauthorised(Subject::Login),
        unauthorised(Subject::Connection),
    ] {
        let settings = settings(&["a"], &[("sasl", "none")]);
        let words = error.to_string();
        let script = named(2, [after(0, of_broker(error)), after(0, open())]);
        let mut failover = Failover::new(&settings, script.clone(), 1);
        failover.connect().unwrap_or_else(|error| panic!("{words}: {error}"));
        assert_eq!((tried(&script), script.elapsed()), (vec![1, 2], Duration::ZERO), "{words}");
    }
}

#[test]
fn what_no_broker_would_answer_otherwise_is_not_asked_at_another_address() {
    let settings = settings(&["a"], &[("sasl", "none")]);
    let refusal = unauthorised(Subject::Listening("b".into()));
    let script = named(2, [after(0, Err(Failure::OfRun(refusal)))]);
    let error = Failover::new(&settings, script.clone(), 1).connect().unwrap_err();
    assert!(matches!(error, Error::Refused { .. }), "{error}");
    assert_eq!(tried(&script), [1]);
}

/// Each gets an equal share of what is left, so that none takes the time of the others.
#[test]
fn the_time_is_shared_by_the_addresses_that_are_left() {
    let settings = settings(&["a"], &[("connect_timeout", "9"), ("timeout", "1")]);
    let script = named(3, [3, 1, 5].map(|seconds| after(seconds, of_broker(lost()))));
    assert!(Failover::new(&settings, script.clone(), 1).connect().is_err());
    let times: Vec<_> = script.attempts.borrow().iter().map(|attempt| attempt.time).collect();
    assert_eq!(times, [3 * SECOND, 3 * SECOND, 5 * SECOND]);
}

#[test]
fn every_address_has_its_reason_and_one_that_refused_is_not_tried_again() {
    let settings = settings(&["a"], &[("timeout", "1"), ("sasl", "none")]);
    let script = named(2, [after(0, of_broker(untrusted())), after(0, of_broker(lost()))]);
    let error = Failover::new(&settings, script.clone(), 1).connect().unwrap_err();
    let Error::Unreachable { brokers } = &error else { panic!("{error}") };
    assert_eq!((brokers.len(), error.is_refusal()), (2, false));
    assert_eq!(tried(&script)[..3], [1, 2, 2]);
    assert_eq!(tried(&script).iter().filter(|address| **address == 1).count(), 1);
}

/// A broker that has only IPv4 may have an IPv6 address in DNS.
#[test]
fn an_address_without_a_listener_does_not_hide_a_refusal_at_the_other() {
    let closed = || Error::Network {
        broker: "b".into(),
        phase: Phase::Tcp,
        source: std::io::ErrorKind::ConnectionRefused.into(),
    };
    let silent = || Error::Timeout { broker: "b".into(), phase: Phase::Tcp, after: SECOND };
    for missing in [closed(), silent()] {
        let settings = settings(&["a"], &[("timeout", "1")]);
        let script = named(2, [after(0, of_broker(missing)), after(0, of_broker(untrusted()))]);
        let error = Failover::new(&settings, script.clone(), 1).connect().unwrap_err();
        assert!(error.is_refusal(), "{error}");
        assert_eq!((tried(&script), script.elapsed()), (vec![1, 2], Duration::ZERO));
    }
}

/// Files of hosts may list an address twice.
#[test]
fn an_address_that_a_name_has_twice_is_tried_once() {
    let settings = settings(&["a"], &[("timeout", "1")]);
    let script = named(2, [(), ()].map(|()| after(0, of_broker(untrusted()))));
    let twice = addresses(2).repeat(2);
    *script.addresses.borrow_mut() = twice;
    assert!(Failover::new(&settings, script.clone(), 1).connect().is_err());
    assert_eq!(tried(&script), [1, 2]);
}

#[test]
fn if_every_address_refuses_the_client_the_run_ends_at_once() {
    let settings = settings(&["a"], &[]);
    let script = named(2, [(), ()].map(|()| after(0, of_broker(untrusted()))));
    let error = Failover::new(&settings, script.clone(), 1).connect().unwrap_err();
    assert!(error.is_refusal(), "{error}");
    assert_eq!((tried(&script), script.elapsed()), (vec![1, 2], Duration::ZERO));
}

/// It may be the address whose broker is stopped.
#[test]
fn after_a_loss_the_other_address_is_tried_first_even_if_one_had_refused() {
    let settings = settings(&["a"], &[("sasl", "none")]);
    let lose = || after(0, reporting(vec![(0, Err(lost()))]));
    let script = named(3, [after(0, of_broker(untrusted())), lose(), lose(), lose()]);
    let mut failover = Failover::new(&settings, script.clone(), 1);
    failover.connect().unwrap();
    for _ in 0..2 {
        assert!(matches!(failover.next(&script.at(60)), Ok(Event::Lost)));
        assert!(matches!(failover.next(&script.at(60)), Ok(Event::Reconnected)));
    }
    assert_eq!(tried(&script), [1, 2, 3, 2]);
}

#[test]
fn each_address_gets_every_login() {
    use crate::session::Login::{Anonymous, Bare};
    let settings = settings(&["a"], &[]);
    let demand = || after(0, of_broker(unauthorised(Subject::WithoutSasl)));
    let script = named(2, [demand(), after(0, of_broker(lost())), demand(), after(0, open())]);
    Failover::new(&settings, script.clone(), 1).connect().unwrap();
    let logins: Vec<_> = script.attempts.borrow().iter().map(|attempt| attempt.login).collect();
    assert_eq!(
        (tried(&script), logins),
        (vec![1, 1, 2, 2], vec![Bare, Anonymous, Bare, Anonymous])
    );
}
