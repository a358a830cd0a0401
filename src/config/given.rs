//! What options of the command line give to keys, read and checked as in the file.

use super::{
    SignerType,
    expand::Env,
    keys,
    overrides::Overrides,
    reading,
    section::{self, Section},
    sources::{SET, name_of},
    yaml,
};
use crate::error::printable;

/// A value that an option gives to a key.
pub(crate) struct Given {
    pub(crate) option: &'static str,
    pub(crate) key: String,
    /// As it would be written in the file.
    pub(crate) value: String,
}

impl Given {
    /// The words of `--set`.
    ///
    /// # Errors
    /// What is wrong with them, with the option.
    pub(crate) fn by_set(word: &str) -> Result<Self, String> {
        let Some((key, value)) = word.split_once('=') else {
            let shown = printable(word);
            return Err(format!("{SET} {shown}: no value; write {SET} KEY=VALUE"));
        };
        match key.trim() {
            "" => Err(format!("{SET}: no key before \"=\"; write {SET} KEY=VALUE")),
            key => Ok(Self { option: SET, key: key.into(), value: value.into() }),
        }
    }
}

impl Overrides {
    /// Reads and checks the values, each by itself.
    ///
    /// If one option sets a key twice, the last value counts, as with every option.
    ///
    /// # Errors
    /// What is wrong with the first that is, with the option.
    pub(crate) fn new(signer: SignerType, given: Vec<Given>, env: Env<'_>) -> Result<Self, String> {
        let mut overrides = Self::default();
        if given.is_empty() {
            return Ok(overrides);
        }
        for Given { option, key, value } in given {
            let fail = |problem| format!("{}: {problem}", name_of(option, &key));
            let row = keys::of(signer).iter().find(|row| row.name == key);
            let name = row.ok_or_else(|| fail(section::unknown(&key, signer)))?.name;
            let node = yaml::value(&value).and_then(|node| section::expanded(&node, env));
            overrides.entries.insert(name.into(), node.map_err(fail)?);
            match overrides.options.insert(name, option) {
                Some(other) if other != option => {
                    let (one, two) = (name_of(other, name), name_of(option, name));
                    return Err(format!("{one} and {two} both set {name}; remove one"));
                }
                _ => {}
            }
        }
        overrides.check(signer, env)?;
        Ok(overrides)
    }

