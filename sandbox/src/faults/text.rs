//! Rules as text: `ACT[@WHEN]…`, and the help that says so.

use std::str::FromStr;

use super::{
    Act, Rule, When,
    table::{CONNECTION, Groups, LINK, REPLY, REQUEST, WHEN},
};
use crate::openpgp::Twist;

const EXAMPLES: &str = "\
Examples: delay=2s@request=1   reject=amqp:not-allowed@every=3
          value=wrong-key@every=2   forged-first=crossed@first
          refuse=amqp:unauthorized-access@receiver   no-reply@first
          half-open@request=2   close=amqp:connection:forced@connection=1
          reject=amqp:resource-limit-exceeded,queue=sign,reason=maxlen@first
          raw=0000000402000000@request=2   \"raw-first=$(xxd -p file)\"
          puback=0x97,full@every=3   suback=0x87@receiver   cut@connect@connection=2
          setting=receive-maximum:5@connection=2   forget@connect@connection=2
";

/// What the command's help says about rules.
pub fn help() -> String {
    let mut help = "\
A RULE is ACT, ACT@WHEN or ACT@WHEN@WHEN (if all hold). CONDITION is that of the error;
the default is amqp:not-allowed. Each KEY=VALUE is an entry of the error's info map.
Over MQTT, Open means CONNACK, frames are packets, and a topic's address is topic://NAME.
Reject, modify and refuse are answered by 0x87 or 0x80, release by 0x97; close and detach
are a DISCONNECT. CODE is a number such as 0x87, TEXT its reason string. With receiver,
connect, ping or acknowledgement, acts on the connection happen there.

"
    .to_owned();
    describe(&mut help, REPLY);
    describe(&mut help, REQUEST);
    describe(&mut help, LINK);
    describe(&mut help, CONNECTION);
    describe(&mut help, WHEN);
    for (heading, good) in [("VALUE, good", true), ("VALUE, bad", false)] {
        help += &format!("{heading}:\n");
        for twist in Twist::all().iter().filter(|twist| twist.is_good == good) {
            help += &format!("  {:22}{}\n", twist.name, twist.meaning);
        }
    }
    help + "\n" + EXAMPLES
}

/// Appends headings with their entries; the meanings are in a separate column.
fn describe<T: Clone>(help: &mut String, groups: Groups<T>) {
    const COLUMN: usize = 24;
    const WIDTH: usize = 90;
    for (heading, entries) in groups {
        *help += heading;
        *help += ":\n";
        for entry in *entries {
            let mut line = format!("  {}", entry.syntax());
            if line.len() >= COLUMN {
                *help += &line;
                *help += "\n";
                line.clear();
            }
            line += &" ".repeat(COLUMN - 1 - line.len());
            for word in entry.meaning.split(' ') {
                if line.len() + 1 + word.len() > WIDTH {
                    *help += &line;
                    *help += "\n";
                    line = " ".repeat(COLUMN - 1);
                }
                line.push(' ');
                line += word;
            }
            *help += &line;
            *help += "\n";
        }
    }
}

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

fn act(text: &str) -> Result<Act, String> {
    let made = made(REPLY, text)
        .or_else(|| made(REQUEST, text))
        .or_else(|| made(LINK, text))
        .or_else(|| made(CONNECTION, text));
    made.unwrap_or_else(|| Err(format!("unknown act {text:?}")))
}

fn when(text: &str) -> Result<When, String> {
    made(WHEN, text).unwrap_or_else(|| Err(format!("unknown condition {text:?}")))
}

/// What the text says, if its name is in these groups.
fn made<T: Clone, A: From<T>>(groups: Groups<T>, text: &str) -> Option<Result<A, String>> {
    let (name, value) = match text.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (text, None),
    };
    let entry = groups.iter().flat_map(|(_, entries)| *entries).find(|entry| entry.name == name)?;
    Some(entry.make(value).map(A::from))
}

#[cfg(test)]
mod tests {
    use std::{collections::HashSet, time::Duration};

    use super::*;
    use crate::{ConnectionAct, Layer, Limit, LinkAct, Phase, ReplyAct, RequestAct};

    #[test]
    fn reads_acts_and_conditions() {
        let rule: Rule = "delay=250ms@request=2".parse().unwrap();
        assert_eq!(rule, Rule::new(When::Request(2), ReplyAct::Delay(Duration::from_millis(250))));

        let rule: Rule = "cut-bytes=70@connection=1".parse().unwrap();
        let cut = ConnectionAct::CutAfter(Limit::BytesSent(70));
        assert_eq!(rule, Rule::new(When::Connection(1), cut));

        let rule: Rule = "raw-tcp=41 4D\n5150@request=1".parse().unwrap();
        assert_eq!(rule.act, ConnectionAct::Raw(Layer::Tcp, b"AMQP".to_vec()).into());

        let rule: Rule = "no-credit@sender@address=queue://a".parse().unwrap();
        let both = vec![When::SenderLink, When::Address("queue://a".into())];
        assert_eq!(rule, Rule::new(When::All(both), LinkAct::NoCredit));

        for (text, undeliverable_here) in [("modify", false), ("modify=undeliverable-here", true)] {
            let act = RequestAct::Modify { undeliverable_here };
            assert_eq!(text.parse(), Ok(Rule::new(When::Any, act)));
        }
        for (text, phase) in
            [("", Phase::Tcp), ("=tcp", Phase::Tcp), ("=tls", Phase::Tls), ("=open", Phase::Open)]
        {
            let rule = format!("silent{text}").parse();
            assert_eq!(rule, Ok(Rule::new(When::Any, ConnectionAct::Silent(phase))));
        }
    }

    #[test]
    fn says_what_is_wrong() {
        let error = |text: &str| text.parse::<Rule>().unwrap_err();
        assert_eq!(error("explode"), r#"unknown act "explode""#);
        assert_eq!(error("every"), r#"unknown act "every""#);
        assert_eq!(error("twice@noon"), r#"unknown condition "noon""#);
        let silent = r#"expected silent[=tcp|tls|open], found "silent=bind": no such word"#;
        assert_eq!(error("silent=bind"), silent);
        assert_eq!(
            error("nested"),
            r#"expected nested=LEVELS, found "nested": there is no number"#
        );
        assert_eq!(error("twice=3"), r#"expected twice, found "twice=3": it takes no value"#);
        assert!(error("twice@every=0").contains("0 never holds"));
        assert!(error("twice@every=x").contains("invalid digit"));
        assert!(error("delay").contains("expected delay=TIME"));
        for text in ["raw", "raw=", "raw=4", "raw=+4", "raw=4g", "raw=ä"] {
            assert!(error(text).contains("two hexadecimal digits"), "{text}");
        }
    }

    /// Of two entries with one name the second would never be found.
    #[test]
    fn no_name_is_in_the_table_twice() {
        fn names<T>(groups: Groups<T>) -> impl Iterator<Item = &'static str> {
            groups.iter().flat_map(|(_, entries)| *entries).map(|entry| entry.name)
        }
        let acts: Vec<_> = names(REPLY)
            .chain(names(REQUEST))
            .chain(names(LINK))
            .chain(names(CONNECTION))
            .collect();
        let conditions: Vec<_> = names(WHEN).collect();
        for names in [acts, conditions] {
            assert_eq!(names.iter().collect::<HashSet<_>>().len(), names.len(), "{names:?}");
        }
    }
}
