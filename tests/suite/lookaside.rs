//! `--output-dir` for images, in the layout that skopeo, podman and CRI-O read.

use std::{fs, path::Path};

use crate::{
    harness::Bench,
    output::{listed, marks, tree},
    skopeo::{Skopeo, digest, manifest},
};

const NAME: &str = "registry.example.com:5000/ns/app";

/// Where an image has its signatures.
fn place(number: usize) -> String {
    format!("ns/app@{}", digest(&manifest(number)).replace(':', "="))
}

/// Signs images, each a number and a tag, by the keys with these names.
fn sign(bench: &Bench, out: &Path, images: &[(usize, &str)], keys: &[&str], more: &str) {
    let mut arguments = format!("container-sign --task-id 7 --output-dir {} {more}", out.display());
    for (number, tag) in images {
        let digest = digest(&manifest(*number));
        arguments += &format!(" --digest {digest} --reference {NAME}:{tag}");
    }
    for name in keys {
        let key = bench.sandbox.fingerprint(name);
        arguments += &format!(" --signing-key {key} --signing-key-name {name}");
    }
    bench.run(&bench.config(), &arguments).expect(0);
}

#[test]
fn skopeo_accepts_each_file_for_its_image_and_refuses_it_for_another() {
    for more in ["", "--layout lookaside", "--signer-type batch --format ndjson"] {
        let bench = Bench::new();
        let skopeo = Skopeo::trusting(&bench.sandbox);
        let out = bench.folder().join("out");
        // Two tags of one image share a folder.
        sign(&bench, &out, &[(1, "1"), (1, "latest"), (2, "2")], &["sandbox", "release"], more);
        let list = listed(&out);
        assert_eq!(list.len(), 6);
        let mut files = Vec::new();
        for line in &list {
            let text = |name: &str| line[name].as_str().unwrap();
            let (file, reference) = (text("signature_file"), text("reference"));
            let number = if reference.ends_with(":2") { 2 } else { 1 };
            assert!(file.starts_with(&place(number)), "{line}");
            let verify = |manifest: &str, reference: &str| {
                skopeo.verify(manifest, reference, text("signing_key"), &out.join(file))
            };
            assert_eq!(verify(&manifest(number), reference), Ok(()), "{line}");
            let other = verify(&manifest(3 - number), reference).unwrap_err();
            assert!(other.contains("does not match"), "{other}");
            files.push(file.to_owned());
        }
        files.push("signatures.json".into());
        files.sort();
        assert_eq!(tree(&out), files);
        let names =
            |number, count| (1..=count).map(move |n| format!("{}/signature-{n}", place(number)));
        let mut expected: Vec<_> = names(1, 4).chain(names(2, 2)).collect();
        expected.push("signatures.json".into());
        expected.sort();
        assert_eq!(files, expected);
    }
}

#[test]
fn signatures_that_are_there_keep_their_numbers() {
    let bench = Bench::new();
    let out = bench.folder().join("out");
    let folder = out.join(place(1));
    fs::create_dir_all(&folder).unwrap();
    for (number, bytes) in [(1, "of another key"), (3, "behind a gap")] {
        fs::write(folder.join(format!("signature-{number}")), bytes).unwrap();
    }
    let state = format!("--state {}", bench.folder().join("state").display());
    sign(&bench, &out, &[(1, "1")], &["sandbox", "release"], &state);
    let names = |list: &[serde_json::Value]| {
        let names = list.iter().map(|line| line["signature_file"].as_str().unwrap().to_owned());
        let mut names: Vec<_> = names.collect();
        names.sort();
        names
    };
    let expected = [2, 4].map(|number| format!("{}/signature-{number}", place(1)));
    assert_eq!(names(&listed(&out)), expected);
    assert_eq!(fs::read(folder.join("signature-1")).unwrap(), b"of another key");
    assert_eq!(fs::read(folder.join("signature-3")).unwrap(), b"behind a gap");

    // The same signatures are not written again.
    let before = marks(&out);
    sign(&bench, &out, &[(1, "1")], &["sandbox", "release"], &state);
    assert_eq!(marks(&out), before);
    assert_eq!(bench.record().requests.len(), 2);
    // Others are.
    sign(&bench, &out, &[(1, "2")], &["sandbox"], "");
    assert_eq!(names(&listed(&out)), [format!("{}/signature-5", place(1))]);
}
