//! Which broker is tried, when, and how: with scripted connections, under virtual time.

mod addresses;
mod beginnings;
mod script;
mod survey;

use std::time::Duration;

use super::*;
use crate::{
    connection::Failure,
    error::Subject,
    signing::{RawReply, ReplyBody},
};
use script::{Opening, Script, after, lost, refused, settings};

const SECOND: Duration = Duration::from_secs(1);

fn of_broker(error: Error) -> Result<Opening, Failure> {
    Err(Failure::OfBroker(error))
}

fn unauthorised(what: Subject) -> Error {
    refused(what, "amqp:unauthorized-access")
}

fn open() -> Result<Opening, Failure> {
    Ok(Opening::default())
}

fn reporting(events: Vec<(u64, Result<Event, Error>)>) -> Result<Opening, Failure> {
    let events = events.into_iter().map(|(seconds, event)| (SECOND * seconds as u32, event));
    Ok(Opening { events: events.collect(), ..Opening::default() })
}

fn reply() -> Result<Event, Error> {
    let body = ReplyBody::Bytes(vec![]);
    Ok(Event::Reply { id: ReplyId(0), reply: RawReply { body, properties: None } })
}

#[test]
fn the_list_is_tried_once_without_pauses_and_then_with_longer_ones_until_the_timeout() {
    let settings = settings(&["a", "b"], &[("timeout", "3")]);
    let script = Script::new([]);
    let mut failover = Failover::new(&settings, script.clone(), 1);
    let Err(Error::Unreachable { brokers }) = failover.connect() else { panic!() };
    assert_eq!(brokers.len(), 2, "each broker's reason is named");
    assert_eq!(script.elapsed(), 3 * SECOND);

    let attempts = script.attempts.borrow();
    assert_eq!(script.brokers()[..5], ["a", "b", "a", "b", "a"]);
    assert_eq!((attempts[0].at, attempts[1].at), (Duration::ZERO, Duration::ZERO));
    let pauses: Vec<_> = attempts[1..].windows(2).map(|pair| pair[1].at - pair[0].at).collect();
    for (round, pause) in pauses.iter().enumerate() {
        let longest = Duration::from_millis(100 << round);
        assert!(longest / 2 <= *pause && *pause <= longest, "{pauses:?}");
    }
    assert!((4..=6).contains(&pauses.len()), "{pauses:?}");
}

/// Each broker gets its whole time once, however short `timeout` is; later attempts end with it.
#[test]
fn an_attempt_has_the_connect_timeout_and_later_ones_only_the_remaining_time() {
    let settings = settings(&["a", "b"], &[("timeout", "3"), ("connect_timeout", "2")]);
    let script = Script::new([after(1, of_broker(lost())), after(1, of_broker(lost()))]);
    let mut failover = Failover::new(&settings, script.clone(), 1);
    assert!(failover.connect().is_err());
    let attempts = script.attempts.borrow();
    assert_eq!((attempts[0].time, attempts[1].time), (2 * SECOND, 2 * SECOND));
    assert!(attempts.len() > 2);
    for attempt in &attempts[2..] {
        assert_eq!(attempt.time, 3 * SECOND - attempt.at);
    }
}

