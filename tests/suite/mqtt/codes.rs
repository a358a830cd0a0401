//! Reason codes: what each of them does, wherever a broker may send it.

use crate::harness::{SEND_TO, images, took_between};

use super::{bench, one_window};

const SEND: &str = "VirtualTopic.sandbox.sign";
const LISTEN: &str = "VirtualTopic.sandbox.reply";

/// The request was taken: also with a code that no standard has.
#[test]
fn a_puback_below_0x80_accepts() {
    for code in ["0x00", "0x00,some-words", "0x11", "0x7f"] {
        let bench = bench(&format!("puback={code}@request=2"));
        bench.run(&bench.config(), &images(3)).expect(0);
        assert_eq!(bench.record().arrivals(), [1; 3], "{code}");
    }
}

/// The broker may take it later: in the next window it is sent again.
#[test]
fn a_puback_of_something_that_passes_has_the_request_sent_again() {
    for (code, name) in [
        ("0x10", "no matching subscribers (0x10)"),
        ("0x83", "implementation specific error (0x83)"),
        ("0x97", "quota exceeded (0x97)"),
    ] {
        let again = bench(&format!("puback={code}@request=2"));
        let ended = again.run(&again.config().patience(1, 2, 1), &images(3)).expect(0);
        assert_eq!(ended.reported().contains("has no subscriber"), code == "0x10", "{code}");
        assert_eq!(again.record().arrivals(), [1, 2, 1], "{code}");
        let never = bench(&format!("puback={code},full@contains=sha256:{:064x}", 1));
        let ended = never.run(&never.config().patience(1, 2, 1), &images(3)).expect(75);
        ended.says_once(&format!(
            "not accepted by the broker: {name}: full; running again can help"
        ));
        assert_eq!(ended.present(), [true, false, true]);
        assert_eq!(never.record().arrivals(), [1, 2, 1], "{code}");
    }
}

/// The topic has no subscriber: the run says that once.
#[test]
fn a_topic_without_a_subscriber_is_warned_of_once() {
    let bench = bench("puback=0x10@first");
    let ended = bench.run(&bench.config().patience(1, 2, 1), &images(3)).expect(0);
    ended.says_once(&format!("the broker has no subscriber to \"{SEND}\""));
}

/// With `--quiet` only the errors are seen: they have the remedy, too.
#[test]
fn a_topic_that_stays_without_a_subscriber_has_its_remedy_in_the_error() {
    let bench = bench("puback=0x10");
    let ended = bench.run(&one_window(&bench), &format!("{} --quiet", images(3))).expect(75);
    ended.says_once(
        "the topic has no subscriber: check topic_send_to, and whether the signing server runs",
    );
    assert!(!ended.stderr.contains(" WARN "), "{}", ended.stderr);
}

/// Only that request fails, with the broker's words.
#[test]
fn a_puback_about_the_request_fails_it_alone() {
    for (code, name) in [
        ("0x80", "unspecified error (0x80)"),
        ("0x92", "packet identifier not found (0x92)"),
        ("0x95", "packet too large (0x95)"),
        ("0x99", "payload format invalid (0x99)"),
        ("0x9f", "connection rate exceeded (0x9F)"),
        ("0xc3", "unknown reason code (0xC3)"),
    ] {
        let bench = bench(&format!("puback={code},not-so@request=2"));
        let ended = bench.run(&bench.config(), &images(3)).expect(75);
        took_between(&ended, 0.0, 5.0);
        ended.says_once(&format!("not accepted by the broker: {name}: not-so"));
        assert_eq!(ended.present(), [true, false, true], "{code}");
        assert_eq!(bench.record().arrivals(), [1; 3], "{code}");
    }
}

/// Nothing more is sent; what the broker took before may still be answered in its window.
#[test]
fn a_puback_that_forbids_to_send_ends_sending() {
    for (code, name) in [("0x87", "not authorized (0x87)"), ("0x90", "topic name invalid (0x90)")] {
        let bench = bench(&format!("puback={code},says-the-acl@request=2 no-reply@request=1"));
        let ended = bench.run(&one_window(&bench), &images(3)).expect(77);
        ended.says(
            &format!("sending to \"{SEND_TO}\" refused: {name}: says-the-acl")
                .replace("topic://", ""),
        );
        assert_eq!(bench.record().connections.len(), 1);
    }
}

