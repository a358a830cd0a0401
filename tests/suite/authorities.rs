//! `messaging_ca_cert` in each of its forms, and why a broker's certificate does not verify.

use std::{fs, os::unix::fs::symlink, path::Path, process::Command};

use amqp_sandbox::pki::{Authority, Identity, Validity};

use crate::{
    harness::{Bench, Config, Protocol, images},
    tls::{refuses, rejects, serving, trusting, with_file, with_server},
};

over_both!(
    an_authority_that_is_not_valid_now_is_named_with_its_file,
    an_authority_that_expires_within_14_days_warns,
    a_missing_issuer_is_named,
    a_folder_is_taken_whatever_its_files_are_called,
    a_trusted_certificate_is_taken_with_its_uses,
    a_revocation_list_in_the_file_counts,
);

const PAST: Validity = Validity { from: -9, until: -2 };
const FUTURE: Validity = Validity { from: 2, until: 9 };

fn ca(bench: &Bench, content: impl AsRef<[u8]>) -> Config {
    with_file(bench, "messaging_ca_cert", "ca.pem", content)
}

fn server_of(authority: &Authority) -> Identity {
    authority.server(&["localhost"], Validity::default()).unwrap()
}

// ---- dates ----

fn an_authority_that_is_not_valid_now_is_named_with_its_file(protocol: Protocol) {
    for (validity, reason) in
        [(PAST, "has expired: it was valid until "), (FUTURE, "is not valid yet: it will be from ")]
    {
        let authority = Authority::valid("old CA", validity).unwrap();
        let bench = serving(protocol, server_of(&authority));
        let expected = format!("/authority.pem {reason}");
        refuses(&bench, &trusting(&bench, &authority), &expected);
        let ended =
            bench.run(&trusting(&bench, &authority).patience(1, 1, 1), &images(1)).expect(77);
        ended.says("the authority \"CN=old CA\" in ").says(" GMT");
    }
}

/// An authority that was not used does no harm.
#[test]
fn an_expired_authority_beside_the_right_one_is_no_problem() {
    let (good, old) = (Authority::new("CA").unwrap(), Authority::valid("old CA", PAST).unwrap());
    let bench = with_server(server_of(&good));
    let pem = [old.pem().unwrap(), good.pem().unwrap()].concat();
    let ended = bench.run(&ca(&bench, pem).set("log_level", "warn"), &images(1)).expect(0);
    assert_eq!(ended.stderr, "");
}

fn an_authority_that_expires_within_14_days_warns(protocol: Protocol) {
    for (until, warns) in [(13, true), (16, false)] {
        let authority = Authority::valid("the CA", Validity { from: -1, until }).unwrap();
        let bench = serving(protocol, server_of(&authority));
        let config = trusting(&bench, &authority).set("log_level", "warn");
        let ended = bench.run(&config, &images(1)).expect(0);
        if warns {
            ended.says_once("/authority.pem: the authority \"CN=the CA\" expires on ");
            ended.says_one_of(&[", 13 days from now", ", 12 days from now"]);
        } else {
            assert_eq!(ended.stderr, "");
        }
    }
}

/// OpenSSL takes the first that is valid, which may be the older.
#[test]
fn an_authority_that_is_renewed_in_the_same_file_does_not_warn() {
    let soon = Authority::valid("CA", Validity { from: -1, until: 5 }).unwrap();
    let late = soon.renewed("CA", Validity { from: -1, until: 50 }).unwrap();
    let bench = with_server(server_of(&soon));
    let [soon, late] = [soon, late].map(|authority| authority.pem().unwrap());
    for pem in [[&soon[..], &late].concat(), [&late[..], &soon].concat()] {
        let ended = bench.run(&ca(&bench, pem).set("log_level", "warn"), &images(1)).expect(0);
        assert_eq!(ended.stderr, "");
    }
}

#[test]
fn dates_of_an_intermediate_that_the_broker_sends_are_told() {
    let authority = Authority::new("CA").unwrap();
    let middle = authority.valid_intermediate("middle", PAST).unwrap();
    let bench = with_server(server_of(&middle));
    refuses(
        &bench,
        &trusting(&bench, &authority),
        "the broker's intermediate certificate \"CN=middle\" has expired: it was valid until ",
    );
}

// ---- the chain ----

