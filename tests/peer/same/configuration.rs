//! Unusual but legal configuration, and mistakes in it.

use amqp_sandbox::pki::{Subject, Validity};

use crate::{
    case::{Case, clear, container},
    harness::Bench,
};

fn image() -> Case {
    container("--signing-key ABCD1234 --task-id 7 --digest sha256:1 --reference r/ns/app:1")
}

/// Names another client certificate in the configuration.
fn with_certificate(bench: &Bench, text: &str, pem: impl AsRef<[u8]>) -> String {
    let file = bench.file("other.pem", pem);
    text.replace(&bench.sandbox.client_pem().display().to_string(), &file.display().to_string())
}

fn named(bench: &Bench, text: &str, common_name: Option<&str>, user_id: Option<&str>) -> String {
    let subject = Subject { organisation: Some("Example"), common_name, user_id };
    let identity = bench.sandbox.authority().client(subject, Validity::default()).unwrap();
    with_certificate(bench, text, identity.pem().unwrap())
}

/// Names a folder of authorities in the configuration, with a file as `openssl rehash` names it.
fn authorities_in_a_folder(bench: &Bench, text: &str) -> String {
    let pem = std::fs::read(bench.sandbox.ca_file()).unwrap();
    let hash = openssl::x509::X509::from_pem(&pem).unwrap().subject_name_hash();
    let folder = bench.file("beside", "").with_file_name("anchors");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(format!("{hash:08x}.0")), pem).unwrap();
    text.replace(&bench.sandbox.ca_file().display().to_string(), &folder.display().to_string())
}

cases! {
    is_the_same,

    every_field_in_an_address: image()
        .words("--requester me")
        .set("topic_send_to", "\"topic://VirtualTopic.sandbox.sign\"")
        .set("topic_listen_to", "\"queue://Consumer.{creator}.VirtualTopic.sandbox.reply\"")
        .set("service", "\"{creator}\"")
        .set("environment", "\"a {b} c\"");
    fields_of_the_operation: clear("--signing-key K --task-id 7 --requester me --repo ns/app hello")
        .set("topic_listen_to", "\"queue://Consumer.{requester}-{repo}-{task_id}.VirtualTopic.sandbox.reply\"");
    fields_of_the_configuration: image().set(
        "topic_listen_to",
        "\"queue://Consumer.{environment}-{service}-{timeout}-{retries}-{send_retries}-{message_id_key}-{log_level}-\
         {task_id_attribute}-{creator}-{task_id}.VirtualTopic.sandbox.reply\"",
    );
    braces_in_an_address: image()
        .set("topic_listen_to", "\"queue://Consumer.{{{creator}}}{{}}.VirtualTopic.sandbox.reply\"");
    a_queue_for_requests: image().set("topic_send_to", "queue://requests").set("topic_listen_to", "queue://replies");
    addresses_without_a_scheme: image().set("topic_send_to", "requests").set("topic_listen_to", "replies");
    numbers_as_texts: image().set("timeout", "'10'").set("retries", "' 3 '").set("send_retries", "\"2\"");
    numbers_with_fractions: image().set("timeout", "10.9").set("retries", "2.0");
    numbers_in_other_forms: image().set("timeout", "0x0a").set("retries", "1_0").set("chunk_size", "+5");
    a_log_level_in_any_case: image().set("log_level", "Warning");
    names_with_other_letters: image().set("environment", "größe").set("service", "日本 😀");
    empty_names: image().set("environment", "''").set("service", "\"\"");
    a_variable: image().set("environment", "${PEER_TEST}").env("PEER_TEST", "from the environment: ${HOME}");
    dollars_that_are_no_variables: image().set("environment", "$HOME $$ $(x)");
    several_brokers_of_which_the_first_is_there: image().yaml(|bench, text| {
        let url = bench.sandbox.amqps_url();
        text.replace(&format!("[\"{url}\"]"), &format!("\n  - {url}\n  - '{url}'"))
    });
    without_tls: image().yaml(|bench, text| text.replace(&bench.sandbox.amqps_url(), &bench.sandbox.amqp_url()));
    a_certificate_with_a_user_id_alone: image().yaml(|bench, text| named(bench, &text, None, Some("user-7")));
    a_certificate_without_a_name: image().words("--requester me").yaml(|bench, text| named(bench, &text, None, None));
    a_certificate_with_blanks_in_its_name: image().yaml(|bench, text| named(bench, &text, Some("Jörg at work"), None));
    a_folder_of_authorities: image().yaml(|bench, text| authorities_in_a_folder(bench, &text));
    the_key_before_the_certificate: image().yaml(|bench, text| {
        let pem = std::fs::read_to_string(bench.sandbox.client_pem()).unwrap();
        let (first, second) = pem.split_at(pem.rfind("-----BEGIN").unwrap());
        with_certificate(bench, &text, [second, first].concat())
    });
    paths_from_the_home_directory: image().yaml(|_, text| {
        let lines = text.lines().map(|line| match (line.contains(".pem"), line.find(" /"), line.rfind("/sandbox/")) {
            (true, Some(from), Some(at)) => format!("{} ~{}\n", &line[..from], &line[at..]),
            _ => format!("{line}\n"),
        });
        lines.collect()
    });
    blanks_before_a_broker: image().yaml(|_, text| text.replace("[\"amqps", "[\" amqps"));
    the_usual_path: image().without_config_file().yaml(|bench, text| {
        let folder = bench.file("config.yaml", "").with_file_name(".config/pubtools-sign");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("conf.yaml"), &text).unwrap();
        "not read".into()
    });
    sections_of_other_signers: image().yaml(|_, text| format!("cosign_signer:\n  timeout: '30'\n  retries: 5\n{text}"));
    only_the_section_that_is_needed: image().yaml(|_, text| text.split("msg_batch_signer").next().unwrap().into());
    json: image().yaml(|_, text| {
        let lines = text.split("msg_batch_signer").next().unwrap().lines().skip(1);
        let pair = |line: &str| {
            let (key, value) = line.trim().split_once(": ").unwrap();
            let quoted = value.starts_with('[') || value.parse::<u32>().is_ok();
            if quoted { format!("\"{key}\": {value}") } else { format!("\"{key}\": \"{value}\"") }
        };
        format!("{{\"msg_signer\": {{{}}}}}", lines.map(pair).collect::<Vec<_>>().join(", "))
    });
    anchors: image().yaml(|_, text| {
        let single = text.split("msg_batch_signer").next().unwrap().replace("msg_signer:", "msg_signer: &single");
        single.replace("environment: prod", "environment: &name prod").replace("service: suite", "service: *name")
    });
    one_section_merged_into_the_other: image().words("--signer-type batch").yaml(|_, text| {
        let single = text.split("msg_batch_signer").next().unwrap().replace("msg_signer:", "msg_signer: &single");
        format!("{single}msg_batch_signer:\n  <<: *single\n  chunk_size: 3\n  service: batches\n")
    });
    lines_that_end_with_carriage_returns: image().yaml(|_, text| text.replace('\n', "\r\n"));
    a_byte_order_mark: image().yaml(|_, text| format!("\u{feff}{text}"));
    brokers_with_a_slash_and_in_capitals: image().yaml(|bench, text| {
        let url = bench.sandbox.amqps_url();
        text.replace(&url, &(url.replace("amqps", "AMQPS") + "/"))
    });
    folded_texts: image().set("environment", ">-\n    two\n    lines").set("service", "|\n    a line\n");
    comments_and_a_document_mark: image().yaml(|_, text| format!("# comment\n---\n{}", text.replace('\n', " # comment\n")));
}

