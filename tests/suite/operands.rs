//! Digests, references, keys and texts: what cannot be a right signature is not asked for.

use crate::harness::{Bench, Config, Ended, refused, run};

const CONTAINER: &str = "container-sign --task-id 7";
const ZEROS: &str = "sha256:0000000000000000000000000000000000000000000000000000000000000000";
const ONES: &str = "sha256:1111111111111111111111111111111111111111111111111111111111111111";
const APP: &str = "quay.example/ns/app:1";

fn image(bench: &Bench, digest: &str, reference: &str) -> Ended {
    // The third pair is the one in question.
    let good = ["--digest", ZEROS, "--reference", APP];
    let key = ["--signing-key", "55A34A82"];
    let pair = ["--digest", digest, "--reference", reference];
    run(bench, &bench.config(), CONTAINER, &[&key[..], &good, &good, &pair].concat())
}

#[test]
fn what_is_no_digest_is_refused_with_its_number() {
    let bench = Bench::new();
    let hex = "0123456789abcdef".repeat(4);
    for digest in [
        "null".to_owned(),
        "None".into(),
        "sha256:abc".into(),
        hex.clone(),
        format!("sha256:{hex}0"),
        format!("sha512:{hex}"),
        format!("md5:{hex}"),
        format!("sha256:{}", hex.to_uppercase()),
        format!("sha256:{hex}\r"),
        format!("sha256:{hex}\n"),
        format!(" sha256:{hex}"),
        format!("sha256:{hex} sha256:{hex}"),
        format!("sha256:{hex},sha256:{hex}"),
    ] {
        refused(&bench, image(&bench, &digest, APP), 2, &["--digest: number 3 is \""]);
    }
    let says = "--digest: number 3 is \"null\": expected sha256: and 64 hex digits";
    refused(&bench, image(&bench, "null", APP), 2, &[says]);
    let says = "expected sha512: and 128 hex digits";
    refused(&bench, image(&bench, &format!("sha512:{hex}"), APP), 2, &[says]);
}

#[test]
fn what_is_no_reference_is_refused_with_its_number() {
    let bench = Bench::new();
    for (reference, says) in [
        ("null", "names no repository"),
        ("docker://quay.example/ns/app:1", "begins with a scheme"),
        ("https://quay.example/ns/app:1", "begins with a scheme"),
        ("oci:/tmp/app:1", "names no registry"),
        ("quay.example/ns/app:", "has an empty tag"),
        ("quay.example/ns/app:1:2", "has the tag \"1:2\""),
        ("quay.example/ns/app@sha256:abc", "has a digest that is \"sha256:abc\""),
        ("quay.example//app:1", "has an empty part"),
        ("quay.example/ns/app:1\r", "holds '\\r'"),
        ("quay.example/ns/app:1\n", "holds '\\n'"),
        ("quay.example/ns/app:1 quay.example/ns/app:2", "holds ' '"),
        ("quay.example/ns/app:1,quay.example/ns/app:2", "has the tag"),
    ] {
        let ended = image(&bench, ZEROS, reference);
        ended.says(says);
        refused(&bench, ended, 2, &["--reference: number 3 \""]);
    }
}

#[test]
fn a_pair_that_contradicts_itself_is_refused_and_both_are_named() {
    let bench = Bench::new();
    let reference = format!("{APP}@{ONES}");
    let says =
        format!("--reference: number 3 \"{reference}\" names another digest than \"{ZEROS}\"");
    refused(&bench, image(&bench, ZEROS, &reference), 2, &[&*says]);
}

#[test]
fn every_right_digest_and_reference_is_accepted() {
    let bench = Bench::new();
    let sha512 = format!("sha512:{}", "0a".repeat(64));
    for (digest, reference) in [
        (&*sha512, APP),
        (ONES, "quay.example/NS/App:V1"),
        (ONES, "host:5000/ns/app:1"),
        (ONES, "[::1]:5000/ns/app:1"),
        (ONES, "quay.example/ns/app"),
        (ONES, &format!("{APP}@{ONES}")),
        (ONES, "registre.example/équipe/été:préversion"),
    ] {
        image(&bench, digest, reference).expect(0);
    }
}

fn keys(bench: &Bench, config: &Config, words: &[&str]) -> Ended {
    let image = ["--digest", ZEROS, "--reference", APP];
    run(bench, config, CONTAINER, &[&image[..], words].concat())
}

fn aliased(bench: &Bench, id: &str) -> Config {
    bench.config().set("key_aliases", &format!("{{production: \"{id}\"}}"))
}

#[test]
fn a_key_that_cannot_be_right_is_refused() {
    let bench = Bench::new();
    for (key, says) in [
        ("55A34A82\r", "--signing-key: number 1 \"55A34A82\\r\" holds '\\r'"),
        ("55A34A82\n", "--signing-key: number 1 \"55A34A82\\n\" holds '\\n'"),
        ("55A3\t4A82", "holds '\\t'"),
        ("55A34A82\u{200b}", "holds '\\u{200b}'"),
        ("null", "--signing-key: number 1 is \"null\": expected a key id or an alias"),
        ("55A34A82 37036A73", "number 1 \"55A34A82 37036A73\" holds 2 key ids: expected a key id"),
        ("55A34A82,37036A73", "holds 2 key ids"),
    ] {
        refused(&bench, keys(&bench, &bench.config(), &["--signing-key", key]), 2, &[says]);
    }
    let words = ["--signing-key", "55A34A82", "--signing-key-name", "release\r"];
    let says = "--signing-key-name: number 1 \"release\\r\" holds '\\r'";
    refused(&bench, keys(&bench, &bench.config(), &words), 2, &[says]);
    let ended = keys(&bench, &aliased(&bench, "55A34A82\\r"), &["--signing-key", "production"]);
    refused(
        &bench,
        ended,
        78,
        &["config.yaml: msg_signer.key_aliases.production: \"55A34A82\\r\" holds"],
    );
}

