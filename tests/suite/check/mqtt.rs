//! A check over MQTT: the broker's CONNACK and SUBACK, and what the broker says of itself.

use amqp_sandbox::{Answer, Body, ConnectionAct, LinkAct, Options, ReplyAct, When};
use serde_json::{Value, json};

use super::{CHECK, document, found, steps};
use crate::{
    harness::{Bench, Config, LONG, Protocol, images, rule, signal},
    peer,
};

pub(super) const WHOLE: [&str; 5] = ["resolve ok", "tcp ok", "tls ok", "open ok", "receiver ok"];

fn bench(set: impl FnOnce(&mut Options)) -> (Bench, Config) {
    let bench = Protocol::Mqtt.bench_with(set);
    let config = bench.config().set("topic_listen_to", "\"signed/{task_id}\"");
    (bench, config)
}

#[test]
fn it_shows_what_the_broker_says_of_itself() {
    let (bench, config) = bench(|options| {
        options.mqtt_broker.receive_maximum = Some(20);
        options.mqtt_broker.keep_alive = Some(25);
        options.mqtt_broker.maximum_packet_size = Some(70_000);
    });
    let document = document(&bench, &config, CHECK, 0);
    assert_eq!(steps(&document["brokers"][0]["steps"]), WHOLE, "{document:#}");
    let open = found(&document, "open");
    let id = open["client_id"].as_str().unwrap();
    assert!(id.len() == 20 && id.bytes().all(|b| b.is_ascii_alphanumeric()), "{id}");
    let expected = json!({
        "version": "5",
        "client_id": id,
        "session_expiry": null,
        "keep_alive": 25,
        "receive_maximum": 20,
        "max_packet_size": 70_000,
    });
    assert_eq!(*open, expected);
    let receiver = json!({"address": "signed/7", "credit": null, "max_message_size": null});
    assert_eq!(*found(&document, "receiver"), receiver);

    let ended = bench.run(&config, CHECK).expect(0);
    for expected in [
        "; receive maximum 20; keep alive 25 s; packets up to 70000 bytes\n",
        "signed/7; whether the client may send is known only with the first request\n",
        "nothing to do: a run would connect to mqtts://localhost",
    ] {
        assert!(ended.stdout.contains(expected), "{}", ended.stdout);
    }
    // Nothing is sent, and no session stays.
    let record = bench.record();
    assert!(record.requests.is_empty() && record.deliveries.is_empty(), "{record:?}");
    for connection in &record.connections {
        let connect = connection.mqtt.as_ref().unwrap();
        assert_eq!((connect.clean_start, connect.session_expiry.unwrap_or(0)), (true, 0));
        assert!(connect.disconnect.is_some(), "{connect:?}");
    }
}

#[test]
fn without_a_task_it_ends_with_the_connack() {
    let (bench, config) = bench(|_| {});
    let document = document(&bench, &config, "check", 0);
    assert_eq!(steps(&document["brokers"][0]["steps"]), WHOLE[..4]);
    assert!(document["advice"].as_str().unwrap().contains("without --task-id"), "{document}");
    assert!(bench.record().links.is_empty());
}

#[test]
fn an_old_version_says_nothing_of_itself() {
    let (bench, config) = bench(|options| options.mqtt_broker.only_311 = true);
    let document = document(&bench, &config.clone().set("mqtt_version", "3.1.1"), CHECK, 0);
    let open = found(&document, "open");
    assert_eq!((&open["version"], &open["receive_maximum"]), (&json!("3.1.1"), &Value::Null));
    // Asked in MQTT 5, the broker hangs up without a word.
    let config = config.set("connect_timeout", "1");
    let ended = bench.run(&config, CHECK).expect(69);
    assert!(ended.stdout.contains("MQTT 3.1.1"), "{}", ended.stdout);
}

