//! The client speaks MQTT, and the signing server AMQP 1.0, through one broker.

use amqp_sandbox::remote::{Mqtt, RemoteSigner, Settings};

use crate::{
    bench::{Bench, variable},
    harness::images,
    kinds::{Between, Route},
    observer::Observer,
    signing::all_signed,
};

/// What the broker makes of messages, and a signing server over AMQP; `None` if the broker does not speak AMQP.
fn between(bench: &Bench) -> Option<(&'static Between, Route, RemoteSigner)> {
    let between = bench.kind.between.as_ref()?;
    let route = Route::of(&between.route);
    let over_amqp = |settings: &mut Settings| {
        settings.brokers = vec![variable("BROKER_URL")];
        settings.sasl = between.sasl;
        settings.mqtt = Mqtt::default();
    };
    let signer = bench.signer_with(&route, over_amqp);
    Some((between, route, signer))
}

#[test]
fn a_signing_server_over_amqp_answers() {
    let bench = Bench::new();
    let Some((_, route, _signer)) = between(&bench) else { return };
    all_signed(&bench.run(&bench.config(&route), &images(20)).expect(0), 20);
}

#[test]
fn the_properties_of_a_request_as_a_signing_server_over_amqp_sees_them() {
    let bench = Bench::new();
    let Some((between, route, signer)) = between(&bench) else { return };
    all_signed(&bench.run(&bench.config(&route), &images(1)).expect(0), 1);
    let seen = signer.seen().properties;
    let digest = format!("sha256:{:064x}", 0);
    let sent = [
        ("service", "suite"),
        ("environment", "test"),
        ("owner_id", "client"),
        ("mtype", "container_signature"),
        ("source", "metadata"),
        ("pub_task_id", "7"),
        ("manifest_digest", &digest),
    ];
    let expected = (between.request)(&sent);
    if between.keeps_order {
        assert_eq!(seen, expected);
    } else {
        assert!(expected.iter().all(|property| seen.contains(property)), "{seen:?}");
    }
}

#[test]
fn the_properties_of_a_reply_from_a_signing_server_over_amqp() {
    let bench = Bench::new();
    let Some((between, route, _signer)) = between(&bench) else { return };
    let ended = bench.run(&bench.config(&route), &images(1)).expect(0);
    let properties = &ended.document()["operation_results"][0][1];
    let names =
        properties.as_object().map(|map| map.keys().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(names.unwrap_or_default(), between.reply, "{properties}");
}

/// Its body is a string; on the wire it may be encoded as in AMQP, in which no text of JSON begins.
#[test]
fn a_reply_that_is_an_amqp_string_is_read() {
    let bench = Bench::new();
    let Some((between, route, _signer)) = between(&bench) else { return };
    let observer = Observer::of(&bench, &route.listen_to);
    let ended = bench.run(&bench.config(&route), &images(1)).expect(0);
    all_signed(&ended, 1);
    let message = observer.message();
    let id = ended.messages()[0]["request_id"].as_str().unwrap().to_owned();
    let text = message.escape_ascii().to_string();
    assert!(text.contains(&id), "{text}");
    // The constructor of a section, and the format code of a string of more than 255 bytes.
    let encoded = message.windows(4).any(|bytes| bytes == [0, 0x53, 0x77, 0xb1]);
    assert_eq!(encoded, between.strings_are_encoded, "{text}");
}