#[test]
fn a_fingerprint_in_groups_is_sent_without_its_blanks() {
    let bench = Bench::new();
    let grouped = "A0EA F354 B0C1 D2E3 F405  1627 3849 50A6 55A3 4A82";
    let pairs = "A0:EA:F3:54:B0:C1:D2:E3:F4:05:16:27:38:49:50:A6:55:A3:4A:82";
    for (config, key) in [
        (bench.config(), grouped),
        (aliased(&bench, grouped), "production"),
        (bench.config(), pairs),
    ] {
        let config = config.set("log_level", "warning");
        let ended = keys(&bench, &config, &["--signing-key", key]).expect(0);
        assert_eq!(
            (ended.messages()[0]["sig_key_id"].as_str(), &*ended.stderr),
            (Some("55A34A82"), "")
        );
        assert_eq!(ended.document()["signing_keys"][0], key, "as it was given");
    }
}

#[test]
fn a_key_that_is_neither_an_id_nor_an_alias_is_warned_of() {
    let bench = Bench::new();
    let config = bench.config().set("log_level", "warning");
    for (config, key, says) in [
        (
            config.clone(),
            "containerisvsign",
            "the key \"containerisvsign\" is neither an alias nor a key id of at least 8 hexadecimal digits; \"risvsign\" is sent",
        ),
        (config.clone(), "55A34A8", "\"55A34A8\" is sent"),
        (
            aliased(&bench, "containerisvsign").set("log_level", "warning"),
            "production",
            "the key \"production\" is an alias of \"containerisvsign\", which is not a key id of at least 8 hexadecimal digits; \"risvsign\" is sent",
        ),
    ] {
        keys(&bench, &config, &["--signing-key", key]).expect(0).says(says);
    }
    for key in ["55A34A82", "0x55A34A82", "a0eaf354b0c1d2e3f4051627384950a655a34a82"] {
        assert_eq!(keys(&bench, &config, &["--signing-key", key]).expect(0).stderr, "", "{key}");
    }
}

#[test]
fn two_keys_with_one_name_are_refused() {
    let bench = Bench::new();
    let names = ["--signing-key-name", "release", "--signing-key-name", "release"];
    for (key, status) in [("37036A73", 2), ("55A34A82", 0), ("AAAA 55A3 4A82", 0)] {
        let words = [&["--signing-key", "55A34A82", "--signing-key", key][..], &names].concat();
        let ended = keys(&bench, &bench.config(), &words).expect(status);
        let says = "--signing-key-name: \"release\" is given for several keys";
        assert_eq!(ended.stderr.contains(says), status == 2, "{}", ended.stderr);
    }
}

#[test]
fn two_keys_of_a_batch_need_two_names() {
    let bench = Bench::new();
    let words = [
        "--signer-type",
        "batch",
        "--signing-key",
        "55A34A82",
        "--signing-key",
        "37036A73",
        "--signing-key-name",
        "release",
        "--signing-key-name",
    ];
    let ended = keys(&bench, &bench.config(), &[&words[..], &["release"]].concat());
    refused(&bench, ended, 2, &["--signing-key-name: \"release\" is given for several keys"]);
    keys(&bench, &bench.config(), &[&words[..], &["beta"]].concat()).expect(0);
}

const CLEAR: &str = "clear-sign --signing-key 55A34A82 --task-id 7";

#[test]
fn an_empty_text_is_refused() {
    let bench = Bench::new();
    let ended = run(&bench, &bench.config(), CLEAR, &["one", ""]);
    refused(
        &bench,
        ended,
        2,
        &["inputs: number 2 is empty: expected a text or @FILE; is a variable unset?"],
    );
}

#[test]
fn a_line_break_at_the_end_of_a_value_is_refused() {
    let bench = Bench::new();
    for (words, says) in [
        (["--repo", "ns/app\r", "text"], "--repo: \"ns/app\\r\" holds '\\r'"),
        (["--requester", "me\n", "text"], "--requester: \"me\\n\" holds '\\n'"),
    ] {
        refused(&bench, run(&bench, &bench.config(), CLEAR, &words), 2, &[says]);
    }
}

#[test]
fn an_empty_file_is_warned_of() {
    let bench = Bench::new();
    let config = bench.config().set("log_level", "warning");
    let path = bench.file("empty", "").display().to_string();
    let says = format!("{path} is empty, and so is what is signed");
    run(&bench, &config, CLEAR, &["one", &format!("@{path}")]).expect(0).says(&says);
    let blob = "blob-sign --signing-key 55A34A82 --task-id 7";
    run(&bench, &config, blob, &["--blob-file", &path]).expect(0).says(&says);
    let list = bench.file("list", format!("{path}\n")).display().to_string();
    run(&bench, &config, blob, &["--from", &list]).expect(0).says(&says);
}

#[test]
fn a_text_that_begins_with_an_at_is_not_mistaken_in_silence() {
    let bench = Bench::new();
    for text in ["@example.com is a handle", "@"] {
        let ended = run(&bench, &bench.config(), CLEAR, &[text]);
        refused(&bench, ended, 66, &["a file's name is expected after \"@\""]);
    }
}
