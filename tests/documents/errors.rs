//! Every error text of the program has an entry in docs/troubleshooting.md, and entries quote what the program says.
//!
//! An error text is a literal of prose in `src` that is not in a test, in documentation, in a panic, or in what is logged at
//! info or below. Where it is made decides what covers it: in most files each text needs an entry of its own. In those
//! of [`FAMILIES`], texts are parts of an error whose other parts say which file, line or option is wrong and what is
//! expected there; one entry is enough for all of them.

use std::collections::BTreeSet;

use syn::{
    Attribute, Expr, ExprMethodCall, ItemFn, ItemMod, LitStr, Macro, Meta, Token,
    punctuated::Punctuated,
    visit::{self, Visit},
};

use crate::{ROOT, files, page};

/// Files and folders whose texts are no errors, and what they are.
const NO_ERRORS: [(&str, &str); 12] = [
    ("src/cli/check", "what a check prints on standard output"),
    ("src/cli/commands.rs", "help"),
    ("src/cli/completions", "scripts for shells"),
    ("src/cli/help.rs", "help"),
    ("src/cli/options.rs", "help"),
    ("src/cli/progress", "progress"),
    ("src/cli/remedy", "remedies, each below an error"),
    ("src/cli/statuses.rs", "help"),
    ("src/cli/tables", "tables for documents"),
    ("src/cli/verify/meanings.rs", "help"),
    ("src/config/keys.rs", "the table of keys"),
    ("src/status.rs", "the table of exit statuses"),
];

/// Files and folders whose texts are parts of errors that begin in one way, with the beginning as the page has it.
const FAMILIES: [(&str, &str); 16] = [
    ("src/amqp/message", "a reply was rejected: …"),
    ("src/cli/argv", "no such option: …"),
    ("src/cli/input.rs", "OPTION: …"),
    ("src/cli/items.rs", "OPTION: …"),
    ("src/cli/operation.rs", "OPTION: …"),
    ("src/config", "FILE: SECTION.KEY: …"),
    ("src/error/printable", "FILE: SECTION.KEY: …"),
    ("src/list", "LIST: line N: …"),
    ("src/mqtt/packets/publish.rs", "a reply was rejected: …"),
    ("src/secret.rs", "FILE: SECTION.KEY: …"),
    ("src/signing/base64.rs", "ITEM: the reply is unusable: …"),
    ("src/signing/key_id.rs", "OPTION: …"),
    ("src/signing/operation", "OPTION: …"),
    ("src/signing/pyread", "a reply was rejected: …"),
    ("src/signing/reply", "ITEM: the reply is unusable: …"),
    ("src/transport/pem", "FILE: line N: …"),
];

/// Pieces of errors, which are read only with the rest: what they are, and the pieces.
const PIECES: [(&str, &[&str]); 6] = [
    (
        "words of OpenSSL, which the program compares with",
        &[
            "ca key too small",
            "ca md too weak",
            "dh key too small",
            "ee key too small",
            "http request",
            "legacy sigalg disallowed",
            "no suitable signature algorithm",
            "packet length too long",
            "protocol version",
            "record layer failure",
            "too small",
            "too weak",
            "unexpected eof",
            "unexpected message",
            "unknown alert {number}",
            "unsafe legacy renegotiation",
            "unsupported protocol",
            "wrong cipher returned",
            "wrong signature type",
            "wrong version number",
        ],
    ),
    (
        "what an error is about",
        &[
            "RSA of {} bits",
            "a curve without a name",
            "a detached signature",
            "a detached signature or a signed message",
            "a file of the configuration",
            "a key of version {}",
            "a signed message",
            "a packet {name} that ends after {length} bytes",
            "a symbolic link",
            "a weak hash",
            "an EC key",
            "an RSA key",
            "batch of {count} {claim_or_claims} for {repository} key {keys}",
            "blob {number} key {key}",
            "connection without SASL",
            "extended key usage",
            "input {number} key {key}",
            "key usage",
            "neither RSA nor EC",
            "no host at all",
            "no reason given",
            "sending to \"{}\"",
            "standard input",
            "standard output",
            "the application property \"{}\"",
            "the broker's certificate",
            "the broker's intermediate certificate \"{name}\"",
            "the client id",
            "the content type",
            "the name of an application property",
            "the password",
            "the protocol",
            "the request id",
            "the response topic",
            "the topic",
            "the user name",
            "the version",
        ],
    ),
    (
        "how other texts are put together",
        &[
            "and {more} more",
            "line {line}: {what} is damaged{}",
            "line {} begins {}; {expected}",
            "the key \"{given}\" {problem}; \"{}\" is sent",
            "{count} of {all} requests {words}",
            "{fault}: expected a key id",
            "{nothing}; expected PEM with \"-----BEGIN CERTIFICATE-----\"",
            "{nothing}; the first of {}: {first}",
            "{tool}: {error} while {what} was read",
        ],
    ),
    (
        "a remedy at the end of another text",
        &[
            ", and remove username and password_file",
            "; if that is an intermediate authority, the broker does not send it as it should",
            "check its providers and default_properties",
            "raise that and run again",
            "running again can help",
            "running again can help once that is fixed",
            "set sasl: anonymous{without_user}",
            "set sasl: external{without_user}",
            "set username and password_file{url}",
            "{expected} beside the certificate, in the same file, or name the key's own file in messaging_key",
        ],
    ),
    (
        "a command that makes another file",
        &[
            "(sed '/PRIVATE KEY/,/PRIVATE KEY/d' {in}; openssl pkey -provider legacy -provider default -aes256 -in {in}) > {out}",
            "awk '/BEGIN OPENSSH/,/END OPENSSH/' {in} > {out} && ssh-keygen -p -m PKCS8 -f {out} && sed '/OPENSSH/,/OPENSSH/d' {in} >> {out}",
        ],
    ),
    (
        "what no system refuses, and no configuration that was checked has",
        &[
            "contains a NUL character",
            "contains a broker of MQTT, without which this program is built",
            "handle signals",
            "make an interrupt",
        ],
    ),
];

