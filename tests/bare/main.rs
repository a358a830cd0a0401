//! The self-contained program in an empty root: a folder with the program, a configuration and
//! certificates, and only the files that a test adds.
//!
//! `packaging/test-static` runs these on a separate network, whose only name servers are those that a test starts.

// One crate in modules, not a library.
#![allow(unreachable_pub)]

mod dns;
mod root;

use std::{fs, net::Ipv4Addr, time::Duration};

use amqp_sandbox::{ReplyAct, Rule, When};
use test_support::harness::{self, Bench, images, signal, took_between};

use root::Root;

const NAME: &str = "broker.example.test";

/// A sandbox whose certificate is for [`NAME`] and for 127.0.0.1.
fn bench() -> Bench {
    let authority = amqp_sandbox::pki::Authority::new("CA").unwrap();
    let certificate = authority.server(&[NAME, "127.0.0.1"], Default::default()).unwrap();
    Bench::with(|options| {
        options.authority = Some(authority);
        options.server_certificate = Some(certificate);
    })
}

#[test]
fn the_root_is_empty() {
    let bench = bench();
    let root = Root::new(&bench, NAME);
    assert_eq!(root.content(), ["amqp-messenger", "ca.pem", "client.pem", "config.yaml"]);
    let ended = root.program(&["--version"], "").run().expect(0);
    assert!(ended.stdout.contains("Qpid Proton 0."), "{}", ended.stdout);
}

#[test]
fn an_address_needs_nothing() {
    let bench = bench();
    let root = Root::new(&bench, "127.0.0.1");
    let ended = root.run(&images(3)).expect(0);
    assert_eq!(ended.messages().len(), 3);
    let record = bench.record();
    let connection = &record.connections[0];
    assert!(connection.tls && connection.certificate_subject.is_some());
}

#[test]
fn the_hosts_file_is_enough_for_a_name() {
    let bench = bench();
    let root = Root::new(&bench, NAME);
    root.file("etc/hosts", &format!("127.0.0.1 {NAME}\n"));
    root.run(&images(3)).expect(0);
    assert_eq!(bench.record().connections[0].server_name.as_deref(), Some(NAME));
}

#[test]
fn the_dns_is_enough_for_a_name() {
    let bench = bench();
    let server = dns::serve(Ipv4Addr::new(127, 0, 0, 2), NAME, Ipv4Addr::LOCALHOST);
    let root = Root::new(&bench, NAME);
    root.file("etc/resolv.conf", &format!("nameserver {server}\n"));
    root.run(&images(3)).expect(0);
    assert_eq!(bench.record().connections[0].server_name.as_deref(), Some(NAME));
}

/// The name server knows only other names; the error names the one that it does not know.
#[test]
fn a_name_that_the_dns_does_not_know_is_named() {
    let bench = bench();
    let server =
        dns::serve(Ipv4Addr::new(127, 0, 0, 3), "another.example.test", Ipv4Addr::LOCALHOST);
    let root = Root::new(&bench, NAME);
    root.file("etc/resolv.conf", &format!("nameserver {server}\n"));
    root.run(&images(1)).expect(69).says(NAME);
}

/// The resolver's own timeout is much longer: the client's deadline and signals end the wait.
#[test]
fn a_name_server_that_says_nothing_ends_with_the_connect_timeout() {
    let bench = bench();
    let server = dns::mute(Ipv4Addr::new(127, 0, 0, 4));
    let silent = |seconds: &str| {
        let root = Root::with(&bench, NAME, |config| {
            config.set("connect_timeout", seconds).patience(1, 1, 1)
        });
        root.file("etc/resolv.conf", &format!("nameserver {}\n", server.at));
        root
    };
    let ended = silent("1").run(&images(1)).expect(69);
    ended.says(NAME).says("resolve: no answer within 1 s");
    took_between(&ended, 1.0, 3.0);

    let root = silent("60");
    server.forget();
    let words = images(1);
    let running = root.program(&words.split(' ').collect::<Vec<_>>(), "").start();
    server.wait_for_a_query();
    signal("TERM", running.id());
    took_between(&running.wait().expect(143), 0.0, 5.0);
}

