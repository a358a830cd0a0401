//! OpenSSL's own configuration: what it breaks is not blamed on a certificate.

use std::path::PathBuf;

use crate::harness::{Bench, Program, images, under_test};

/// A configuration of OpenSSL with this security level and without a minimum version of TLS.
pub fn at_level(bench: &Bench, level: u32) -> PathBuf {
    let section = format!("CipherString = ALL:@SECLEVEL={level}\nMinProtocol = TLSv1\n");
    bench.file("level.cnf", with_tls(&section))
}

fn with_tls(section: &str) -> String {
    format!(
        "openssl_conf = init\n[init]\nssl_conf = ssl\n[ssl]\nsystem_default = tls\n[tls]\n{section}"
    )
}

const FIPS: &str =
    "openssl_conf = init\n[init]\nproviders = all\n[all]\nfips = fips\n[fips]\nactivate = 1\n";
const BASE: &str =
    "openssl_conf = init\n[init]\nproviders = all\n[all]\nbase = base\n[base]\nactivate = 1\n";
const PROPERTIES: &str =
    "openssl_conf = init\n[init]\nalg_section = all\n[all]\ndefault_properties = fips=yes\n";

/// The configuration of OpenSSL is named before any file is read, even one that is missing.
#[test]
fn a_configuration_that_leaves_nothing_is_named() {
    let bench = Bench::new();
    let missing = bench.config().set("messaging_cert_key", "/no/mine.pem");
    for (content, expected) in [
        (FIPS.to_owned(), "no random numbers"),
        (BASE.to_owned(), "no random numbers"),
        (PROPERTIES.to_owned(), "no random numbers"),
        (with_tls("Ciphersuites =\n"), "no TLS (no ciphers available)"),
        (with_tls("MaxProtocol = TLSv1.1\n"), "MaxProtocol allows no version of TLS from 1.2 on"),
    ] {
        let path = bench.file("openssl.cnf", &content);
        for config in [&bench.config(), &missing] {
            let mut program = bench.program(config, &images(1));
            program.command.env("OPENSSL_CONF", &path);
            let ended = program.run().expect(78);
            ended.says_once("openssl.cnf: OpenSSL cannot work with its configuration, this file: ");
            ended.says(expected);
            assert!(!ended.stderr.contains(".pem"), "{}", ended.stderr);
        }
    }
    assert_eq!(bench.record().connections.len(), 0);
}

/// Without TLS and certificates, random numbers are still needed: for ids.
#[test]
fn without_tls_random_numbers_are_needed_too() {
    let bench = Bench::new();
    let url = format!("[\"{}\"]", bench.sandbox.amqp_url());
    let config = bench
        .config()
        .set("messaging_brokers", &url)
        .without("messaging_cert_key")
        .without("messaging_ca_cert");
    let mut program = bench.program(&config, &format!("{} --requester me", images(1)));
    program.command.env("OPENSSL_CONF", bench.file("openssl.cnf", FIPS));
    program.run().expect(78).says("openssl.cnf: ");
}

/// A system call filter, as of a container, that refuses getrandom(2).
#[test]
fn a_system_without_random_numbers_is_named() {
    const REFUSE: &str = "
import ctypes, os, struct, sys
number = {'x86_64': 318, 'aarch64': 278}[os.uname().machine]
steps = [(0x20, 0, 0, 0), (0x15, 0, 1, number), (6, 0, 0, 0x50001), (6, 0, 0, 0x7fff0000)]
code = ctypes.create_string_buffer(b''.join(struct.pack('HBBI', *step) for step in steps))
class Filter(ctypes.Structure):
    _fields_ = [('length', ctypes.c_ushort), ('steps', ctypes.c_void_p)]
libc = ctypes.CDLL(None)
assert libc.prctl(38, 1, 0, 0, 0) == 0
assert libc.prctl(22, 2, ctypes.byref(Filter(len(steps), ctypes.addressof(code)))) == 0
os.execv(sys.argv[1], sys.argv[1:])
";
    let bench = Bench::new();
    let inner = bench.program(&bench.config(), &images(1));
    let mut program = Program::new("python3".as_ref());
    program.args(["-c", REFUSE]).command.arg(under_test()).args(inner.command.get_args());
    program.run().expect(78).says("no random numbers (").says("the system allows getrandom(2)");
}

/// What the configuration allows or forbids is what counts.
#[test]
fn the_level_of_the_configuration_counts() {
    let bench = Bench::with(|options| options.weakness = Some("key=1024".parse().unwrap()));
    let mut program = bench.program(&bench.config(), &images(1));
    program.command.env("OPENSSL_CONF", at_level(&bench, 1));
    program.run().expect(0);
    let mut program = bench.program(&bench.config(), &images(1));
    program.command.env("OPENSSL_CONF", at_level(&bench, 5));
    let ended = program.run().expect(78);
    ended
        .says("the certificate has an EC key of 256 bits; OpenSSL's security level 5 requires 512");
}