/// The packet ids of client and broker differ: a new session.
#[test]
fn a_puback_that_the_id_is_in_use_begins_another_session() {
    let bench = bench("puback=0x91@request=2");
    let ended = bench.run(&bench.config(), &images(3)).expect(0);
    ended.says("packet identifier in use (0x91)").says("connecting again");
    let record = bench.record();
    let clean =
        |connection: usize| record.connections[connection].mqtt.clone().unwrap().clean_start;
    assert!(clean(0) && clean(1));
}

#[test]
fn a_suback_that_grants_lets_the_run_go_on() {
    for code in ["0x00", "0x01", "0x02"] {
        let bench = bench(&format!("suback={code}@receiver"));
        let ended = bench.run(&bench.config(), &images(2)).expect(0);
        let warned = ended.reported().contains("without acknowledgement (QoS 0)");
        assert_eq!(warned, code == "0x00", "{code}: {}", ended.stderr);
    }
}

#[test]
fn a_suback_that_refuses_ends_the_run_before_anything_is_sent() {
    for (code, name) in [
        ("0x87", "not authorized (0x87)"),
        ("0x8f", "topic filter invalid (0x8F)"),
        ("0x9e", "shared subscriptions not supported (0x9E)"),
        ("0xa1", "subscription identifiers not supported (0xA1)"),
        ("0xa2", "wildcard subscriptions not supported (0xA2)"),
    ] {
        let bench = bench(&format!("suback={code},says-the-acl@receiver"));
        let ended = bench.run(&bench.config(), &images(2)).expect(77);
        took_between(&ended, 0.0, 5.0);
        ended.says_once(&format!("listening to \"{LISTEN}\" refused: {name}: says-the-acl\n"));
        ended.says_once("check topic_listen_to");
        let record = bench.record();
        assert_eq!((record.requests.len(), record.connections.len()), (0, 1), "{code}");
    }
}

#[test]
fn a_suback_of_something_that_passes_leads_to_the_next_broker() {
    for (code, name) in [
        ("0x80", "unspecified error (0x80)"),
        ("0x83", "implementation specific error (0x83)"),
        ("0x91", "packet identifier in use (0x91)"),
        ("0x97", "quota exceeded (0x97)"),
        ("0xc3", "unknown reason code (0xC3)"),
    ] {
        let bench = bench(&format!("suback={code},not-now@receiver@connection=1"));
        let ended = bench.run(&bench.config(), &images(2)).expect(0);
        ended.logs(&format!("{name}: not-now"));
        assert_eq!(bench.record().connections.len(), 2, "{code}");
    }
}

/// The broker is not tried again: it would say the same.
#[test]
fn a_connack_that_refuses_the_client_ends_the_run() {
    for (code, name, remedy) in [
        ("0x84", "unsupported protocol version (0x84)", "set mqtt_version"),
        ("0x85", "client identifier not valid (0x85)", "set mqtt_client_id"),
        ("0x86", "bad user name or password (0x86)", "username and password_file"),
        ("0x87", "not authorized (0x87)", "check that the client may connect"),
        ("0x8a", "banned (0x8A)", "check that the client may connect"),
        ("0x8c", "bad authentication method (0x8C)", ""),
    ] {
        let bench = bench(&format!("connack={code},who-are-you"));
        let ended = bench.run(&bench.config(), &images(2)).expect(77);
        took_between(&ended, 0.0, 5.0);
        ended.says_once(&format!("{name}: who-are-you")).says(remedy);
        assert_eq!(bench.record().connections.len(), 1, "{code}");
    }
}

#[test]
fn a_connack_of_something_that_passes_leads_to_the_next_broker() {
    for (code, name) in [
        ("0x80", "unspecified error (0x80)"),
        ("0x81", "malformed packet (0x81)"),
        ("0x82", "protocol error (0x82)"),
        ("0x83", "implementation specific error (0x83)"),
        ("0x88", "server unavailable (0x88)"),
        ("0x89", "server busy (0x89)"),
        ("0x95", "packet too large (0x95)"),
        ("0x97", "quota exceeded (0x97)"),
        ("0x9c", "use another server (0x9C)"),
        ("0x9d", "server moved (0x9D)"),
        ("0x9f", "connection rate exceeded (0x9F)"),
        ("0xc3", "unknown reason code (0xC3)"),
    ] {
        let bench = bench(&format!("connack={code},not-now@connection=1"));
        let ended = bench.run(&bench.config(), &images(2)).expect(0);
        ended.logs(&format!("{name}: not-now"));
        assert_eq!(bench.record().connections.len(), 2, "{code}");
    }
}