    /// Reads the values among samples of what is required, so that an error is theirs.
    fn check(&self, signer: SignerType, env: Env<'_>) -> Result<(), String> {
        let mut all = self.clone();
        for (key, sample) in keys::required(signer) {
            if !all.entries.contains_key(key) {
                all.entries.insert(key.to_owned(), yaml::value(sample)?);
            }
        }
        let section = Section::of_options(signer.section(), all, env);
        reading::each(&section, signer).map(drop).map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &[&str], others: &[(&'static str, &str, &str)]) -> Result<Overrides, String> {
        let env = |name: &str| (name == "HOST").then(|| "broker".to_owned());
        let mut given =
            words.iter().map(|word| Given::by_set(word)).collect::<Result<Vec<_>, _>>()?;
        let of_option = |&(option, key, value): &(_, &str, &str)| Given {
            option,
            key: key.into(),
            value: value.into(),
        };
        given.extend(others.iter().map(of_option));
        Overrides::new(SignerType::Single, given, &env)
    }

    #[test]
    fn values_are_read_as_in_a_file() {
        for (words, key, expected) in [
            (&["timeout=60"][..], "timeout", "a number: 60"),
            (&["timeout= 60 "], "timeout", "a number: 60"),
            (&[" timeout = 60"], "timeout", "a number: 60"),
            (&["timeout=60", "timeout=70"], "timeout", "a number: 70"),
            (&["environment=a=b"], "environment", "a string: \"a=b\""),
            (&["environment=\"\""], "environment", "a string: \"\""),
            (&["environment=\"60\""], "environment", "a string: \"60\""),
            (&["environment='${HOST}'"], "environment", "a string: \"broker\""),
            (
                &["messaging_brokers=['amqps://${HOST}', amqps://b]"],
                "messaging_brokers",
                "a list: a list",
            ),
            (
                &["messaging_brokers=\n- amqps://a\n- amqps://b\n"],
                "messaging_brokers",
                "a list: a list",
            ),
            (&["key_aliases={x: AB12CD34, y: 1234567e1}"], "key_aliases", "a mapping: a mapping"),
            (
                &["topic_listen_to=queue://C.{creator}.x"],
                "topic_listen_to",
                "a string: \"queue://C.{creator}.x\"",
            ),
            (&["durable=no"], "durable", "a string: \"no\""),
        ] {
            let overrides = read(words, &[]).unwrap();
            let node = &overrides.entries[key];
            assert_eq!(format!("{}: {node}", node.kind()), expected, "{words:?}");
        }
    }

    #[test]
    fn an_error_names_the_option_and_the_key() {
        for (words, others, expected) in [
            (&["timeout"][..], &[][..], "--set timeout: no value; write --set KEY=VALUE"),
            (&["=60"], &[], "--set: no key before \"=\"; write --set KEY=VALUE"),
            (&["timeot=60"], &[], "--set timeot: unknown key; did you mean timeout?"),
            (
                &["msg_signer.timeout=60"],
                &[],
                "--set msg_signer.timeout: unknown key; did you mean timeout?",
            ),
            (&["bogus=60"], &[], "--set bogus: unknown key; the keys are messaging_brokers, "),
            (
                &["password=hunter2"],
                &[],
                "--set password: unknown key; did you mean password_file?",
            ),
            (&["chunk_size=2"], &[], "--set chunk_size: unknown key; only msg_batch_signer has it"),
            (
                &["timeout=x"],
                &[],
                "--set timeout: expected a whole number of at least 1, found \"x\"",
            ),
            (&["timeout=0"], &[], "--set timeout: expected a whole number of at least 1, found 0"),
            (
                &["timeout="],
                &[],
                "--set timeout: no value; expected a whole number of at least 1; or remove the option",
            ),
            (&["environment=~"], &[], "--set environment: no value; expected a string; or remove"),
            (&["environment= # comment"], &[], "--set environment: no value; expected a string"),
            (
                &["environment=prod", "service=7"],
                &[],
                "--set service: expected a string, found the number 7; quote it: \"7\"",
            ),
            (
                &["environment=@x"],
                &[],
                "--set environment: not a YAML value: found character that cannot start any token",
            ),
            (
                &["environment=a: b: c"],
                &[],
                "--set environment: not a YAML value: mapping values are not allowed",
            ),
            (
                &["environment=${NONE}"],
                &[],
                "--set environment: the environment variable NONE is not set",
            ),
            (&["messaging_brokers=amqps://a"], &[], "found a string; write [\"amqps://a:5671\"]"),
            (
                &["sasl=plian"],
                &[],
                "--set sasl: expected one of auto, none, anonymous, external, plain, found \"plian\"",
            ),
            (
                &["key_aliases={a: 1, a: 2}"],
                &[],
                "--set key_aliases: duplicate key \"a\"; remove one",
            ),
            (
                &[],
                &[("--timeout", "timeout", "1.x")],
                "--timeout: expected a whole number of at least 1, found \"1.x\"",
            ),
            (
                &[],
                &[("--deadline", "deadline", "0")],
                "--deadline: expected a number of seconds above 0, found 0",
            ),
            (
                &["timeout=1"],
                &[("--timeout", "timeout", "2")],
                "--set timeout and --timeout both set timeout; remove one",
            ),
            (
                &[],
                &[("--send-retries", "send_retries", "2"), ("--no-resend", "send_retries", "1")],
                "--send-retries and --no-resend both set send_retries; remove one",
            ),
        ] {
            let problem =
                read(words, others).err().unwrap_or_else(|| panic!("{words:?}: accepted"));
            assert!(problem.contains(expected), "{words:?}: {problem}");
            assert!(!problem.contains("hunter2"), "{problem}");
        }
    }
}
