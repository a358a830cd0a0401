//! Whole requests compared with those of pubtools-sign 1.0.6, which `make.py` recorded.

use std::{collections::BTreeMap, num::NonZeroUsize};

use openssl::base64;
use serde_json::Value;

use super::{Blob, Context, Image, Items, Key, Operation, Request, RequestId, Stamp, TaskId, Text};
use crate::error::Error;

fn strings(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().map(string).collect()
}

fn string(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn bytes(value: &Value) -> Vec<Vec<u8>> {
    strings(value).iter().map(|text| base64::decode_block(text).unwrap()).collect()
}

fn keys(arguments: &Value) -> Result<Vec<Key>, Error> {
    let names = strings(&arguments["signing_key_names"]);
    let key = |(index, id)| match names.get(index) {
        Some(name) => Key::named(id, name),
        None => Key::new(id),
    };
    strings(&arguments["signing_keys"]).into_iter().enumerate().map(key).collect()
}

fn operation(case: &Value) -> Result<Operation, Error> {
    let arguments = &case["arguments"];
    let items = match case["kind"].as_str().unwrap() {
        "container" => {
            let references = strings(&arguments["references"]).into_iter();
            let pairs = strings(&arguments["digests"]).into_iter().zip(references);
            Items::Images(pairs.map(|pair| Image::unchecked(&pair.0, &pair.1)).collect())
        }
        "clear" => Items::Texts {
            texts: bytes(&arguments["bytes"])
                .into_iter()
                .map(Text::new)
                .collect::<Result<_, _>>()?,
            repo: arguments["repo"].as_str().map(str::to_owned),
        },
        "blob" => {
            let blobs = bytes(&arguments["blobs"]).into_iter().map(Blob::new);
            Items::Blobs(blobs.collect::<Result<_, _>>()?)
        }
        other => panic!("{other}"),
    };
    let task_id = TaskId::new(string(&arguments["task_id"]))?;
    Operation::new(task_id, keys(arguments)?, items).map(Operation::repeating)
}

fn requests(case: &Value) -> Result<Vec<Request>, Error> {
    let context = &case["context"];
    let key_aliases: BTreeMap<_, _> = context["key_aliases"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(alias, key)| (alias.clone(), string(key)))
        .collect();
    let context = Context {
        creator: context["creator"].as_str().unwrap(),
        environment: context["environment"].as_str().unwrap(),
        service: context["service"].as_str().unwrap(),
        task_id_attribute: context["task_id_attribute"].as_str().unwrap(),
        key_aliases: &key_aliases,
        chunk_size: context["chunk_size"]
            .as_u64()
            .and_then(|size| NonZeroUsize::new(size as usize)),
        trace: None,
    };
    let mut count = 0;
    let mut stamp = || {
        count += 1;
        Stamp {
            request_id: RequestId::of_text(format!("00000000-0000-4000-8000-{count:012}")),
            created: format!("2026-01-29T12:00:00.{count:06}Z").into(),
        }
    };
    let mut requests = Vec::new();
    operation(case)?.requests(&context, &mut stamp, &mut |request| requests.push(request))?;
    Ok(requests)
}

fn cases() -> Vec<Value> {
    serde_json::from_str(include_str!("cases.json")).unwrap()
}

#[test]
fn bodies_and_properties_are_those_of_pubtools_sign_to_the_byte() {
    for case in cases() {
        let name = &case["name"];
        let requests = requests(&case).unwrap();
        let expected = case["requests"].as_array().unwrap();
        assert_eq!(requests.len(), expected.len(), "{name}");
        for (request, expected) in requests.iter().zip(expected) {
            let message = request.message().unwrap();
            assert_eq!(*message.body, string(&expected["body"]), "{name}");
            let properties: Vec<_> =
                expected["properties"].as_array().unwrap().iter().map(strings).collect();
            let made: Vec<_> =
                message.properties.iter().map(|(k, v)| vec![k.clone(), v.clone()]).collect();
            assert_eq!(made, properties, "{name}");
            assert!(
                message.body.contains(&format!("\"request_id\": \"{}\"", request.id)),
                "{name}"
            );
        }
    }
}

#[test]
fn the_echo_is_that_of_pubtools_sign_to_the_byte() {
    for case in cases() {
        let arguments = &case["arguments"];
        let (requester, texts) = (arguments["requester"].as_str(), strings(&arguments["inputs"]));
        let mut echo = Vec::new();
        operation(&case).unwrap().write_echo(&mut echo, requester, &texts).unwrap();
        assert_eq!(String::from_utf8(echo).unwrap(), string(&case["echo"]), "{}", case["name"]);
    }
}

#[test]
fn subjects_are_readable() {
    let subjects = |name: &str| -> Vec<String> {
        let case = cases().into_iter().find(|case| case["name"] == name).unwrap();
        requests(&case).unwrap().into_iter().map(|request| request.subject()).collect()
    };
    let digest = format!("sha256:{}", "a".repeat(64));
    assert_eq!(
        subjects("container with key name and requester"),
        [format!("registry.example.com/ns/one:1 {digest} key 37036A73 (test)")]
    );
    assert_eq!(subjects("clear with repo")[4..], ["input 3 key K1", "input 3 key K2"]);
    assert_eq!(subjects("blobs")[2..], ["blob 2 key K1 (a)", "blob 2 key 89ABCDEF (b)"]);
    assert_eq!(
        subjects("batch"),
        [
            "batch of 2 claims for ns/one key 89ABCDEF",
            "batch of 1 claim for ns/one key 89ABCDEF",
            "batch of 2 claims for ns/two key 89ABCDEF"
        ]
    );
}

#[test]
fn operations_that_pubtools_sign_gets_wrong_are_refused() {
    for (name, path, value, expected) in [
        (
            "clear without repo",
            "/context/chunk_size",
            2.into(),
            "signer_type: batch signs only container images",
        ),
        (
            "blobs",
            "/context/chunk_size",
            2.into(),
            "signer_type: batch signs only container images",
        ),
        (
            "containers with several keys",
            "/context/chunk_size",
            2.into(),
            "key_name: expected one for each",
        ),
        (
            "batch with several keys",
            "/arguments/signing_key_names",
            Value::Array(vec![]),
            "key_name: expec",
        ),
        (
            "blobs",
            "/context/key_aliases/production",
            "".into(),
            "key: \"production\" is an alias of nothing",
        ),
        ("blobs", "/arguments/task_id", "".into(), "task_id: is empty"),
    ] {
        let mut case = cases().into_iter().find(|case| case["name"] == name).unwrap();
        *case.pointer_mut(path).unwrap() = value;
        let error = requests(&case).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
}
