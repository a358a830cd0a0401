//! The command `pubtools-sign`, which bundles the others.

use crate::case::bundle;

cases! {
    is_the_same,

    an_image: bundle("msg-container-sign --signing-key K --task-id 7 --digest sha256:1 --reference r/ns/app:1");
    images_in_batches: bundle(
        "msg-container-sign --signing-key K --task-id 7 --digest sha256:1 --reference r/ns/app:1 --signer-type batch"
    );
    a_text: bundle("msg-clear-sign --signing-key K --task-id 7 --raw hello");
}

cases! {
    is_wrong_use_of_its_name,

    an_unknown_command: bundle("msg-sign").without_config_file();
    an_option_that_comes_too_early: bundle("--task-id 7 msg-clear-sign").without_config_file();
    a_missing_option: bundle("msg-clear-sign --signing-key K hello");
}
