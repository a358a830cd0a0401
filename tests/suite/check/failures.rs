//! Each step that can fail: what is said, and that a run would end with the same status.

use std::net::TcpListener;

use amqp_frames::HEADER;
use amqp_sandbox::{
    LinkAct, Options, Refusal, Rule, When,
    pki::{Authority, Subject, Validity},
};

use super::{CHECK, document, found, steps, to};
use crate::{
    harness::{Bench, Config, Protocol, images, rule},
    peer,
};

over_both!(
    look_up_and_tcp,
    tls,
    the_certificate_of_a_broker_that_is_refused_is_shown,
    a_certificate_that_the_broker_refuses,
);

/// A broker, the client's configuration for it, and what a check finds.
struct Case {
    what: &'static str,
    bench: Bench,
    config: Config,
    status: i32,
    /// The steps from the first one on that is not simply in order.
    ends: &'static [&'static str],
    problem: &'static str,
    advice: &'static str,
}

/// The check finds this, both for people and for machines, and a run ends with the same status.
#[track_caller]
fn holds(case: &Case) {
    let Case { what, bench, config, status, ends, problem, advice } = case;
    let config = config.clone().set("connect_timeout", "1");
    let found = document(bench, &config, CHECK, *status);
    let steps = steps(&found["brokers"][0]["steps"]);
    let good = steps.iter().take_while(|step| step.ends_with(" ok")).count();
    assert_eq!(steps[good..], **ends, "{what}: {found:#}");
    let last = found["brokers"][0]["steps"].as_array().unwrap().last().unwrap();
    let said = last["problem"].as_str().unwrap_or_default();
    assert!(said.contains(problem), "{problem:?} is not in {said:?}");
    let said = found["advice"].as_str().unwrap();
    assert!(said.starts_with("to do first: ") && said.contains(advice), "{said:?}");
    let ended = bench.run(&config, CHECK).expect(*status);
    assert!(
        ended.stdout.contains(problem) && ended.stdout.lines().last().unwrap().contains(advice)
    );
    assert!(bench.record().requests.is_empty());
    bench.run(&config.patience(1, 1, 1), &images(1)).expect(*status);
}

fn answering(answer: Vec<u8>) -> String {
    format!("amqp://localhost:{}", peer::answering(answer))
}

fn look_up_and_tcp(protocol: Protocol) {
    let bench = || protocol.bench();
    let one = bench();
    let config =
        to(one.config(), &[&format!("{}s://no-such-host.invalid:5671", protocol.scheme())]);
    holds(&Case {
        what: "a name that does not resolve",
        bench: one,
        config,
        status: 69,
        ends: &["resolve failed"],
        problem: "resolve",
        advice: "",
    });
    let one = bench();
    let url = format!("{}s://localhost:{}", protocol.scheme(), peer::closed_port());
    let config = to(one.config(), &[&url]);
    holds(&Case {
        what: "a closed port",
        bench: one,
        config,
        status: 69,
        ends: &["tcp failed"],
        problem: "tcp failed: Connection refused",
        advice: "Connection refused",
    });
}

