//! Which logins the broker accepts, and with which identity.

use crate::{
    bench::{Bench, folder, pem, url},
    harness::{images, took_between},
    kinds::{Login, WrongHost},
    peer::closed_port,
};

/// Every value of `sasl` has the result that the table gives; a refusal comes at once.
#[test]
fn every_login() {
    let bench = Bench::new();
    let route = bench.route();
    let _signer = bench.signer(&route);
    for Login { sasl, port, password, certificate, comes_to } in bench.kind.logins {
        eprintln!("sasl: {sasl} on {port} as {certificate}, password {password:?}");
        let mut config = bench
            .config(&route)
            .set("messaging_brokers", &format!("[\"{}\"]", url(port)))
            .set("messaging_cert_key", &pem(certificate).display().to_string())
            .set("sasl", sasl);
        if let Some(password) = password {
            let file = bench.file("password", password);
            config =
                config.set("username", "suite").set("password_file", &file.display().to_string());
        }
        let (status, says) = comes_to;
        eprintln!("… comes to {status}");
        let ended = bench.run(&config, &images(2)).expect(*status);
        ended.logs(says);
        took_between(&ended, 0.0, 30.0);
    }
}

/// A password is sent only over TLS: another URL is refused before anything connects.
#[test]
fn a_password_never_goes_without_tls() {
    let bench = Bench::new();
    let route = bench.route();
    let plain = url("amqps").replace("amqps://", "amqp://");
    let password = folder().join("password").display().to_string();
    let config = bench
        .config(&route)
        .set("messaging_brokers", &format!("[\"{plain}\"]"))
        .set("username", "suite")
        .set("password_file", &password);
    bench.run(&config, &images(1)).expect(78).says("amqps");
}

/// As public authorities issue them: each broker refuses it in its own words, or without any.
#[test]
fn a_certificate_that_is_only_for_servers() {
    let bench = Bench::new();
    let route = bench.route();
    let config = bench
        .config(&route)
        .set("messaging_cert_key", &pem("serving").display().to_string())
        .set("timeout", "2");
    let ended = bench.run(&config, &images(1));
    assert!([69, 77].contains(&ended.status), "{}: {}", ended.status, ended.stderr);
    ended.says("extended key usage does not include clientAuth; have one issued that does");
}

#[test]
fn a_virtual_host_that_does_not_exist() {
    let bench = Bench::new();
    let route = bench.route();
    let _signer = bench.signer(&route);
    match bench.kind.wrong_host {
        WrongHost::Refused(host, says) => {
            let ended =
                bench.run(&bench.config(&route).set("open_hostname", host), &images(1)).expect(77);
            ended.logs(says);
            took_between(&ended, 0.0, 30.0);
        }
        WrongHost::HangsUp(host) => {
            let config = bench.config(&route).set("open_hostname", host).patience(1, 1, 1);
            bench.run(&config, &images(1)).expect(69).says("the broker hung up before its Open");
        }
        WrongHost::Ignored => {
            bench.run(&bench.config(&route).set("open_hostname", "nowhere"), &images(1)).expect(0);
        }
    }
}

/// The first broker of the list is down.
#[test]
fn the_next_broker_is_used() {
    let bench = Bench::new();
    let route = bench.route();
    let _signer = bench.signer(&route);
    let down = format!("amqps://localhost:{}", closed_port());
    let config = bench
        .config(&route)
        .set("messaging_brokers", &format!("[\"{down}\", \"{}\"]", url("amqps")));
    bench.run(&config, &images(2)).expect(0).says(&format!("WARN  {down}"));
}
