//! Files.

use crate::case::{Case, blob};

fn file(more: &str) -> Case {
    blob("--signing-key ABCD1234 --task-id 7 --blob-file one")
        .file("one", b"\0\xff\r\n")
        .words(more)
}

cases! {
    is_the_same,

    one_file: file("");
    several_files: file("--blob-file empty --blob-file text").file("empty", b"").file("text", "größe".as_bytes());
    the_same_file_twice: file("--blob-file one");
    every_byte: file("--blob-file large").file("large", &(0..=255).cycle().take(100_000).collect::<Vec<u8>>());
    a_name_with_blanks_and_other_letters: file("--blob-file").word("größe 1").file("größe 1", b"1");
    two_keys: file("--signing-key EFGH5678");
    two_keys_with_names: file("--signing-key EFGH5678 --signing-key-name one --signing-key-name two --blob-file one");
    a_key_name: file("--signing-key-name release");
    an_alias: file("--signing-key p").set("key_aliases", "{p: 55A34A82}");
    a_requester: file("--requester Jörg");
    a_task_id_attribute: file("").set("task_id_attribute", "my_task");
    single: file("--signer-type single");
    raw: file("--raw");
    raw_of_several: file("--raw --blob-file two --signing-key EFGH5678").file("two", b"2");
}
