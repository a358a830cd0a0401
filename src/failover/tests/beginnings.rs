//! How a connection is begun: the login, and the terminus of the sender.

use super::*;
use crate::{
    connection::Failure,
    session::{Login, Target},
};

#[test]
fn a_broker_that_requires_sasl_gets_it_in_the_same_attempt_and_at_once_the_next_time() {
    let settings = settings(&["a"], &[]);
    let lost = || vec![(1, Err(lost()))];
    let script = Script::new([
        after(0, of_broker(unauthorised(Subject::WithoutSasl))),
        after(0, reporting(lost())),
        after(0, reporting(lost())),
    ]);
    let mut failover = Failover::new(&settings, script.clone(), 1);
    failover.connect().unwrap();
    assert!(matches!(failover.next(&script.at(9)), Ok(Event::Lost)));
    assert!(matches!(failover.next(&script.at(9)), Ok(Event::Reconnected)));
    let logins: Vec<_> = script.attempts.borrow().iter().map(|attempt| attempt.login).collect();
    assert_eq!(logins, [Login::Bare, Login::Anonymous, Login::Anonymous]);
}

#[test]
fn the_logins_that_a_configuration_allows() {
    use crate::config::SignerType;
    let text = |url: &str, keys: &str| {
        format!(
            "msg_signer: {{messaging_brokers: [\"{url}://b\"], topic_send_to: a, topic_listen_to: b, \
             environment: e, service: s, timeout: 1, retries: 1, send_retries: 1, \
             message_id_key: id, messaging_ca_cert: /ca{keys}}}"
        )
    };
    let (cert, user) = (", messaging_cert_key: /c", ", username: u, password_file: /p");
    use Login::*;
    for (url, keys, expected) in [
        ("amqp", String::new(), vec![Bare, Anonymous]),
        ("amqp", cert.into(), vec![Bare, Anonymous]),
        ("amqps", cert.into(), vec![Bare, ExternalOrAnonymous]),
        ("amqps", user.into(), vec![Plain]),
        ("amqps", format!("{user}{cert}"), vec![Plain]),
        ("amqps", format!("{cert}, sasl: none"), vec![Bare]),
        ("amqps", format!("{cert}, sasl: anonymous"), vec![Anonymous]),
        ("amqps", format!("{cert}, sasl: external"), vec![External]),
        ("amqps", format!("{user}, sasl: plain"), vec![Plain]),
    ] {
        let text = text(url, &keys);
        let parsed = Settings::parse(&text, "f".as_ref(), SignerType::Single, &|_| None);
        let settings = parsed.unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(login::choices(&settings, &settings.brokers[0]), expected, "{text}");
    }
}

/// The broker did not require SASL, so its answer to the connection without SASL counts.
#[test]
fn if_sasl_does_not_help_either_the_first_refusal_stands() {
    let settings = settings(&["a"], &[("timeout", "1")]);
    let first = || of_broker(unauthorised(Subject::Connection));
    let script = Script::new([after(0, first()), after(0, of_broker(lost()))]);
    let error = Failover::new(&settings, script, 1).connect().unwrap_err();
    assert!(error.is_refusal(), "{error}");

    // After a demand for SASL an error has another reason.
    let demand = of_broker(unauthorised(Subject::WithoutSasl));
    let script = Script::new([after(0, demand), after(0, of_broker(lost()))]);
    let error = Failover::new(&settings, script, 1).connect().unwrap_err();
    assert!(!error.is_refusal(), "{error}");

    // A second refusal is the better reason.
    let second = of_broker(unauthorised(Subject::Login));
    let script = Script::new([after(0, first()), after(0, second)]);
    let error = Failover::new(&settings, script, 1).connect().unwrap_err();
    assert!(error.to_string().contains("login refused"), "{error}");
}

