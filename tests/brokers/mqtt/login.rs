//! Which logins the broker accepts, and with which identity.

use test_support::peer::closed_port;

use crate::{
    bench::{Bench, pem, url},
    harness::{images, took_between},
    kinds::{Login, Route},
    signing::all_signed,
};

/// Every way to log in has the result that the table gives; a refusal comes at once.
#[test]
fn every_login() {
    let bench = Bench::new();
    let route = bench.route();
    let _signer = bench.signer(&route);
    for Login { port, password, certificate, comes_to } in bench.kind.logins {
        eprintln!("{port} as {certificate}, password {password:?}");
        let mut config = bench
            .config(&route)
            .set("messaging_brokers", &format!("[\"{}\"]", url(port)))
            .set("messaging_cert_key", &pem(certificate).display().to_string());
        if let Some(password) = password {
            let file = bench.file("password", password);
            config =
                config.set("username", "suite").set("password_file", &file.display().to_string());
        }
        let (status, says) = comes_to;
        let ended = bench.run(&config, &images(2)).expect(*status);
        ended.logs(says);
        took_between(&ended, 0.0, 30.0);
    }
}

/// As public authorities issue them: each broker refuses it in its own words, or without any.
#[test]
fn a_certificate_that_is_only_for_servers() {
    let bench = Bench::new();
    let config = bench
        .config(&bench.route())
        .set("messaging_cert_key", &pem("serving").display().to_string())
        .set("timeout", "2");
    let ended = bench.run(&config, &images(1));
    assert!([69, 77].contains(&ended.status), "{}: {}", ended.status, ended.stderr);
    ended.says("extended key usage does not include clientAuth; have one issued that does");
}

/// The first broker of the list is down.
#[test]
fn the_next_broker_is_used() {
    let bench = Bench::new();
    let route = bench.route();
    let _signer = bench.signer(&route);
    let down = format!("mqtts://localhost:{}", closed_port());
    let config = bench
        .config(&route)
        .set("messaging_brokers", &format!("[\"{down}\", \"{}\"]", url("mqtts")));
    bench.run(&config, &images(2)).expect(0).says(&format!("WARN  {down}"));
}

/// A broker that speaks only 3.1.1 does not say so; the client does.
#[test]
fn the_other_version() {
    let bench = Bench::new();
    let other = if bench.kind.version == "5" { "3.1.1" } else { "5" };
    let config_of =
        |route: &Route| bench.config(route).set("mqtt_version", &format!("\"{other}\""));
    let config = config_of(&bench.route()).patience(2, 1, 1);
    let ended = bench.run(&config, "check --task-id 7");
    if other == "5" {
        assert_eq!(ended.status, 69, "{}", ended.stdout);
        assert!(ended.stdout.contains("mqtt_version: \"3.1.1\""), "{}", ended.stdout);
    } else {
        assert_eq!(ended.status, 0, "{}", ended.stdout);
        let route = bench.route();
        let _signer = bench.signer(&route);
        all_signed(&bench.run(&config_of(&route), &images(2)).expect(0), 2);
    }
}
