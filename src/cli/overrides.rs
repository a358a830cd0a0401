//! Options that set keys of the configuration.

use super::{
    options::Options,
    topic::{Topic, Usage},
};
use crate::config::{Given, Overrides};

/// What the options set, checked as the file is.
///
/// # Errors
/// [`Usage`] for the first value that has no meaning, and if two options set one key.
pub(super) fn read(topic: &Topic, options: &Options) -> Result<Overrides, Usage> {
    let env = |name: &str| std::env::var(name).ok();
    let overrides =
        given(options).and_then(|given| Overrides::new(options.signer_type, given, &env));
    overrides.map_err(|problem| topic.usage(problem))
}

fn given(options: &Options) -> Result<Vec<Given>, String> {
    let mut given =
        options.set.iter().map(|word| Given::by_set(word)).collect::<Result<Vec<_>, _>>()?;
    let once = options.no_resend.then(|| "1".to_owned());
    for (option, key, value) in [
        ("--deadline", "deadline", &options.deadline),
        ("--timeout", "timeout", &options.timeout),
        ("--retries", "retries", &options.retries),
        ("--send-retries", "send_retries", &options.send_retries),
        ("--no-resend", "send_retries", &once),
        ("--verify", "verify", &options.verify),
    ] {
        let of_option = |value: &String| Given { option, key: key.into(), value: value.clone() };
        given.extend(value.as_ref().map(of_option));
    }
    if !options.verify_keys.is_empty() {
        let paths = options.verify_keys.iter().map(|path| path.0.to_string_lossy());
        let list = serde_json::Value::from_iter(paths.map(String::from));
        // JSON is YAML, too.
        let (option, key) = ("--verify-keys", "verify_keys".into());
        given.push(Given { option, key, value: list.to_string() });
    }
    Ok(given)
}