fn tls(protocol: Protocol) {
    let authority = Authority::new("CA").unwrap();
    let valid = Validity::default();
    let expired = Validity { from: -9, until: -2 };
    let trusting = |bench: &Bench| {
        let ca = bench.file("authority.pem", authority.pem().unwrap());
        bench.config().set("messaging_ca_cert", &ca.display().to_string())
    };
    let serving = |hosts: &[&str], validity| {
        let certificate = authority.server(hosts, validity).unwrap();
        protocol.bench_with(|options| options.server_certificate = Some(certificate))
    };
    let stranger = serving(&["localhost"], valid);
    let (other_host, old) =
        (serving(&["broker.example.com"], valid), serving(&["localhost"], expired));
    let plain = protocol.bench();
    let plain_url = plain.plain_url().replacen(':', "s:", 1);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = protocol.bench();
    let silent_url =
        format!("{}s://localhost:{}", protocol.scheme(), listener.local_addr().unwrap().port());
    let (failed, status) = (&["tls failed"][..], 77);
    for case in [
        Case {
            what: "a broker that says nothing",
            config: to(silent.config(), &[&silent_url]),
            bench: silent,
            status: 69,
            ends: failed,
            problem: "tls: no answer within 1 s",
            advice: "tls: no answer",
        },
        Case {
            what: "no TLS",
            config: to(plain.config(), &[&plain_url]),
            bench: plain,
            status: 69,
            ends: failed,
            // A broker of MQTT has nothing to say to what is no CONNECT.
            problem: protocol.or("the port does not speak TLS", "tls failed: the broker hung up"),
            advice: protocol.or("use amqp:// for a plain port", "tls failed: the broker hung up"),
        },
        Case {
            what: "an unknown authority",
            config: stranger.config(),
            bench: stranger,
            status,
            ends: failed,
            problem: "the broker's certificate is not verified by messaging_ca_cert",
            advice: "put the certificate of the CA that signed the broker's into messaging_ca_cert",
        },
        Case {
            what: "another host",
            config: trusting(&other_host),
            bench: other_host,
            status,
            ends: failed,
            problem: "not for \"localhost\"",
            advice: "use the name that the certificate is for in messaging_brokers",
        },
        Case {
            what: "an expired certificate",
            config: trusting(&old),
            bench: old,
            status,
            ends: failed,
            problem: "the broker's certificate has expired",
            advice: "",
        },
    ] {
        holds(&case);
    }
}

/// What the broker showed is in the report although it was refused.
fn the_certificate_of_a_broker_that_is_refused_is_shown(protocol: Protocol) {
    let authority = Authority::new("CA").unwrap();
    for (hosts, until) in [(["localhost"], -2), (["broker.example.com"], 9)] {
        let certificate = authority.server(&hosts, Validity { from: -9, until }).unwrap();
        let bench = protocol.bench_with(|options| options.server_certificate = Some(certificate));
        for trusts in [false, true] {
            let ca = bench.file("authority.pem", authority.pem().unwrap());
            let trusting = bench.config().set("messaging_ca_cert", &ca.display().to_string());
            let config = if trusts { trusting } else { bench.config() };
            let document = document(&bench, &config, CHECK, 77);
            let shown = &found(&document, "tls")["broker"];
            assert_eq!(shown["hosts"], serde_json::json!(hosts), "{shown}");
            assert_eq!(shown["expired"], until < 0, "{shown}");
            assert_eq!(found(&document, "tls")["verified_by"], serde_json::Value::Null);
        }
    }
}

/// In TLS 1.3 the broker's refusal comes after the handshake.
fn a_certificate_that_the_broker_refuses(protocol: Protocol) {
    let bench = protocol.bench();
    let stranger = Authority::new("another CA").unwrap();
    let identity = stranger.client(Subject::common_name("me"), Validity::default()).unwrap();
    let file = bench.file("stranger.pem", identity.pem().unwrap());
    let config = bench.config().set("messaging_cert_key", &file.display().to_string());
    holds(&Case {
        what: "a certificate of another authority",
        bench,
        config,
        status: 77,
        ends: &["open failed"],
        problem: "the broker refused the client's certificate",
        advice: "ask the broker's administrator",
    });
}

