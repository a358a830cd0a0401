//! User names, passwords and client ids.

use super::bench_with;
use crate::harness::{Bench, images};

fn demanding(user: &str, password: Option<&str>) -> Bench {
    bench_with("", |options| {
        options.mqtt_broker.user = Some((user.into(), password.map(str::to_owned)));
    })
}

/// The name alone is allowed: some brokers know the client by its certificate, and want its name.
#[test]
fn a_user_name_needs_no_password() {
    let bench = demanding("me", None);
    bench.run(&bench.config().set("username", "me"), &images(1)).expect(0);
    let connect = bench.record().connections[0].mqtt.clone().unwrap();
    assert_eq!((connect.user_name.as_deref(), connect.password), (Some("me"), None));
}

#[test]
fn a_password_is_sent_with_the_name() {
    let bench = demanding("me", Some("secret"));
    let file = bench.file("password", "secret\n").display().to_string();
    let config = bench.config().set("username", "me").set("password_file", &file);
    bench.run(&config, &images(1)).expect(0);
    let wrong = bench.file("wrong", "other\n").display().to_string();
    let ended = bench.run(&config.set("password_file", &wrong), &images(1)).expect(77);
    ended.says_once("not authorized (0x87)").says("username and password_file");
    assert!(!ended.stderr.contains("other\n"));
}

/// A broker that goes by the certificate takes a name amiss.
#[test]
fn with_a_certificate_no_name_is_made_up() {
    let bench = bench_with("", |_| {});
    bench.run(&bench.config(), &images(1)).expect(0);
    let connect = bench.record().connections[0].mqtt.clone().unwrap();
    assert_eq!((connect.user_name, connect.password), (None, None));
}

/// Each run makes up another one.
#[test]
fn two_runs_have_different_client_ids() {
    let bench = bench_with("", |_| {});
    for _ in 0..2 {
        bench.run(&bench.config(), &images(1)).expect(0);
    }
    let record = bench.record();
    assert_ne!(record.connections[0].container_id, record.connections[1].container_id);
}