/// The last attempt may have milliseconds, which do not show why a broker cannot be reached.
#[test]
fn an_attempt_that_is_cut_short_does_not_hide_why_an_earlier_one_failed() {
    for (connect_timeout, expected) in [("10", "garbage"), ("1", "no answer")] {
        let settings = settings(&["a"], &[("timeout", "3"), ("connect_timeout", connect_timeout)]);
        let script = Script::new([after(0, of_broker(lost()))]);
        let error = Failover::new(&settings, script, 1).connect().unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[test]
fn a_broker_that_refused_the_client_is_not_tried_again() {
    let settings = settings(&["a", "b"], &[("timeout", "3"), ("sasl", "none")]);
    let script = Script::new([after(0, of_broker(unauthorised(Subject::Connection)))]);
    let mut failover = Failover::new(&settings, script.clone(), 1);
    assert!(failover.connect().is_err());
    assert_eq!(script.brokers().iter().filter(|broker| *broker == "a").count(), 1);
}

#[test]
fn if_every_broker_refused_the_client_the_run_ends_at_once() {
    let settings = settings(&["a", "b"], &[("sasl", "none")]);
    let refusal = || after(0, of_broker(unauthorised(Subject::Connection)));
    let script = Script::new([refusal(), refusal()]);
    let error = Failover::new(&settings, script.clone(), 1).connect().unwrap_err();
    assert!(error.is_refusal(), "{error}");
    assert_eq!((script.brokers().len(), script.elapsed()), (2, Duration::ZERO));
}

#[test]
fn a_refusal_that_every_broker_would_repeat_ends_the_run() {
    let settings = settings(&["a", "b"], &[("sasl", "none")]);
    let refusal = unauthorised(Subject::Listening("b".into()));
    let script = Script::new([after(0, Err(Failure::OfRun(refusal)))]);
    let error = Failover::new(&settings, script.clone(), 1).connect().unwrap_err();
    assert!(matches!(error, Error::Refused { what: Subject::Listening(_), .. }), "{error}");
    assert_eq!(script.brokers(), ["a"]);
}

#[test]
fn a_lost_connection_is_re_established_with_the_next_broker_and_numbers_go_on() {
    let settings = settings(&["a", "b"], &[]);
    let first = reporting(vec![(0, reply()), (0, reply()), (1, Err(lost()))]);
    let script = Script::new([after(0, first), after(2, open())]);
    let mut failover = Failover::new(&settings, script.clone(), 1);
    failover.connect().unwrap();
    for _ in 0..2 {
        assert!(matches!(failover.next(&script.at(9)), Ok(Event::Reply { .. })));
    }
    assert!(matches!(failover.next(&script.at(9)), Ok(Event::Lost)));
    assert!(matches!(failover.next(&script.at(9)), Ok(Event::Reconnected)));
    assert_eq!(script.brokers(), ["a", "b"]);
    assert_eq!(script.attempts.borrow()[1].first_reply, 2);
    assert_eq!(
        script.elapsed(),
        3 * SECOND,
        "without a pause: the second broker is tried for the first time"
    );
}

#[test]
fn what_is_remembered_of_a_broker_is_kept_for_its_next_connection() {
    let settings = settings(&["a", "b"], &[]);
    let script = Script::new([1, 1, 1].map(|_| after(0, reporting(vec![(0, Err(lost()))]))));
    let mut failover = Failover::new(&settings, script.clone(), 1);
    failover.connect().unwrap();
    for _ in 0..4 {
        failover.next(&script.at(60)).unwrap();
    }
    let attempts = script.attempts.borrow();
    let earlier: Vec<_> = attempts.iter().map(|it| (it.broker.as_str(), it.earlier)).collect();
    assert_eq!(earlier, [("a", 0), ("b", 0), ("a", 1)]);
}

#[test]
fn an_end_that_is_not_transient_ends_the_run() {
    let settings = settings(&["a", "b"], &[]);
    let refusal = unauthorised(Subject::Listening("b".into()));
    let script = Script::new([after(0, reporting(vec![(0, Err(refusal))]))]);
    let mut failover = Failover::new(&settings, script.clone(), 1);
    failover.connect().unwrap();
    assert!(failover.next(&script.at(9)).is_err());
    assert_eq!(script.brokers(), ["a"]);
}

#[test]
fn connecting_again_ends_with_the_wait_that_it_happens_in() {
    let settings = settings(&["a"], &[]);
    let script = Script::new([after(0, reporting(vec![(1, Err(lost()))]))]);
    let mut failover = Failover::new(&settings, script.clone(), 1);
    failover.connect().unwrap();
    assert!(matches!(failover.next(&script.at(5)), Ok(Event::Lost)));
    assert!(matches!(failover.next(&script.at(5)), Ok(Event::Quiet)));
    assert_eq!(script.elapsed(), 5 * SECOND);
    // The pause continues in the next wait; it does not begin again.
    let attempts = script.attempts.borrow().len();
    assert!(matches!(failover.next(&script.at(60)), Ok(Event::Quiet)));
    let at: Vec<_> = script.attempts.borrow().iter().map(|attempt| attempt.at).collect();
    assert!(at[attempts] - at[attempts - 1] <= 10 * SECOND, "{at:?}");
}

/// A broker that accepts and drops connections must not be tried in a hot loop; one that was useful is
/// tried again at once.
#[test]
fn only_progress_resets_the_pauses() {
    let settings = settings(&["a"], &[]);
    let drops = || (0..9).map(|_| after(0, reporting(vec![(0, Err(lost()))])));
    let script = Script::new(drops());
    let mut failover = Failover::new(&settings, script.clone(), 1);
    failover.connect().unwrap();
    for _ in 0..5 {
        assert!(matches!(failover.next(&script.at(60)), Ok(Event::Lost)));
        assert!(matches!(failover.next(&script.at(60)), Ok(Event::Reconnected)));
    }
    assert!(script.elapsed() >= (100 + 200 + 400 + 800 + 1600) * Duration::from_millis(1) / 2);
    failover.progress();
    let before = script.elapsed();
    assert!(matches!(failover.next(&script.at(60)), Ok(Event::Lost)));
    assert!(matches!(failover.next(&script.at(60)), Ok(Event::Reconnected)));
    assert_eq!(script.elapsed(), before);
}

#[test]
fn without_a_connection_nothing_can_be_handed_over() {
    let settings = settings(&["a"], &[]);
    let mut failover = Failover::new(&settings, Script::new([]), 1);
    assert!(!failover.flush());
    failover.settle(ReplyId(1), Settlement::Accept);
    failover.close(false);
}

#[test]
fn a_connection_is_closed_in_order_within_the_close_timeout() {
    let settings = settings(&["a"], &[("close_timeout", "7")]);
    let script = Script::new([after(0, open())]);
    let mut failover = Failover::new(&settings, script.clone(), 1);
    failover.connect().unwrap();
    assert!(failover.flush());
    failover.close(false);
    assert_eq!(*script.closes.borrow(), [7 * SECOND]);
}