fn a_missing_issuer_is_named(protocol: Protocol) {
    let authority = Authority::new("CA").unwrap();
    let middle = authority.intermediate("the middle").unwrap();
    let alone = Identity { chain: Vec::new(), ..server_of(&middle) };
    let bench = serving(protocol, alone);
    refuses(
        &bench,
        &trusting(&bench, &authority),
        "the issuer \"CN=the middle\" is neither in it nor sent by the broker",
    );
}

#[test]
fn a_renewed_authority_of_the_same_name_is_told() {
    let (old, new) = (Authority::new("CA").unwrap(), Authority::new("CA").unwrap());
    let bench = with_server(server_of(&new));
    refuses(&bench, &trusting(&bench, &old), "it has another key of the authority \"CN=CA\"");
}

#[test]
fn an_authority_that_the_broker_sends_is_not_trusted_for_that() {
    let (own, other) = (Authority::new("CA").unwrap(), Authority::new("other").unwrap());
    let chain = vec![other.certificate().clone()];
    let bench = with_server(Identity { chain, ..server_of(&other) });
    refuses(&bench, &trusting(&bench, &own), "its authority \"CN=other\" is missing in it");
}

// ---- folders ----

fn a_folder_is_taken_whatever_its_files_are_called(protocol: Protocol) {
    let authority = Authority::new("CA").unwrap();
    let bench = serving(protocol, server_of(&authority));
    let folder = bench.file("anchor", "").with_file_name("anchors");
    let config = bench
        .config()
        .set("messaging_ca_cert", &folder.display().to_string())
        .set("log_level", "warn");
    let add = |name: &str, content: &[u8]| fs::write(folder.join(name), content).unwrap();

    fs::create_dir(&folder).unwrap();
    rejects(&bench, &config, "anchors", "the folder has no file with a certificate");
    add("a.der", &authority.certificate().to_der().unwrap());
    add("empty", b"");
    let ended = rejects(&bench, &config, "anchors", "no file with a certificate; the first of 2: ");
    ended.says_once("/a.der: is a certificate in DER, not PEM; ");
    for name in ["a.der", "empty"] {
        fs::remove_file(folder.join(name)).unwrap();
    }
    add("other.crt", &Authority::new("other").unwrap().pem().unwrap());
    bench.run(&config.clone().patience(1, 1, 1), &images(1)).expect(77);
    add("right.crt", &authority.pem().unwrap());
    // A link by the hash of the subject, and one that leads nowhere.
    symlink("right.crt", folder.join("5a1e3b60.0")).unwrap();
    fs::create_dir(folder.join("java")).unwrap();
    add(".hidden", b"not read");
    assert_eq!(bench.run(&config, &images(1)).expect(0).stderr, "");

    add("README", b"hello");
    add("der.crt", &authority.certificate().to_der().unwrap());
    symlink("nowhere", folder.join("gone.0")).unwrap();
    let ended = bench.run(&config, &images(1)).expect(0);
    ended.says_once("/README: holds no certificate; ");
    ended
        .says_once("/der.crt: is a certificate in DER, not PEM; ")
        .says_once("/gone.0: cannot read");
}

/// Only links by hash, as OpenSSL's `c_rehash` makes them, and none beside them.
#[test]
fn a_folder_of_hashed_files_is_taken() {
    let authority = Authority::new("CA").unwrap();
    let bench = with_server(server_of(&authority));
    let folder = bench.file("anchor", "").with_file_name("anchors");
    fs::create_dir(&folder).unwrap();
    let hash = authority.certificate().subject_name_hash();
    fs::write(folder.join(format!("{hash:08x}.0")), authority.pem().unwrap()).unwrap();
    bench
        .run(&bench.config().set("messaging_ca_cert", &folder.display().to_string()), &images(1))
        .expect(0);
}

// ---- trusted certificates ----

/// The authority as OpenSSL writes it with its uses.
fn trusted(folder: &Path, authority: &Authority, arguments: &[&str]) -> Vec<u8> {
    let plain = folder.with_file_name("plain.pem");
    fs::write(&plain, authority.pem().unwrap()).unwrap();
    let mut command = Command::new("openssl");
    command.args(["x509", "-trustout", "-in"]).arg(&plain).args(arguments);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(output.stdout.starts_with(b"-----BEGIN TRUSTED CERTIFICATE-----"));
    output.stdout
}

