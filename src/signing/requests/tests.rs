//! Which requests an operation becomes, and where their values stand.

use std::num::NonZeroUsize;

use crate::signing::{
    Context, Entry, Image, Items, Key, Operation, Request, TaskId, ledger::Ledger, samples,
};

fn operation(references: &[&str], keys: &[&str]) -> Operation {
    let digest = format!("sha256:{}", "0".repeat(64));
    let image = |&reference: &&str| Image::new(digest.as_str(), reference).unwrap();
    let items = Items::Images(references.iter().map(image).collect());
    Operation::new(TaskId::new("1").unwrap(), named(keys), items).unwrap()
}

fn named(keys: &[&str]) -> Vec<Key> {
    keys.iter().map(|&key| Key::named(format!("AAAA{key}"), key).unwrap()).collect()
}

fn ledger(operation: &Operation, chunk_size: Option<usize>) -> Ledger {
    let context =
        Context { chunk_size: chunk_size.and_then(NonZeroUsize::new), ..samples::CONTEXT };
    samples::ledger(operation, &context)
}

fn requests(operation: &Operation, chunk_size: Option<usize>) -> Vec<Request> {
    let ledger = ledger(operation, chunk_size);
    ledger.entries().iter().map(|entry| entry.request().clone()).collect()
}

/// What each value in the order of the input is for, and the request that brings it.
fn values(operation: &Operation, chunk_size: Option<usize>) -> Vec<(String, String, usize)> {
    let ledger = ledger(operation, chunk_size);
    let values = crate::signing::in_input_order(&ledger);
    let shown = |value: crate::signing::SignedValue<'_>| {
        (value.reference().unwrap().to_owned(), value.key().name().unwrap().to_owned())
    };
    let shown = values.map(shown).zip(ledger.places());
    shown.map(|((image, key), place)| (image, key, place.request as usize)).collect()
}

#[test]
fn an_item_may_have_keys_of_its_own_or_none() {
    let mut operation = operation(&["h/a:1", "h/a:2", "h/a:3", "h/a:4"], &["x"]);
    operation.set_keys(1, named(&["y", "z"])).unwrap();
    operation.set_keys(2, Vec::new()).unwrap();
    operation.set_keys(3, named(&["y", "z"])).unwrap();
    let expected = |entries: [usize; 5]| {
        let values =
            [("h/a:1", "x"), ("h/a:2", "y"), ("h/a:2", "z"), ("h/a:4", "y"), ("h/a:4", "z")];
        let shown = |((image, key), entry): ((&str, &str), _)| (image.into(), key.into(), entry);
        values.into_iter().zip(entries).map(shown).collect::<Vec<_>>()
    };
    assert_eq!(values(&operation, None), expected([0, 1, 2, 3, 4]));
    assert_eq!(values(&operation, Some(9)), expected([0, 1, 1, 1, 1]));
    let batch = &requests(&operation, Some(9))[1];
    let body = batch.message().unwrap().body;
    assert!(
        body.contains(r#""sig_keynames": ["y", "z"], "sig_key_ids": ["AAAAy", "AAAAz"]"#),
        "{body}"
    );
    assert_eq!(batch.subject(), "batch of 2 claims for a key AAAAy (y), AAAAz (z)");

    let error = operation.set_keys(0, vec![Key::new("K").unwrap(), named(&["n"])[0].clone()]);
    assert!(error.unwrap_err().to_string().starts_with("key_name: 1 given, but 2 keys"));
}

#[test]
fn an_image_that_is_given_twice_is_asked_for_once_with_each_key() {
    let mut operation = operation(&["h/a:1", "h/a:2", "h/a:1"], &["x"]);
    operation.set_keys(2, named(&["y", "x"])).unwrap();
    let entries = |operation: &_| -> Vec<_> {
        values(operation, None).into_iter().map(|(_, _, entry)| entry).collect()
    };
    assert_eq!(entries(&operation), [0, 1, 2, 0]);
    assert_eq!(entries(&operation.repeating()), [0, 1, 2, 3], "as pubtools-sign does");
}

/// Thousands of requests wait at the same time, each for as long as the signing server takes.
#[test]
fn what_waits_is_small_and_a_message_is_always_the_same() {
    for path in ["a", &"é".repeat(120)] {
        let references: Vec<_> = (0..20).map(|tag| format!("h/{path}:{tag}")).collect();
        let references: Vec<_> = references.iter().map(String::as_str).collect();
        for chunk_size in [None, Some(20)] {
            let request = &requests(&operation(&references, &["x"]), chunk_size)[0];
            let message = request.message().unwrap();
            assert_eq!(message, request.message().unwrap());
            assert!(message.body.len() as u64 <= request.size());
        }
    }
    let sizes = (size_of::<Image>(), size_of::<Request>(), size_of::<Entry>());
    assert!(sizes <= (16, 64, 96), "{sizes:?}");
}