#[test]
fn a_missing_address_is_not_looked_for_under_another_login() {
    let settings = settings(&["a"], &[]);
    let missing = refused(Subject::Listening("b".into()), "amqp:not-found");
    let script = Script::new([after(0, Err(Failure::OfRun(missing)))]);
    assert!(Failover::new(&settings, script.clone(), 1).connect().is_err());
    assert_eq!(script.attempts.borrow().len(), 1);
}

#[test]
fn a_broker_that_refuses_the_anonymous_terminus_gets_the_address_from_then_on() {
    let settings = settings(&["a"], &[("close_timeout", "4")]);
    let refusal = || Some(unauthorised(Subject::Sending("a".into())));
    let script = Script::new([
        after(0, Ok(Opening { sender: refusal(), ..Opening::default() })),
        after(0, reporting(vec![(1, Err(lost()))])),
        after(0, open()),
    ]);
    let mut failover = Failover::new(&settings, script.clone(), 1);
    failover.connect().unwrap();
    assert!(matches!(failover.next(&script.at(9)), Ok(Event::Lost)));
    assert!(
        matches!(failover.next(&script.at(9)), Ok(Event::Reconnected)),
        "no refusal is reported"
    );
    let targets: Vec<_> = script.attempts.borrow().iter().map(|attempt| attempt.target).collect();
    assert_eq!(targets, [Target::AsOffered, Target::Address, Target::Address]);
    assert_eq!(*script.closes.borrow(), [4 * SECOND], "two receivers would share the replies");
}

/// Such addresses are those of brokers with an anonymous terminus. Any other broker gets what it offers after all.
#[test]
fn an_address_with_a_scheme_does_without_the_broker_s_offer() {
    use Target::{Address, Anonymous, AsOffered};
    let ended = |name: &str| Err(Failure::OfRun(refused(Subject::Session, name)));
    let refuses = || {
        Ok(Opening {
            sender: Some(unauthorised(Subject::Sending("a".into()))),
            ..Opening::default()
        })
    };
    let opens = || Ok(Opening::default());
    for (key, value, answers, expected) in [
        ("topic_send_to", "\"topic://a\"", vec![opens()], vec![Anonymous]),
        ("topic_send_to", "\"queue://{service}\"", vec![opens()], vec![Anonymous]),
        ("topic_send_to", "\"queue://a\"", vec![refuses(), opens()], vec![Anonymous, Address]),
        (
            "topic_send_to",
            "\"queue://a\"",
            vec![ended("amqp:invalid-field"), opens()],
            vec![Anonymous, AsOffered],
        ),
        ("topic_send_to", "\"/queue/a\"", vec![opens()], vec![AsOffered]),
        ("sender_target", "anonymous", vec![ended("amqp:invalid-field")], vec![Anonymous]),
    ] {
        let settings = settings(&["a"], &[(key, value), ("sasl", "none")]);
        let script = Script::new(answers.into_iter().map(|answer| after(0, answer)));
        let _ = Failover::new(&settings, script.clone(), 1).connect();
        let targets: Vec<_> =
            script.attempts.borrow().iter().map(|attempt| attempt.target).collect();
        assert_eq!(targets, expected, "{value}");
    }
}

#[test]
fn a_refused_sender_is_news_for_the_loops() {
    let refusal = || Some(unauthorised(Subject::Sending("a".into())));
    let refuses = || after(0, Ok(Opening { sender: refusal(), ..Opening::default() }));
    for (target, attempts) in [("auto", 2), ("anonymous", 1), ("address", 1)] {
        let settings = settings(&["a"], &[("sender_target", target)]);
        let script = Script::new([refuses(), refuses()]);
        let mut failover = Failover::new(&settings, script.clone(), 1);
        failover.connect().unwrap();
        let news = failover.next(&script.at(9));
        assert!(matches!(news, Ok(Event::SendingRefused(_))), "{target}: {news:?}");
        assert!(matches!(failover.next(&script.at(9)), Ok(Event::Quiet)), "it is reported once");
        assert_eq!(script.attempts.borrow().len(), attempts, "{target}");
    }
}