/// The certificate would be checked for another name.
#[test]
fn a_reference_to_another_broker_is_told_and_not_followed() {
    let elsewhere = bench("");
    let port = elsewhere.plain_url().rsplit(':').next().unwrap().to_owned();
    for rule in [
        format!("connack=0x9d,reference=localhost:{port},gone@connection=1"),
        format!("disconnect=0x9c,reference=localhost:{port},gone@request=1"),
    ] {
        let bench = bench(&rule);
        let ended = bench.run(&bench.config(), &images(2)).expect(0);
        ended.logs(&format!("gone (server reference: localhost:{port})"));
        assert_eq!(bench.record().connections.len(), 2);
    }
    assert!(elsewhere.record().connections.is_empty());
}

/// It ends the connection for a reason that passes, or for no fault of the client's: nothing is lost.
#[test]
fn a_disconnect_of_something_that_passes_leads_to_the_next_broker() {
    for (code, name) in [
        ("0x00", "success (0x00)"),
        ("0x04", "disconnect with will message (0x04)"),
        ("0x80", "unspecified error (0x80)"),
        ("0x81", "malformed packet (0x81)"),
        ("0x82", "protocol error (0x82)"),
        ("0x83", "implementation specific error (0x83)"),
        ("0x89", "server busy (0x89)"),
        ("0x8b", "server shutting down (0x8B)"),
        ("0x8d", "keep alive timeout (0x8D)"),
        ("0x93", "receive maximum exceeded (0x93)"),
        ("0x94", "topic alias invalid (0x94)"),
        ("0x95", "packet too large (0x95)"),
        ("0x96", "message rate too high (0x96)"),
        ("0x97", "quota exceeded (0x97)"),
        ("0x98", "administrative action (0x98)"),
        ("0x99", "payload format invalid (0x99)"),
        ("0x9c", "use another server (0x9C)"),
        ("0x9d", "server moved (0x9D)"),
        ("0x9f", "connection rate exceeded (0x9F)"),
        ("0xa0", "maximum connect time (0xA0)"),
        ("0xc3", "unknown reason code (0xC3)"),
    ] {
        let bench = bench(&format!("disconnect={code},enough@request=2"));
        let ended = bench.run(&bench.config(), &images(3)).expect(0);
        ended.says_once(&format!(
            "connection ended by the broker: {name}: enough; connecting again"
        ));
        let record = bench.record();
        assert_eq!(record.connections.len(), 2, "{code}");
        assert_eq!(record.connections[1].mqtt.as_ref().unwrap().session_present, Some(true));
    }
}

/// Another client uses the id: the two would take turns forever.
#[test]
fn a_session_that_is_taken_over_ends_the_run() {
    let bench = bench("disconnect=0x8e@request=2 no-reply@request=1");
    let ended = bench.run(&bench.config(), &images(3)).expect(77);
    took_between(&ended, 0.0, 5.0);
    ended.says_once("session taken over (0x8E)").says_once("give each run a client id of its own");
    assert_eq!(bench.record().connections.len(), 1);
}

/// Which request it was is not said: none of them is sent again, and what was accepted is waited for.
#[test]
fn a_disconnect_that_forbids_to_send_ends_sending() {
    for (code, name) in [
        ("0x87", "not authorized (0x87)"),
        ("0x90", "topic name invalid (0x90)"),
        ("0x9a", "retain not supported (0x9A)"),
        ("0x9b", "QoS not supported (0x9B)"),
    ] {
        let bench = bench(&format!("disconnect={code},says-the-acl@request=2"));
        let ended = bench.run(&one_window(&bench), &images(3)).expect(77);
        ended.says(&format!("{name}: says-the-acl"));
        assert!(!ended.present()[1]);
        assert!(bench.record().arrivals().iter().all(|times| *times == 1));
    }
}
