//! The rules of MQTT, as they are read.

use std::time::Duration;

use amqp_sandbox::{Answer, ConnectionAct, LinkAct, RequestAct, Rule, When};

#[test]
fn rules_read_what_the_table_says() {
    let both = |act: Answer| Answer { reason: Some("a b".into()), ..act };
    for (text, rule) in [
        ("puback=0x97", Rule::new(When::Any, RequestAct::Puback(Answer::code(0x97)))),
        ("puback=151,a b", Rule::new(When::Any, RequestAct::Puback(both(Answer::code(0x97))))),
        (
            "suback=0x87@receiver",
            Rule::new(When::ReceiverLink, LinkAct::Suback(Answer::code(0x87))),
        ),
        (
            "disconnect=0x9d,reference=h:1,a b",
            Rule::new(
                When::Any,
                ConnectionAct::Disconnect(Answer {
                    reference: Some("h:1".into()),
                    ..both(Answer::code(0x9d))
                }),
            ),
        ),
        ("late-suback=1s@ping", Rule::new(When::Ping, LinkAct::LateSuback(Duration::from_secs(1)))),
    ] {
        assert_eq!(text.parse(), Ok(rule), "{text}");
    }
    let error = "setting=loud".parse::<Rule>().unwrap_err();
    assert!(error.contains("unknown setting"), "{error}");
    for text in ["puback", "puback=256", "puback=0x", "puback=x"] {
        let error = text.parse::<Rule>().unwrap_err();
        assert!(error.contains("a code is a number from 0 to 255"), "{error}");
    }
}