/// The texts of a file, outside of tests.
#[derive(Default)]
struct Texts(Vec<String>);

/// Macros whose texts are read only by developers, or only by who asks for them.
const FOR_DEVELOPERS: [&str; 9] = [
    "assert",
    "assert_eq",
    "assert_ne",
    "debug",
    "debug_assert",
    "info",
    "panic",
    "trace",
    "unreachable",
];

fn only_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let cfg = |list: &syn::MetaList| list.tokens.to_string().starts_with("test");
        attribute.path().is_ident("test")
            || attribute.path().is_ident("cfg")
                && matches!(&attribute.meta, Meta::List(list) if cfg(list))
    })
}

impl<'a> Visit<'a> for Texts {
    fn visit_attribute(&mut self, _: &'a Attribute) {}

    fn visit_item_mod(&mut self, module: &'a ItemMod) {
        if !only_for_tests(&module.attrs) {
            visit::visit_item_mod(self, module);
        }
    }

    fn visit_item_fn(&mut self, function: &'a ItemFn) {
        if !only_for_tests(&function.attrs) {
            visit::visit_item_fn(self, function);
        }
    }

    fn visit_expr_method_call(&mut self, call: &'a ExprMethodCall) {
        match call.method == "expect" {
            true => self.visit_expr(&call.receiver),
            false => visit::visit_expr_method_call(self, call),
        }
    }

    fn visit_macro(&mut self, made: &'a Macro) {
        let name = made.path.segments.last().unwrap().ident.to_string();
        let arguments = Punctuated::<Expr, Token![,]>::parse_terminated;
        if !FOR_DEVELOPERS.contains(&&*name) {
            // A macro that takes something else, such as `matches`, makes no text.
            for argument in made.parse_body_with(arguments).into_iter().flatten() {
                Self::visit_expr(self, &argument);
            }
        }
    }

    fn visit_lit_str(&mut self, text: &'a LitStr) {
        self.0.push(text.value());
    }
}

/// Whether people read it: without what is put in, it has two words or more.
fn is_prose(text: &str) -> bool {
    let fixed = text.split('{').enumerate().map(|(index, part)| match index {
        0 => part,
        _ => part.split_once('}').map_or(part, |(_, rest)| rest),
    });
    let words = fixed.flat_map(str::split_whitespace);
    let is_word = |word: &&str| word.len() > 1 && word.chars().all(|c| c.is_ascii_lowercase());
    words.filter(is_word).count() > 1
}

/// Each error text, with the file that it is in.
fn texts() -> BTreeSet<(String, String)> {
    let mut all = BTreeSet::new();
    for path in files("src", "rs") {
        let name = path.strip_prefix(ROOT).unwrap().to_str().unwrap().to_owned();
        if ["/tests", "/simulation/", "/golden/"].iter().any(|tests| name.contains(tests)) {
            continue;
        }
        let mut texts = Texts::default();
        texts.visit_file(&syn::parse_file(&std::fs::read_to_string(&path).unwrap()).unwrap());
        let prose = texts.0.into_iter().filter(|text| is_prose(text));
        all.extend(prose.map(|text| (name.clone(), text)));
    }
    all
}

/// What the first columns of the page quote: each beginning of an error, and each error.
fn entries(page: &str) -> (BTreeSet<&str>, Vec<&str>) {
    let (beginnings, errors) = page.split_once("\n## What errors say\n").unwrap();
    (quoted(beginnings).collect(), quoted(errors).collect())
}

fn quoted(part: &str) -> impl Iterator<Item = &str> {
    let rows = part.lines().filter_map(|line| line.strip_prefix("| ")?.split_once(" | "));
    rows.flat_map(|(first, _)| first.split('`').skip(1).step_by(2))
}

/// Whether a text has all parts of the quote, in their order.
fn covers(quote: &str, text: &str) -> bool {
    let mut rest = Some(text);
    for part in quote.split('…').map(str::trim) {
        rest = rest.and_then(|rest| rest.split_once(part)).map(|(_, rest)| rest);
    }
    // A shorter quote says too little.
    let said: usize = quote.split('…').map(|part| part.trim().len()).sum();
    rest.is_some() && said >= 10
}

fn is_below(file: &str, place: &str) -> bool {
    file.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[test]
fn every_error_has_an_entry_in_troubleshooting() {
    let page = page("docs/troubleshooting.md");
    let (beginnings, errors) = entries(&page);
    for (file, beginning) in FAMILIES {
        assert!(beginnings.contains(beginning), "{file}: the page has no row {beginning:?}");
    }
    let places: Vec<_> = NO_ERRORS.iter().chain(&FAMILIES).map(|(place, _)| *place).collect();
    let pieces: Vec<_> = PIECES.iter().flat_map(|(_, pieces)| *pieces).copied().collect();
    let mut used = BTreeSet::new();
    let mut missing = Vec::new();
    for (file, text) in texts() {
        if let Some(place) = places.iter().find(|place| is_below(&file, place)) {
            used.insert(*place);
        } else if let Some(piece) = pieces.iter().find(|piece| **piece == text.trim()) {
            used.insert(*piece);
        } else if !errors.iter().any(|quote| covers(quote, &text)) {
            missing.push(format!("{file}: {text}"));
        }
    }
    assert!(
        missing.is_empty(),
        "no row of docs/troubleshooting.md quotes these texts, or parts of them with … between; write one that says what \
         to do. (If a text is only a piece of an error, or all errors of its file begin in one way, see the tables above.)\n{}",
        missing.join("\n")
    );
    for named in places.iter().chain(&pieces) {
        assert!(used.contains(named), "{named:?} is in a table of this test, and not in src");
    }
}

#[test]
fn what_is_an_error_text() {
    let source = r#"
        /// Not documentation.
        fn printed(what: &str) -> String {
            log::warn!("this is a warning {}", "with a part");
            log::debug!("not for users");
            map.get("a key").expect("no panic either");
            format!("cannot read {what}: {}", nested("of the file"))
        }
        #[cfg(test)]
        mod tests { const TEXT: &str = "only for tests"; }
    "#;
    let mut texts = Texts::default();
    texts.visit_file(&syn::parse_file(source).unwrap());
    let prose: Vec<_> = texts.0.iter().filter(|text| is_prose(text)).collect();
    assert_eq!(
        prose,
        ["this is a warning {}", "with a part", "cannot read {what}: {}", "of the file"]
    );
    assert!(covers("cannot read … of", "cannot read the list of names"));
    for (quote, text) in [("cannot read … of", "of what cannot read"), ("cannot", "cannot read")]
    {
        assert!(!covers(quote, text), "{quote}");
    }
}

/// The quotes are in the source: a reader who searches for an error finds its row.
#[test]
fn errors_in_troubleshooting_are_those_of_the_program() {
    let source: String =
        files("src", "rs").iter().map(|file| std::fs::read_to_string(file).unwrap()).collect();
    let source = source.replace("\\\"", "\"");
    let page = page("docs/troubleshooting.md");
    let (_, errors) = entries(&page);
    let mut found = 0;
    for quote in errors.iter().filter(|quote| !BROKERS_OWN.contains(quote)) {
        for part in quote.split('…').map(str::trim).filter(|part| !part.is_empty()) {
            assert!(source.contains(part), "no error says {part:?} of {quote:?}");
            found += 1;
        }
    }
    assert!(found > 15, "{found} texts");
}

/// Texts in the page that brokers write.
const BROKERS_OWN: [&str; 2] = ["amqp:not-found", "Non-durable message store"];
