//! Values in addresses: none reaches a queue that the template's author did not mean.

use amqp_sandbox::remote::Seen;

use crate::{
    bench::{Bench, LONG},
    harness::images,
    kinds::{Reach, Route},
};

/// A victim that no other test has, a template for an address of replies, and a value for the template.
fn case(reach: &Reach) -> (Route, String, String) {
    let route = Route::of(&[reach.victim, reach.victim, reach.value, reach.template]);
    let (template, value) = (route.listen_to.clone(), route.replies.clone());
    (route, template, value)
}

/// Puts requests into a queue without a reader, and returns the log.
pub fn fill(bench: &Bench, route: &Route, count: usize) -> String {
    let config = bench.config(&Route { send_to: route.send_to.clone(), ..bench.route() });
    let program = bench.watch(&config, &images(count));
    program.wait_for("Accepted", count);
    program.log()
}

/// Waits until a signing server has got the `count` requests that are left in the victim's queue, and no other.
fn leaves(bench: &Bench, route: &Route, count: usize, log: &str) {
    let outcomes = fill(bench, route, 1);
    let last = outcomes.split_once("outcome of request ").unwrap().1.split(':').next().unwrap();
    let signer = bench.signer(&Route { replies: bench.route().replies, ..route.clone() });
    let complete =
        |seen: &Seen| seen.requests.len() > count && seen.requests.iter().any(|id| id == last);
    signer.wait_for(LONG, complete).unwrap();
    assert_eq!(signer.seen().requests.len(), count + 1, "{log}");
}

#[test]
fn a_value_does_not_take_messages_of_another_queue() {
    let bench = Bench::new();
    for reach in bench.kind.reaches {
        let (route, template, value) = case(reach);
        fill(&bench, &route, 5);
        let config = bench.config(&Route { listen_to: template, ..bench.route() });
        let arguments = images(1).replace("--task-id 7", &format!("--task-id {value}"));
        let ended = bench.run(&config, &arguments).expect(2);
        ended.says("(it goes into topic_listen_to)");
        assert!(!ended.stderr.contains("connected"), "{}", ended.stderr);
        leaves(&bench, &route, 5, &ended.stderr);
    }
}

/// The same text in the template is what its author means: it takes them.
#[test]
fn a_template_may_take_messages_of_another_queue() {
    let bench = Bench::new();
    for reach in bench.kind.reaches {
        let (route, template, value) = case(reach);
        let listen_to = template.replace("{task_id}", &value);
        fill(&bench, &route, 5);
        let config = bench.config(&Route { listen_to, ..bench.route() });
        let ended = bench.run(&config.patience(4, 1, 1), &images(1));
        leaves(&bench, &route, if reach.takes { 0 } else { 5 }, &ended.stderr);
    }
}
