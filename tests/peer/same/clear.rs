//! Texts.

use crate::case::{Case, clear};

fn text(more: &str) -> Case {
    clear("--signing-key ABCD1234 --task-id 7").words(more)
}

cases! {
    is_the_same,

    one_text: text("hello");
    several_texts: text("one two").word("three, with blanks ");
    several_keys: text("--signing-key EFGH5678 one two");
    an_alias: text("--signing-key p one").set("key_aliases", "{p: 55A34A82}");
    a_repository: text("--repo ns/größe hello");
    a_requester: text("--requester Jörg hello");
    a_task_id_attribute: text("hello").set("task_id_attribute", "my_task");
    options_after_texts: text("one --repo ns/app two --requester me three");
    texts_that_look_like_options: text("one -- --raw -- -x");
    lines: text("").word("one\ntwo\r\n\n three\t");
    raw: text("--raw hello");
    raw_of_several: text("--raw --signing-key EFGH5678 one two");
    a_file: text("@text").file("text", b"first line\nsecond line\n");
    files_and_texts: text("one @text two @empty").file("text", b"first line").file("empty", b"");
    a_file_in_a_folder: text("@folder/text").file("folder/text", b"- dashes\n");
}

cases! {
    is_the_same_by_its_name,

    an_empty_repository: text("--repo").words("one").word("").words("two");
    an_empty_text: text("").word("").word("two");
    a_text_in_latin_1: text("é ÿ").words("--repo é");
    // Under its own name amqp-messenger reads standard input.
    a_lone_hyphen: text("- one");
}
