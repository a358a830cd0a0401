//! Container images in batches.

use crate::case::{Case, container};

/// Five images of two repositories, in turns, with one key.
fn images(more: &str) -> Case {
    container(
        "--signer-type batch --signing-key ABCD1234 --task-id 7 --digest sha256:a --reference r/one:1 \
         --digest sha256:b --reference r/two:1 --digest sha256:c --reference r/one:2 \
         --digest sha256:d --reference other/one:1 --digest sha256:e --reference r/two:2",
    )
    .words(more)
}

cases! {
    is_the_same,

    single: images("--signer-type single");
    several_repositories: images("");
    chunks_of_one: images("").set("chunk_size", "1");
    chunks_of_two: images("").set("chunk_size", "2");
    a_chunk_that_is_just_full: images("").set("chunk_size", "3");
    two_keys_with_names: images("--signing-key 0123456789 --signing-key-name one --signing-key-name two");
    a_key_name: images("--signing-key-name release");
    an_alias: images("--signing-key-name one --signing-key production --signing-key-name two")
        .set("key_aliases", "{production: 4096R/55A34A82}");
    a_requester: images("--requester Jörg");
    a_task_id_attribute_is_not_for_batches: images("").set("task_id_attribute", "my_task");
    other_letters: images("--digest sha256:f --reference r/größe😀:1 --signing-key-name schlüssel");
    a_section_of_its_own: images("").yaml(|_, text| {
        let (single, batch) = text.split_once("msg_batch_signer").unwrap();
        format!("{single}msg_batch_signer{}", batch.replace("service: suite", "service: batches"))
    });
    several_chunks_of_a_repository: (0..25).fold(images("").set("chunk_size", "10"), |case, index| {
        case.words(&format!("--digest sha256:{index} --reference r/ns/app:{index}"))
    });
}
