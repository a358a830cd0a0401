//! Rules written as text, for the command line: `ACT[@WHEN]…`.

use std::fmt::Display;
use std::str::FromStr;
use std::time::Duration;

use crate::behaviour::{Act, Carrier, Content, Layer, Limit, Phase, Refusal, Rule, When};

impl FromStr for Rule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts = text.split('@');
        let act = act(parts.next().unwrap_or_default())?;
        let mut conditions = parts.map(when).collect::<Result<Vec<_>, _>>()?;
        let when = match conditions.len() {
            0 => When::Any,
            1 => conditions.remove(0),
            _ => When::All(conditions),
        };
        Ok(Self { when, act })
    }
}

fn when(text: &str) -> Result<When, String> {
    let (name, value) = split(text);
    Ok(match name {
        "request" => When::Request(number(name, value)?),
        "from" => When::FromRequest(number(name, value)?),
        "every" => match number(name, value)? {
            0 => return Err("every=0 never holds".to_owned()),
            n => When::EveryNth(n),
        },
        "delivery" => When::Delivery(number(name, value)?),
        "first" => When::Delivery(1),
        "address" => When::Address(value.unwrap_or_default().to_owned()),
        "connection" => When::Connection(number(name, value)?),
        "sender" => When::SenderLink,
        "receiver" => When::ReceiverLink,
        _ => return Err(format!("unknown condition {text:?}")),
    })
}

fn act(text: &str) -> Result<Act, String> {
    let (name, value) = split(text);
    Ok(match name {
        "no-reply" => Act::NoReply,
        "drop" => Act::Drop,
        "delay" => Act::Delay(time(text, value)?),
        "reverse" => Act::Reverse(number(name, value)?),
        "twice" => Act::ReplyTwice,
        "foreign-first" => Act::ForeignReplyFirst,
        "foreign-instead" => Act::ForeignReplyInstead,
        "server-error" => Act::ServerError {
            errors: vec![value.unwrap_or("signing failed").to_owned()],
            signing_status: "failure".to_owned(),
        },
        "no-errors-field" => Act::WithoutErrors,
        "no-result" => Act::WithoutResult,
        "partial-batch" => Act::PartialBatch(number(name, value)?),
        "not-json" => Act::Content(Content::NotJson),
        "json-list" => Act::Content(Content::JsonList),
        "no-msg" => Act::Content(Content::NoMsg),
        "no-id" => Act::Content(Content::NoId),
        "numeric-id" => Act::Content(Content::NumericId),
        "empty" => Act::Content(Content::Empty),
        "nested" => Act::Content(Content::Nested(number(name, value)?)),
        "padded" => Act::Content(Content::Padded(number(name, value)?)),
        "binary" => Act::Carrier(Carrier::Binary),
        "data" => Act::Carrier(Carrier::Data(number(name, value.or(Some("1")))?)),
        "invalid-utf8" => Act::Carrier(Carrier::InvalidUtf8),
        "null" => Act::Carrier(Carrier::Null),
        "reject" => Act::Reject(refusal(value)),
        "release" => Act::Release,
        "modify" => Act::Modify { undeliverable_here: value == Some("undeliverable-here") },
        "never-settle" => Act::NeverSettle,
        "reply-before-outcome" => Act::ReplyBeforeOutcome,
        "no-credit" => Act::NoCredit,
        "refuse" => Act::RefuseLink(refusal(value)),
        "detach" => Act::DetachLink(refusal(value)),
        "silent" => Act::Silent(phase(text, value)?),
        "cut" => Act::Cut,
        "cut-sent" => Act::CutAfter(Limit::FramesSent(number(name, value)?)),
        "cut-received" => Act::CutAfter(Limit::FramesReceived(number(name, value)?)),
        "cut-bytes" => Act::CutAfter(Limit::BytesSent(number(name, value)?)),
        "slow" => Act::Slow(time(text, value)?),
        "half-open" => Act::HalfOpen,
        "close" => Act::Close(refusal(value)),
        "raw" => Act::Raw(Layer::Amqp, bytes(name, value)?),
        "raw-tcp" => Act::Raw(Layer::Tcp, bytes(name, value)?),
        "raw-first" => Act::RawFirst(Layer::Amqp, bytes(name, value)?),
        "raw-first-tcp" => Act::RawFirst(Layer::Tcp, bytes(name, value)?),
        _ => return Err(format!("unknown act {text:?}")),
    })
}

fn split(text: &str) -> (&str, Option<&str>) {
    match text.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (text, None),
    }
}

fn number<N: FromStr<Err: Display>>(name: &str, value: Option<&str>) -> Result<N, String> {
    let value = value.ok_or(format!("{name} needs a number: {name}=N"))?;
    let number = value.parse();
    number.map_err(|error| format!("{name}={value}: {error}"))
}

fn time(text: &str, value: Option<&str>) -> Result<Duration, String> {
    let time = humantime::parse_duration(value.unwrap_or_default());
    time.map_err(|error| format!("{text:?}: {error}"))
}

fn bytes(name: &str, value: Option<&str>) -> Result<Vec<u8>, String> {
    let digits: String = value.unwrap_or_default().split_whitespace().collect();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    let bytes: Option<Vec<u8>> = match digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        true if digits.len().is_multiple_of(2) && !digits.is_empty() => {
            digits.as_bytes().chunks(2).map(byte).collect()
        }
        _ => None,
    };
    bytes.ok_or(format!("{name} needs bytes, each as two hexadecimal digits: {name}=414d5150"))
}

fn phase(text: &str, value: Option<&str>) -> Result<Phase, String> {
    match value {
        None | Some("tcp") => Ok(Phase::Tcp),
        Some("tls") => Ok(Phase::Tls),
        Some("open") => Ok(Phase::Open),
        _ => Err(format!("{text:?}: silent after tcp, tls or open")),
    }
}

fn refusal(condition: Option<&str>) -> Refusal {
    Refusal {
        condition: condition.unwrap_or("amqp:not-allowed").to_owned(),
        description: Some("the sandbox was told to say no".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_acts_and_conditions() {
        let rule: Rule = "delay=250ms@request=2".parse().unwrap();
        assert_eq!(rule.when, When::Request(2));
        assert_eq!(rule.act, Act::Delay(Duration::from_millis(250)));

        let rule: Rule = "cut-bytes=70@connection=1".parse().unwrap();
        assert_eq!(rule.when, When::Connection(1));
        assert_eq!(rule.act, Act::CutAfter(Limit::BytesSent(70)));

        let rule: Rule = "raw-tcp=41 4D\n5150@request=1".parse().unwrap();
        assert_eq!(rule.act, Act::Raw(Layer::Tcp, b"AMQP".to_vec()));

        let rule: Rule = "no-credit@sender@address=queue://a".parse().unwrap();
        let both = vec![When::SenderLink, When::Address("queue://a".into())];
        assert_eq!(rule.when, When::All(both));
    }

    #[test]
    fn says_what_it_does_not_understand() {
        let error = |text: &str| text.parse::<Rule>().unwrap_err();
        assert_eq!(error("explode"), r#"unknown act "explode""#);
        assert_eq!(error("twice@noon"), r#"unknown condition "noon""#);
        assert_eq!(error("silent=bind"), r#""silent=bind": silent after tcp, tls or open"#);
        assert!(error("nested").contains("needs a number"));
        assert!(error("every").contains("unknown act"));
        for text in ["raw", "raw=", "raw=4", "raw=+4", "raw=4g", "raw=ä"] {
            assert!(error(text).contains("two hexadecimal digits"), "{text}");
        }
    }
}
