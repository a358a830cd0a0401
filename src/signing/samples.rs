//! What tests and fuzz targets sign if it does not matter what.

use std::collections::BTreeMap;

use super::{Context, Items, Key, Ledger, Operation, RequestId, Stamp, TaskId};

pub(crate) const CONTEXT: Context<'static> = Context {
    creator: "me",
    environment: "e",
    service: "s",
    task_id_attribute: "pub_task_id",
    key_aliases: &BTreeMap::new(),
    chunk_size: None,
    trace: None,
};

/// These items, each with the same key.
pub(crate) fn operation(items: Items) -> Operation {
    let (task, key) = (TaskId::new("1"), Key::new("key"));
    let keys = vec![key.expect("a good key")];
    Operation::new(task.expect("a good task id"), keys, items).expect("a good operation")
}

/// The requests of an operation, with the ids 1, 2, and so on.
pub(crate) fn ledger(operation: &Operation, context: &Context<'_>) -> Ledger {
    let mut count = 0;
    let mut stamp = || {
        count += 1;
        Stamp { request_id: RequestId::of_text(count.to_string()), created: "now".into() }
    };
    Ledger::new(operation, context, &mut stamp, "request_id").expect("a good operation")
}

/// The only request for these items.
#[cfg(test)]
pub(crate) fn request(items: Items) -> super::Request {
    let ledger = ledger(&operation(items), &CONTEXT);
    let [entry] = ledger.entries() else { panic!("{} requests", ledger.entries().len()) };
    entry.request().clone()
}