fn a_trusted_certificate_is_taken_with_its_uses(protocol: Protocol) {
    let authority = Authority::new("CA").unwrap();
    let other = Authority::new("other").unwrap().pem().unwrap();
    let bench = serving(protocol, server_of(&authority));
    for (arguments, is_trusted) in [
        (&["-setalias", "mine"][..], true),
        (&["-addtrust", "serverAuth"], true),
        (&["-addtrust", "anyExtendedKeyUsage"], true),
        (&["-addtrust", "emailProtection", "-addtrust", "serverAuth"], true),
        (&["-addreject", "clientAuth"], true),
        (&["-addtrust", "emailProtection"], false),
        (&["-addreject", "serverAuth"], false),
        (&["-addtrust", "serverAuth", "-addreject", "serverAuth"], false),
    ] {
        let pem = trusted(&bench.file("folder", ""), &authority, arguments);
        let config = ca(&bench, [&pem[..], &other].concat()).patience(1, 1, 1);
        let ended = bench.run(&config, &images(1)).expect(if is_trusted { 0 } else { 77 });
        if !is_trusted {
            ended.says("it does not trust the authority \"CN=CA\" for servers");
            ended.logs("ca.pem: 1 certificates are not trusted for servers");
            // Nor if the same certificate is there without its uses.
            let both = [&authority.pem().unwrap()[..], &pem, &other].concat();
            bench.run(&ca(&bench, both).patience(1, 1, 1), &images(1)).expect(77);
            rejects(
                &bench,
                &ca(&bench, pem),
                "ca.pem",
                "no certificate that is trusted for servers",
            );
        }
    }
}

/// An intermediate that is refused for servers, sent by the broker, below an authority that is trusted.
#[test]
fn a_distrusted_intermediate_ends_a_good_chain() {
    let authority = Authority::new("CA").unwrap();
    let middle = authority.intermediate("middle").unwrap();
    let bench = with_server(server_of(&middle));
    let refused = trusted(&bench.file("folder", ""), &middle, &["-addreject", "serverAuth"]);
    let config = ca(&bench, [authority.pem().unwrap(), refused].concat());
    refuses(
        &bench,
        &config,
        "messaging_ca_cert does not trust the broker's intermediate certificate \"CN=middle\" for servers",
    );
}

// ---- revocation ----

fn a_revocation_list_in_the_file_counts(protocol: Protocol) {
    let authority = Authority::new("CA").unwrap();
    let server = server_of(&authority);
    let bench = serving(protocol, server.clone());
    let with = |list: Vec<u8>| ca(&bench, [authority.pem().unwrap(), list].concat());
    let revoked = |validity| authority.revoke(&[&server.certificate], validity).unwrap();

    refuses(
        &bench,
        &with(revoked(Validity::default())),
        "the broker's certificate was revoked on ",
    );
    bench.run(&with(authority.revoke(&[], Validity::default()).unwrap()), &images(1)).expect(0);
    // The same name with another key does not sign for the authority.
    let false_list =
        Authority::new("CA").unwrap().revoke(&[&server.certificate], Validity::default());
    let ended = bench.run(&with(false_list.unwrap()), &images(1)).expect(0);
    ended.says_once("the certificate revocation list of \"CN=CA\" is ignored: its signature is not that of the authority");
    let ended = bench.run(&with(revoked(PAST)).patience(1, 1, 1), &images(1)).expect(77);
    ended.says("the certificate revocation list of \"CN=CA\" expired on ").says("was revoked on ");
}

#[test]
fn a_revoked_intermediate_ends_a_good_chain() {
    let authority = Authority::new("CA").unwrap();
    let middle = authority.intermediate("middle").unwrap();
    let bench = with_server(server_of(&middle));
    let list = authority.revoke(&[middle.certificate()], Validity::default()).unwrap();
    let in_a_file = ca(&bench, [authority.pem().unwrap(), list.clone()].concat());
    refuses(
        &bench,
        &in_a_file,
        "the broker's intermediate certificate \"CN=middle\" was revoked on ",
    );
    // The list counts even for a certificate that the file itself has.
    let both = [authority.pem().unwrap(), middle.pem().unwrap(), list].concat();
    bench.run(&ca(&bench, both).patience(1, 1, 1), &images(1)).expect(77).says("was revoked on ");
}
