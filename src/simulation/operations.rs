//! The requests that a run is about.

use std::collections::BTreeMap;

use super::run::Kind;
use crate::{
    config::Settings,
    error::Error,
    signing::{
        Blob, Context, Image, Items, Key, Ledger, Operation, RequestId, Stamp, TaskId, Text,
    },
};

/// The ledger of a run that has not begun: what is signed, how many of it, and the bytes of a blob.
pub(super) fn ledger(
    (kind, items, blob): (Kind, usize, usize),
    settings: &Settings,
    stamp: &mut dyn FnMut(usize) -> Stamp,
) -> Ledger {
    let items = 0..items;
    let image = |item| Image::new(format!("sha256:{item:064x}"), format!("registry/ns/app:{item}"));
    let items = match kind {
        Kind::Container | Kind::Batch(_) => {
            items.map(image).collect::<Result<_, _>>().map(Items::Images)
        }
        Kind::Clear => items
            .map(|item| Text::new(vec![b'x'; item + 1]))
            .collect::<Result<_, _>>()
            .map(|texts| Items::Texts { texts, repo: None }),
        Kind::Blob => items
            .map(|item| Blob::new(vec![b'x'; blob + item]))
            .collect::<Result<_, _>>()
            .map(Items::Blobs),
    };
    let operation = || -> Result<_, Error> {
        let keys = vec![Key::named("ABCD1234", "key")?];
        Operation::new(TaskId::new("7")?, keys, items?)
    };
    let operation = operation().expect("a good operation");
    let context = Context {
        creator: "simulation",
        environment: &settings.environment,
        service: &settings.service,
        task_id_attribute: &settings.task_id_attribute,
        key_aliases: &BTreeMap::new(),
        chunk_size: settings.chunk_size,
        trace: None,
    };
    let mut count = 0;
    let mut next = || {
        count += 1;
        stamp(count - 1)
    };
    let key = &settings.message_id_key;
    Ledger::new(&operation, &context, &mut next, key).expect("a good operation")
}

/// The id of a request, and its time.
pub(super) fn stamp(number: usize) -> Stamp {
    Stamp {
        request_id: RequestId::of_text(format!("00000000-0000-4000-8000-{number:012}")),
        created: "2026-01-29T12:00:00Z".into(),
    }
}