#[test]
fn login_and_open() {
    let only_plain = Bench::with(|options| {
        options.sasl.required = true;
        options.sasl.mechanisms = vec!["PLAIN".into()];
    });
    let bare = Bench::with(|options| options.sasl.required = true);
    let refused = Bench::new();
    let refusing = answering(
        [&HEADER[..], &peer::open(), &peer::close("amqp:unauthorized-access", "not you")].concat(),
    );
    for case in [
        Case {
            what: "SASL: nothing that suits",
            config: only_plain.config(),
            bench: only_plain,
            status: 77,
            ends: &["open retried", "tcp ok", "tls ok", "sasl failed"],
            problem: "the broker offers only PLAIN; set username and password_file",
            advice: "set username and password_file",
        },
        Case {
            what: "SASL is required",
            config: bare.config().set("sasl", "none"),
            bench: bare,
            status: 77,
            ends: &["open failed"],
            problem: "the broker requires SASL",
            advice: "set sasl: auto",
        },
        Case {
            what: "an Open, and then a Close",
            config: to(refused.config(), &[&refusing]).set("sasl", "none"),
            bench: refused,
            status: 77,
            ends: &["receiver failed"],
            problem: "amqp:unauthorized-access: not you",
            advice: "check that the client may connect",
        },
    ] {
        holds(&case);
    }
}

/// The same without links: the broker's Begin is waited for.
#[test]
fn a_close_right_after_the_open_is_seen_without_links() {
    let bench = Bench::new();
    let close = peer::close("amqp:unauthorized-access", "not you");
    let url = answering([&HEADER[..], &peer::open(), &close].concat());
    let config = to(bench.config(), &[&url]).set("sasl", "none");
    let found = document(&bench, &config, "check", 77);
    assert_eq!(
        steps(&found["brokers"][0]["steps"]),
        ["resolve ok", "tcp ok", "sasl ok", "open failed"]
    );
}

/// What was offered and chosen is shown of a login that succeeds and of one that fails.
#[test]
fn the_login_is_shown() {
    let offering = |mechanisms: &[&str]| {
        let mechanisms: Vec<String> = mechanisms.iter().map(ToString::to_string).collect();
        Bench::with(|options: &mut Options| {
            options.sasl.required = true;
            options.sasl.mechanisms = mechanisms;
        })
    };
    for (offered, chosen, status) in [
        (&["EXTERNAL", "PLAIN"][..], Some("EXTERNAL"), 0),
        (&["ANONYMOUS"], Some("ANONYMOUS"), 0),
        (&["PLAIN", "XOAUTH2"], None, 77),
    ] {
        let bench = offering(offered);
        let document = document(&bench, &bench.config(), CHECK, status);
        let sasl = found(&document, "sasl");
        assert_eq!(*sasl, serde_json::json!({"offered": offered, "chosen": chosen}));
    }
}

#[test]
fn links() {
    let refuse = |when, condition: &str| -> Rule {
        let description = Some("says the sandbox".into());
        rule(when, LinkAct::Refuse(Refusal { condition: condition.into(), description }))
    };
    let receiver = Bench::misbehaving(vec![refuse(When::ReceiverLink, "amqp:not-found")]);
    let sender = Bench::misbehaving(vec![refuse(When::SenderLink, "amqp:not-found")]);
    let passing = Bench::misbehaving(vec![refuse(When::ReceiverLink, "amqp:resource-locked")]);
    let once_more = [
        "sender retried",
        "tcp ok",
        "tls ok",
        "sasl ok",
        "open ok",
        "receiver ok",
        "sender failed",
    ];
    let once_more: &'static [&'static str] = Box::leak(Box::new(once_more));
    for case in [
        Case {
            what: "a receiver that is refused",
            config: receiver.config(),
            bench: receiver,
            status: 77,
            ends: &["receiver failed"],
            problem: "listening to \"queue://Consumer.",
            advice: "check topic_listen_to",
        },
        Case {
            what: "a sender that is refused",
            config: sender.config(),
            bench: sender,
            status: 77,
            ends: once_more,
            problem: "sending to \"topic://VirtualTopic.sandbox.sign\" refused",
            advice: "check topic_send_to",
        },
        Case {
            what: "a receiver that is refused for now",
            config: passing.config(),
            bench: passing,
            status: 69,
            ends: &["receiver failed"],
            problem: "amqp:resource-locked",
            advice: "amqp:resource-locked",
        },
    ] {
        holds(&case);
    }
}
