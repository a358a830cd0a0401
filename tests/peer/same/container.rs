//! Container images, a request for each image and key.

use crate::case::{Case, container};

/// One image with one key.
fn image(more: &str) -> Case {
    container("--signing-key ABCD1234 --task-id 7 --digest sha256:1 --reference registry.example.com/ns/app:1")
        .words(more)
}

cases! {
    is_the_same,

    one_image: image("");
    several_images: image("--digest sha256:2 --reference r/ns/app:2 --digest sha256:3 --reference r/other:1");
    options_in_another_order: container(
        "--reference r/a:1 --reference r/b:2 --task-id 7 --digest sha256:1 --signing-key K --digest sha256:2"
    );
    the_last_of_a_repeated_option_counts: image("--task-id 8 --requester first --requester last");
    two_keys: image("--signing-key EFGH5678");
    two_keys_two_images: image("--signing-key EFGH5678 --digest sha256:2 --reference r/ns/app:2");
    a_key_name: image("--signing-key-name release");
    two_keys_with_names: image("--signing-key EFGH5678 --signing-key-name one --signing-key-name two");
    an_empty_key_name: image("--signing-key-name").word("");
    a_long_key: container("--signing-key 0123456789ABCDEF --task-id 7 --digest sha256:1 --reference r/n:1");
    a_key_of_other_letters: container("--signing-key schlüssel😀 --task-id 7 --digest sha256:1 --reference r/n:1");
    an_alias: image("").words("--signing-key production").set("key_aliases", "{production: 4096R/55A34A82}");
    aliases_that_do_not_fit: image("").set("key_aliases", "{production: 55A34A82, abcd1234: X}");
    an_alias_of_an_alias: image("").words("--signing-key one").set("key_aliases", "{one: two, two: 55A34A82}");
    a_requester: image("--requester someone");
    a_requester_with_other_letters: image("--requester").word("Jörg \"J\" O'Ñeil 😀");
    a_task_id_with_dots_and_letters: image("--task-id ünf-7.a/b_c");
    a_task_id_attribute: image("").set("task_id_attribute", "my_task");
    a_task_id_attribute_with_other_letters: image("").set("task_id_attribute", "áufgabe id");
    a_task_id_attribute_that_is_taken: image("").set("task_id_attribute", "repo");
    a_task_id_attribute_that_is_the_digest: image("").set("task_id_attribute", "manifest_digest");
    a_task_id_attribute_that_is_a_property: image("").set("task_id_attribute", "owner_id");
    a_registry_with_a_port: image("--digest sha256:2 --reference localhost:5000/ns/app:1");
    nested_repositories: image("--digest sha256:2 --reference r/a/b/c/d:1.0");
    no_tag: image("--digest sha256:2 --reference r/ns/app");
    a_reference_with_other_letters: image("--digest sha256:2 --reference régistry/nämespace/日本😀:größe");
    raw: image("--raw");
    raw_of_several: image("--digest sha256:2 --reference r/ns/app:2 --signing-key EFGH5678 --raw");
    more_images_than_credit: (0..150).fold(image(""), |case, index| {
        case.words(&format!("--digest sha256:{index} --reference r/ns/app:{index}"))
    });
}

cases! {
    is_the_same_by_its_name,

    options_with_equals_signs: container("--signing-key=A=B --task-id=7 --digest=sha256:1 --reference=r/n:1");
    values_that_look_like_options: container("--signing-key -x --task-id --raw --digest -- --reference -/-");
    a_reference_with_quotes: image("--digest sha256:2 --reference").word("r/a\"quoted\"\\<b>&':1");
    a_digest_of_other_letters: image("--digest dïgest --reference r/n:1");
    an_empty_requester: image("--requester").word("");
    // Under its own name amqp-messenger asks once for each image and key.
    the_same_image_twice: image("--digest sha256:1 --reference registry.example.com/ns/app:1");
    the_same_key_twice: image("--signing-key ABCD1234");
}