#[test]
fn without_hosts_and_dns_a_name_is_a_clear_error() {
    let bench = bench();
    let root = Root::new(&bench, NAME);
    let ended = root.run(&images(1)).expect(69);
    ended.says(NAME).says("resolve failed").says("/etc/resolv.conf");
    assert!(bench.record().connections.is_empty());
}

/// All that a run needs is in memory once it waits for the reply.
#[test]
fn one_signature_takes_little_memory() {
    let bench = Bench::misbehaving(vec![Rule::new(When::Any, ReplyAct::NoReply)]);
    let root = Root::new(&bench, "127.0.0.1");
    let arguments = images(1);
    let running = root.program(&arguments.split(' ').collect::<Vec<_>>(), "").start();
    bench.sandbox.wait_for(Duration::from_secs(20), |record| !record.requests.is_empty()).unwrap();
    let status = fs::read_to_string(format!("/proc/{}/status", running.id())).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.strip_suffix(" kB"));
    let peak: u64 = peak.unwrap().trim().parse().unwrap();
    signal("TERM", running.id());
    running.wait().expect(143);
    assert!(peak <= 6 * 1024, "{peak} KiB");
}

/// A module of the C library cannot be loaded into a program that is linked statically.
#[test]
fn foreign_modules_of_the_name_service_are_ignored() {
    let bench = bench();
    let root = Root::new(&bench, NAME);
    root.file(
        "etc/nsswitch.conf",
        "hosts: mymachines resolve [!UNAVAIL=return] foreign files\npasswd: foreign\n",
    );
    root.file("etc/hosts", &format!("127.0.0.1 {NAME}\n"));
    root.run(&images(1)).expect(0);
}

/// OpenSSL reads its configuration at the path of the build host; a module that cannot be loaded is ignored.
#[test]
fn a_foreign_configuration_of_openssl_does_no_harm() {
    let bench = bench();
    let root = Root::new(&bench, "127.0.0.1");
    let config = "openssl_conf = init\n[init]\nproviders = all\n\
                  [all]\ndefault = on\nforeign = foreign\n\
                  [on]\nactivate = 1\n[foreign]\nmodule = /lib/foreign.so\nactivate = 1\n";
    for folder in ["usr/lib/ssl", "usr/lib64/ssl", "etc/ssl", "etc/pki/tls"] {
        root.file(&format!("{folder}/openssl.cnf"), config);
    }
    root.run(&images(1)).expect(0);
}

/// `messaging_ca_cert` is the only store: neither a wrong authority nor a wrong name is accepted.
#[test]
fn the_broker_is_verified() {
    let bench = bench();
    let root = Root::new(&bench, "other.example.test");
    root.file("etc/hosts", "127.0.0.1 other.example.test\n");
    root.run(&images(1))
        .expect(77)
        .says("the broker's certificate is not for \"other.example.test\"");

    let stranger = amqp_sandbox::pki::Authority::new("stranger").unwrap();
    let root = Root::new(&bench, "127.0.0.1");
    root.file("ca.pem", &String::from_utf8(stranger.pem().unwrap()).unwrap());
    root.run(&images(1)).expect(77).says("certificate");
    assert!(bench.record().requests.is_empty());
}

/// There is no /dev/null that could replace a closed stream.
#[test]
fn closed_streams_do_not_abort_it() {
    let bench = bench();
    let root = Root::new(&bench, "127.0.0.1");
    for (redirection, status) in
        [("<&-", 0), ("2>&-", 0), ("<&- 2>&-", 0), (">&-", 74), ("<&- >&- 2>&-", 74)]
    {
        let arguments = images(1);
        let words: Vec<_> = arguments.split(' ').collect();
        let ended = root.program(&words, redirection).run().expect(status);
        assert_eq!(ended.stdout.is_empty(), status == 74, "{redirection}");
    }
    assert_eq!(bench.record().requests.len(), 3);
}
