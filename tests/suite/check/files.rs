//! The client's own files: found wrong before anything connects, and doubtful ones.

use amqp_sandbox::pki::{Subject, Validity};
use openssl::symm::Cipher;

use super::{CHECK, document, steps};
use crate::harness::{Bench, Config, Protocol};

over_both!(certificates_that_end_soon_are_warnings,);

fn with_client(bench: &Bench, until: i64) -> Config {
    let validity = Validity { from: -20, until };
    let identity = bench.sandbox.authority().client(Subject::common_name("me"), validity).unwrap();
    let file = bench.file("me.pem", identity.pem().unwrap());
    bench.config().set("messaging_cert_key", &file.display().to_string())
}

/// The file is named, nothing connects, and the status is that of a run.
#[test]
fn what_is_wrong_with_the_files_is_found_first() {
    let bench = Bench::new();
    let authority = bench.sandbox.authority();
    let pem = |name: &str| {
        let identity = authority.client(Subject::common_name("me"), Validity::default()).unwrap();
        (identity.clone(), bench.file(name, identity.pem().unwrap()))
    };
    let (one, _) = pem("one.pem");
    let (other, _) = pem("other.pem");
    let mixed = [one.certificate.to_pem().unwrap(), other.key.private_key_to_pem_pkcs8().unwrap()];
    let mixed = bench.file("mixed.pem", mixed.concat());
    let key =
        one.key.private_key_to_pem_pkcs8_passphrase(Cipher::aes_256_cbc(), b"secret").unwrap();
    let locked = bench.file("locked.pem", [one.certificate.to_pem().unwrap(), key].concat());
    let no_ca = bench.file("no-ca.pem", "nothing");
    let set =
        |key: &str, value: &std::path::Path| bench.config().set(key, &value.display().to_string());
    for (config, steps_found, problem) in [
        (bench.config().set("retries", "many"), &["configuration failed"][..], "retries"),
        (
            set("messaging_cert_key", "/nowhere.pem".as_ref()),
            &["configuration ok", "certificate failed"],
            "/nowhere.pem",
        ),
        (
            set("messaging_cert_key", &mixed),
            &["configuration ok", "certificate failed"],
            "the private key does not belong to the certificate",
        ),
        (
            set("messaging_cert_key", &locked),
            &["configuration ok", "certificate failed"],
            "the private key is encrypted; name a file with its passphrase",
        ),
        (
            with_client(&bench, -2),
            &["configuration ok", "certificate failed"],
            "the certificate expired on",
        ),
        (
            set("messaging_ca_cert", &no_ca),
            &["configuration ok", "authorities failed"],
            "no-ca.pem",
        ),
        (
            bench.config().set("topic_listen_to", "\"queue://{nonsense}\""),
            &["configuration ok", "certificate ok", "authorities ok", "configuration failed"],
            "{nonsense}",
        ),
        (
            bench.config().set("topic_listen_to", "\"queue://{repo}.{task_id}\""),
            &["configuration ok", "certificate ok", "authorities ok", "configuration failed"],
            "--repo is required",
        ),
    ] {
        let found = document(&bench, &config, CHECK, 78);
        assert_eq!(steps(&found["local"]), steps_found, "{found:#}");
        let last = found["local"].as_array().unwrap().last().unwrap();
        assert!(last["problem"].as_str().unwrap().contains(problem), "{last}");
        assert!(found["advice"].as_str().unwrap().contains(problem), "{found}");
        assert_eq!(found["brokers"], serde_json::json!([]));
        let ended = bench.run(&config, CHECK).expect(78);
        assert!(
            ended.stdout.lines().last().unwrap().starts_with("to do first: "),
            "{}",
            ended.stdout
        );
    }
    assert!(bench.record().connections.is_empty());
}

#[test]
fn a_repository_can_be_given() {
    let bench = Bench::new();
    let config = bench.config().set("topic_listen_to", "\"queue://{repo}.{task_id}\"");
    document(&bench, &config, &format!("{CHECK} --repo ns/app"), 0);
    assert_eq!(bench.record().links.len(), 2);
}

/// A wrong command line is a wrong command line: there is no document.
#[test]
fn wrong_arguments_are_usage_errors() {
    let bench = Bench::new();
    for (arguments, says) in [
        ("check --task-id #", "--task-id: "),
        ("check --task-id=", "--task-id has an empty value"),
        ("check --signing-key null", "--signing-key: is \"null\""),
        ("check --raw", "--raw is not an option of check"),
        ("check something", "unexpected argument"),
    ] {
        let ended = bench.run(&bench.config(), arguments).expect(2);
        ended.says(says);
        assert_eq!(ended.stdout, "");
    }
    assert!(bench.record().connections.is_empty());
}

/// Certificates of both sides whose end is near, or would come within a run.
fn certificates_that_end_soon_are_warnings(protocol: Protocol) {
    let bench = protocol.bench();
    for (until, timeout, says) in
        [(5, "10", "expires on "), (40, "10", ""), (40, "4000000", "within a run, which may take")]
    {
        let config = with_client(&bench, until).set("timeout", timeout).set("retries", "1");
        let config = config.set("send_retries", "1");
        let found = document(&bench, &config, CHECK, 0);
        let certificate = &found["local"][1];
        let expected = if says.is_empty() { "ok" } else { "warning" };
        assert_eq!(certificate["state"], expected, "{certificate}");
        assert!(
            certificate["problem"].as_str().unwrap_or_default().contains(says),
            "{certificate}"
        );
        let advice = found["advice"].as_str().unwrap();
        assert_eq!(
            advice.starts_with("to do first: the client's certificate expires"),
            expected != "ok",
            "{advice}"
        );
    }
    let authority = bench.sandbox.authority().clone();
    let server = authority.server(&["localhost"], Validity { from: -1, until: 5 }).unwrap();
    let ending = protocol.bench_with(|options| {
        options.authority = Some(authority);
        options.server_certificate = Some(server);
    });
    let found = document(&ending, &ending.config(), CHECK, 0);
    let tls = &found["brokers"][0]["steps"][2];
    assert_eq!(tls["state"], "warning");
    assert!(tls["found"]["broker"]["days_left"].as_u64().unwrap() <= 5, "{tls}");
    assert!(
        found["advice"]
            .as_str()
            .unwrap()
            .starts_with("to do first: the broker's certificate expires on ")
    );
}

/// What nothing can be printed on is not checked.
#[test]
fn a_standard_output_that_cannot_be_written_to() {
    let bench = Bench::new();
    let mut program = bench.program(&bench.config(), CHECK);
    program.command.stdout(std::fs::File::open("/dev/null").unwrap());
    program.run().expect(74).says("standard output");
    assert!(bench.record().connections.is_empty());
    let mut program = bench.program(&bench.config(), CHECK);
    program.command.stdout(std::fs::File::create("/dev/full").unwrap());
    program.run().expect(74).says("standard output");
}