cases! {
    is_wrong_configuration,

    a_key_that_is_missing: image().without("timeout");
    an_unknown_key: image().set("time_out", "10");
    a_number_in_the_place_of_a_name: image().set("environment", "17");
    an_alias_that_is_a_number: image().set("key_aliases", "{production: 12345678}");
    a_variable_that_is_not_set: image().set("environment", "${PEER_TEST_IS_NOT_SET}");
    no_number: image().set("timeout", "soon");
    an_unknown_field_in_an_address: image().set("topic_send_to", "\"topic://{nothing}\"");
    an_unclosed_field_in_an_address: image().set("topic_send_to", "\"topic://{creator\"");
    no_section: image().yaml(|_, text| text.replace("msg_signer:", "cosign_signer:\n  timeout: '1'\nnothing:"));
    an_empty_file: image().yaml(|_, _| String::new());
    no_yaml: image().yaml(|_, text| text + "\t}{");
    no_certificate_file: image().yaml(|_, text| text.replace("client.pem", "missing.pem"));
    a_certificate_without_its_key: image().yaml(|bench, text| {
        let pem = std::fs::read_to_string(bench.sandbox.client_pem()).unwrap();
        let at = pem.find("-----BEGIN CERTIFICATE-----").unwrap();
        let end = pem.find("-----END CERTIFICATE-----").unwrap();
        with_certificate(bench, &text, format!("{}-----END CERTIFICATE-----\n", &pem[at..end]))
    });
    no_authority_file: image().yaml(|_, text| text.replace("ca.pem", "missing.pem"));
    a_file_to_sign_that_is_not_there: clear("--signing-key K --task-id 7 one @nothing");
}
