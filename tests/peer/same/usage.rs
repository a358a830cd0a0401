//! Wrong use of the command line: status 2, nothing printed, nothing sent.

use crate::case::{Case, blob, clear, container};

cases! {
    is_wrong_use,

    no_key: clear("--task-id 7 hello");
    no_task_id: clear("--signing-key K hello");
    no_digest: container("--signing-key K --task-id 7 --reference r/n:1");
    no_reference: container("--signing-key K --task-id 7 --digest sha256:1");
    no_file: blob("--signing-key K --task-id 7");
    no_option_at_all: Case::without_config_file(container(""));
    an_option_without_its_value: clear("--signing-key K hello --task-id");
    an_unknown_option: clear("--signing-key K --task-id 7 --digests x hello");
    an_option_of_another_command: clear("--signing-key K --task-id 7 --blob-file x hello");
    an_option_cut_short: clear("--signing-key K --task 7 hello");
    an_unknown_letter: clear("--signing-key K --task-id 7 -x hello");
    a_flag_with_a_value: clear("--signing-key K --task-id 7 --raw=yes hello");
    a_word_too_many: container("--signing-key K --task-id 7 --digest sha256:1 --reference r/n:1 word");
    an_unknown_signer_type: container("--signing-key K --task-id 7 --digest d --reference r/n:1 --signer-type both");
    a_signer_type_for_texts: clear("--signing-key K --task-id 7 --signer-type single hello");
}

cases! {
    is_wrong_use_of_its_name,

    a_log_level_in_small_letters: clear("--signing-key K --task-id 7 --log-level info hello");
    an_unknown_log_level: clear("--signing-key K --task-id 7 --log-level TRACE hello");
}
