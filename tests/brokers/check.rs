//! `check`: the broker is reported, and messages that wait stay as they are.

use crate::{
    bench::{Bench, LONG},
    kinds::Route,
    values::fill,
};

const CHECK: &str = "check --task-id 7";

/// Enough for a broker to have delivered some before a check ends.
const COUNT: usize = 60;

/// A queue, not a topic: a message waits in it.
pub fn queue(bench: &Bench) -> Route {
    let is_queue = |route: &Route| {
        let is_topic = |address: &str| address.contains("topic") || address.contains("exchange");
        route.send_to == route.requests && !is_topic(&route.send_to)
    };
    bench.routes().find(is_queue).unwrap()
}

/// ActiveMQ and Broker-J count deliveries; the others would not say that they had delivered a message before.
#[test]
fn a_message_that_waits_is_neither_taken_nor_marked() {
    let bench = Bench::new();
    let (waiting, elsewhere) = (queue(&bench), bench.route());
    fill(&bench, &waiting, COUNT);
    // Replies wait where this client listens.
    let listening = Route { listen_to: waiting.requests.clone(), ..bench.route() };
    for _ in 0..3 {
        let ended = bench.run(&bench.config(&listening), CHECK).expect(0);
        eprintln!("{}", ended.stdout);
        assert!(ended.stdout.contains(&format!("{}; ", waiting.requests)), "{}", ended.stdout);
    }
    let reader = Route { replies: elsewhere.replies, ..waiting };
    let signer = bench.signer(&reader);
    let seen = signer.wait_for(LONG, |seen| seen.requests.len() == COUNT).unwrap();
    assert_eq!(seen.delivered_before, 0, "{seen:?}");
}

#[test]
fn the_broker_is_named_with_its_version() {
    let bench = Bench::new();
    let ended = bench.run(&bench.config(&bench.route()), &format!("{CHECK} --json")).expect(0);
    let document = ended.document();
    let steps = document["brokers"][0]["steps"].as_array().unwrap();
    let last = |name: &str| steps.iter().rfind(|step| step["step"] == name);
    let found = |name: &str| &last(name).unwrap()["found"];
    let open = found("open");
    let product = open["product"].as_str().unwrap().to_lowercase();
    assert!(product.contains(bench.kind.product), "{open}");
    assert!(open["version"].as_str().unwrap().starts_with(|c: char| c.is_ascii_digit()), "{open}");
    assert_eq!(found("tls")["verify"], "full");
    assert!(found("sender")["credit"].as_u64().unwrap() > 0, "{}", found("sender"));
    assert_eq!(found("receiver")["credit"], 0);
}

/// What a run is refused, a check is refused with the same status and words.
#[test]
fn an_address_that_is_refused_is_found() {
    let bench = Bench::new();
    let (listening, says) = bench.kind.refusals.listening_forbidden;
    let config = bench.config(&bench.route()).set("topic_listen_to", &format!("\"{listening}\""));
    let ended = bench.run(&config, CHECK).expect(77);
    assert!(ended.stdout.contains(says), "{says} is not in {}", ended.stdout);
    assert!(ended.stdout.lines().last().unwrap().starts_with("to do first: check topic"));
}