/// The step that fails, and the status, which is that of a run.
#[test]
fn a_refusal_is_that_of_its_step() {
    let code = |code| Answer { reason: Some("says the sandbox".into()), ..Answer::code(code) };
    for (rules, status, steps_of, says, advice) in [
        (
            vec![rule(When::Connect, ConnectionAct::Connack(code(0x87)))],
            77,
            &["open failed"][..],
            "not authorized (0x87)",
            "check that the client may connect: its certificate, or username and password_file",
        ),
        (
            vec![rule(When::Connect, ConnectionAct::Connack(code(0x88)))],
            69,
            &["open failed"],
            "server unavailable (0x88)",
            "",
        ),
        (
            vec![rule(When::ReceiverLink, LinkAct::Suback(code(0x87)))],
            77,
            &["open ok", "receiver failed"],
            "listening to \"signed/7\" refused: not authorized (0x87)",
            "check topic_listen_to, and that the client's identity may read from it",
        ),
        (
            vec![rule(When::ReceiverLink, LinkAct::Suback(code(0x8f)))],
            77,
            &["open ok", "receiver failed"],
            "topic filter invalid (0x8F)",
            "check topic_listen_to: the broker does not accept such a topic",
        ),
    ] {
        let (bench, config) = bench(|options| options.behaviours = rules);
        let config = config.set("connect_timeout", "1").patience(1, 1, 1);
        let document = document(&bench, &config, CHECK, status);
        let steps = steps(&document["brokers"][0]["steps"]);
        assert_eq!(steps[3..], *steps_of, "{document:#}");
        let last = document["brokers"][0]["steps"].as_array().unwrap().last().unwrap();
        let problem = last["problem"].as_str().unwrap();
        assert!(problem.contains(says) && problem.contains("says the sandbox"), "{problem}");
        let said = document["advice"].as_str().unwrap();
        assert!(said.starts_with("to do first: ") && said.contains(advice), "{said}");
        bench.run(&config, &images(1)).expect(status).says(says);
    }
}

/// A subscription that is granted with less than was asked for is a line of the report, and not of the log.
#[test]
fn a_subscription_without_acknowledgement_is_a_warning() {
    let (bench, config) = bench(|options| {
        options.behaviours = vec!["suback=0x00@receiver".parse().unwrap()];
    });
    let document = document(&bench, &config, CHECK, 0);
    let steps = steps(&document["brokers"][0]["steps"]);
    assert_eq!(steps.last().unwrap(), "receiver warning");
    let words = "the broker delivers replies from \"signed/7\" without acknowledgement (QoS 0)";
    let advice = document["advice"].as_str().unwrap();
    assert!(advice.starts_with(&format!("to do first: {words}")), "{advice}");
    let ended = bench.run(&config, CHECK).expect(0);
    let line = ended.stdout.lines().find(|line| line.starts_with("warning  receiver"));
    assert!(line.is_some_and(|line| line.contains(words)), "{}", ended.stdout);
    assert_eq!(ended.reported(), "");
}

/// The broker knows a client id once.
#[test]
fn a_client_id_of_the_configuration_is_used_and_warned_of() {
    let (bench, config) = bench(|_| {});
    let config = config.set("mqtt_client_id", "\"signer-{creator}\"");
    for arguments in ["check", CHECK] {
        let ended = bench.run(&config, &format!("{arguments} --json")).expect(0);
        ended.says(
            "mqtt_client_id is \"signer-sandbox-client\": the broker ends a run that uses it now",
        );
        let document = ended.document();
        assert_eq!(found(&document, "open")["client_id"], "signer-sandbox-client");
    }
    // Without a task there is no value for its field.
    let config = config.set("mqtt_client_id", "\"signer-{task_id}\"");
    bench.run(&config, CHECK).expect(0).says("mqtt_client_id is \"signer-7\"");
    let ended = bench.run(&config, "check").expect(78);
    let expected = "mqtt_client_id: {task_id} has no value; --task-id is required";
    assert!(ended.stdout.contains(expected), "{}", ended.stdout);
}

/// Replies that wait for a run that was killed are in the session of its client id, which a check does not use. With
/// `mqtt_client_id` it does, and says so: the run that goes on asks again.
#[test]
fn replies_that_wait_for_a_run_with_a_state_file_stay_where_they_are() {
    for (client_id, sent) in [(None, 2), (Some("signer"), 3)] {
        let (bench, mut config) = bench(|options| {
            options.behaviours = vec![rule(When::Request(1), ReplyAct::NoReply)];
            options.signing[0].1 = "topic://signed/7".into();
        });
        config = config.patience(2, 1, 3);
        if let Some(id) = client_id {
            config = config.set("mqtt_client_id", id);
        }
        let arguments = format!("{} --state {}", images(2), bench.folder().join("state").display());
        let running = bench.program(&config, &arguments).start();
        // The second reply shows that the client has seen what became of the first request.
        bench.sandbox.wait_for(LONG, |record| record.accepted().count() == 1).unwrap();
        signal("KILL", running.id());
        assert_eq!(running.wait().status, 137);
        let id = bench.record().requests[0].request_id.clone().unwrap();
        bench.sandbox.publish("topic://signed/7", Body::Text(peer::reply_text(&id)), &[]);

        let ended = bench.run(&config, CHECK).expect(0);
        let warned = ended.reported().contains("and drops the replies that it keeps for one");
        assert_eq!(warned, client_id.is_some(), "{}", ended.stderr);
        assert!(bench.record().deliveries.iter().all(|delivery| delivery.connection == 1));
        bench.run(&config, &arguments).expect(0);
        assert_eq!(bench.record().requests.len(), sent, "{client_id:?}");
    }
}
