//! Tables of URLs.

use super::*;

#[test]
fn reads_urls() {
    for (text, expected) in [
        ("amqps://broker.example.com:5671", "amqps://broker.example.com:5671"),
        ("amqps://broker", "amqps://broker:5671"),
        ("amqp://broker", "amqp://broker:5672"),
        ("mqtts://broker", "mqtts://broker:8883"),
        ("mqtt://broker", "mqtt://broker:1883"),
        ("MQTTS://Broker:443/", "mqtts://Broker:443"),
        ("mqtt://[::1]", "mqtt://[::1]:1883"),
        ("AMQPS://Broker:61617/", "amqps://Broker:61617"),
        ("amqps://[::1]", "amqps://[::1]:5671"),
        ("amqps://[2001:DB8::7]:9", "amqps://[2001:DB8::7]:9"),
        ("amqps://[::ffff:192.0.2.1]:9/", "amqps://[::ffff:192.0.2.1]:9"),
        ("amqp://[fe80::1%eth0]:5672", "amqp://[fe80::1%eth0]:5672"),
        ("amqp://[fe80::1%25eth0]:5672", "amqp://[fe80::1%eth0]:5672"),
        ("amqp://127.0.0.1:65535", "amqp://127.0.0.1:65535"),
        ("amqp://under_score.:1", "amqp://under_score.:1"),
        ("amqps://b-1.MQ.Example.com.", "amqps://b-1.MQ.Example.com.:5671"),
        ("amqps://bücher.example:5671", "amqps://xn--bcher-kva.example:5671"),
        ("amqps://BÜCHER。example", "amqps://xn--bcher-kva.example:5671"),
        ("amqps://b%C3%BCcher.example", "amqps://xn--bcher-kva.example:5671"),
        ("amqps://xn--bcher-kva.example", "amqps://xn--bcher-kva.example:5671"),
        ("amqps://br%6Fker", "amqps://broker:5671"),
        ("amqps://1.2.3.4.5", "amqps://1.2.3.4.5:5671"),
        ("amqps://broker:05671", "amqps://broker:5671"),
        ("amqps://h:5671 ", "amqps://h:5671"),
        ("\t amqps://h:5671\r\n", "amqps://h:5671"),
        ("\namqps://h:5671\n\n", "amqps://h:5671"),
        ("\u{a0}amqps://h", "amqps://h:5671"),
    ] {
        assert_eq!(
            text.parse::<BrokerUrl>().map(|url| url.to_string()).as_deref(),
            Ok(expected),
            "{text:?}"
        );
    }
    assert_eq!("amqps://[::1]".parse::<BrokerUrl>().unwrap().host, "::1");
}

/// What people have in the configurations of other clients, and what each should write.
#[test]
fn says_what_to_write_instead() {
    for (text, problem, write) in [
        (
            "amqp+ssl://b-1.mq.example.com:5671",
            "scheme of another client",
            "amqps://b-1.mq.example.com:5671",
        ),
        ("ssl://h:5671", "scheme of another client", "amqps://h:5671"),
        ("ssl://h:8883", "scheme of another client", "mqtts://h:8883"),
        ("ssl://h:1883", "scheme of another client", "mqtts://h:1883"),
        ("tcp://h:1883", "scheme of another client", "mqtt://h:1883"),
        ("mqtt+ssl://h:61617", "scheme of another client", "mqtts://h:61617"),
        ("mqtt+tcp://h", "scheme of another client", "mqtt://h:1883"),
        ("mqtt+wss://h:443/mqtt", "is for MQTT over WebSockets", "mqtts://h:8883"),
        ("AMQP+NIO+SSL://h:1", "scheme of another client", "amqps://h:1"),
        ("tcp://h:5672", "scheme of another client", "amqp://h:5672"),
        ("amqp+tcp://h", "scheme of another client", "amqp://h:5672"),
        ("pyamqp://h//", "scheme of another client", "amqp://h:5672"),
        (
            "sb://ns.servicebus.windows.net/",
            "scheme of another client",
            "amqps://ns.servicebus.windows.net:5671",
        ),
        ("stomp+ssl://h:61612", "is for STOMP", "amqps://h:5671"),
        ("stomp://h:61613", "is for STOMP", "amqp://h:5672"),
        ("https://h/api/message", "is for HTTP", "amqps://h:5671"),
        ("amqpwss://h:443/$servicebus/websocket", "is for AMQP over WebSockets", "amqps://h:5671"),
        ("kafka://h:9093", "none of amqps://, amqp://, mqtts:// and mqtt://", "amqps://h:9093"),
        ("h:5671", "has no scheme", "amqps://h:5671"),
        ("h:5672", "has no scheme", "amqp://h:5672"),
        ("h:8883", "has no scheme", "mqtts://h:8883"),
        ("h:1883", "has no scheme", "mqtt://h:1883"),
        ("mqtts:h:8883", "has no scheme", "mqtts://h:8883"),
        ("mqtts://h:8883/mqtt", "topic_send_to and topic_listen_to)", "mqtts://h:8883"),
        ("mqtts://2001:db8::7:8883", "without brackets", "mqtts://[2001:db8::7]:8883"),
        ("broker.example.com", "has no scheme", "amqps://broker.example.com:5671"),
        ("broker.example.com:5671/vhost", "has no scheme", "amqps://broker.example.com:5671"),
        ("//h:5671", "has no scheme", "amqps://h:5671"),
        ("[::1]:5671", "has no scheme", "amqps://[::1]:5671"),
        ("::1", "has no scheme", "amqps://[::1]:5671"),
        ("amqps:/h:5671", "has no scheme", "amqps://h:5671"),
        ("amqps:h:5671", "has no scheme", "amqps://h:5671"),
        ("amqps//h:5671", "has no scheme", "amqps://h:5671"),
        ("amqps;//h:5671", "has no scheme", "amqps://h:5671"),
        ("amqps://amqps://h:5671", "path", "amqps://h:5671"),
        ("amqps://h:5671,", "port", "amqps://h:5671"),
        ("\"amqps://h:5671\"", "written for another client", "amqps://h:5671"),
        ("<amqps://h:5671>", "written for another client", "amqps://h:5671"),
        ("url=amqps://h:5671", "written for another client", "amqps://h:5671"),
        ("failover:(amqp+ssl://a:5671)", "written for another client", "amqps://a:5671"),
        ("failover:amqp+ssl://a:5671", "written for another client", "amqps://a:5671"),
        ("amqps://broker:5671/queue", "virtual host into open_hostname)", "amqps://broker:5671"),
        ("amqps://broker//", "has a path", "amqps://broker:5671"),
        ("amqps://broker?a=b", "has a query", "amqps://broker:5671"),
        ("amqps://broker#f", "has a query", "amqps://broker:5671"),
        ("amqps://broker:", "port", "amqps://broker:5671"),
        ("amqps://broker:0", "port", "amqps://broker:5671"),
        ("amqps://broker:65536", "port", "amqps://broker:5671"),
        ("amqps://broker:+1", "port", "amqps://broker:5671"),
        ("amqps://broker:x", "port", "amqps://broker:5671"),
        ("amqps://::1", "without brackets", "amqps://[::1]:5671"),
        ("amqps://2001:db8::7:5671", "without brackets", "amqps://[2001:db8::7]:5671"),
        ("amqp://fe80::1%lo", "without brackets", "amqp://[fe80::1%lo]:5672"),
    ] {
        let said = text.parse::<BrokerUrl>().unwrap_err();
        let expected = format!("; write {write}");
        assert!(said.contains(problem) && said.ends_with(&expected), "{text}: {said}");
        assert_eq!(write.parse::<BrokerUrl>().unwrap().to_string(), write);
    }
}

/// A transport without its protocol's port may be either.
#[test]
fn names_both_protocols_if_nothing_tells_which() {
    for (text, problem, amqp, mqtt) in [
        ("tls://h", "scheme of another client", "amqps://h:5671", "mqtts://h:8883"),
        (
            "ssl://h:61617?verifyHostName=false",
            "scheme of another client",
            "amqps://h:61617",
            "mqtts://h:61617",
        ),
        ("tcp://h", "scheme of another client", "amqp://h:5672", "mqtt://h:1883"),
        ("wss://h:443/mqtt", "is for WebSockets", "amqps://h:5671", "mqtts://h:8883"),
        ("ws://h:9001", "is for WebSockets", "amqp://h:5672", "mqtt://h:1883"),
    ] {
        let said = text.parse::<BrokerUrl>().unwrap_err();
        let expected = format!("; write {amqp}, or {mqtt} for MQTT");
        assert!(said.contains(problem) && said.ends_with(&expected), "{text}: {said}");
    }
}

#[test]
fn several_brokers_in_one_item_are_listed() {
    for text in [
        "amqps://a:5671,amqps://b:5671",
        "amqps://a:5671, amqps://b:5671 ",
        "amqps://a;amqps://b",
        "amqps://a amqps://b",
        "amqps://a:5671\namqps://b:5671\n",
        "a:5671,b:5671",
        "amqps://a,b:5671",
        "amqp+ssl://a:5671,b",
        "[\"amqps://a\", \"amqps://b\"]",
        "failover:(amqp+ssl://a:5671,amqp+ssl://b:5671)?randomize=false",
        "failover:(amqps://a:5671?x=y,amqps://b:5671?x=y)?initialReconnectDelay=100",
        "failover://(ssl://a:5671,ssl://b:5671)",
        "failover:ssl://a:5671,ssl://b:5671",
        "FAILOVER:(ssl://a:5671,ssl://b:5671)",
        "(ssl://a:5671,ssl://b:5671)?ha=true",
        "failover:(nested:(ssl://a:5671,ssl://b:5671))",
        "static:(amqp+ssl://a:5671,amqp+ssl://b:5671)",
    ] {
        let said = text.parse::<BrokerUrl>().unwrap_err();
        let expected = "list them as 2 items: [\"amqps://a:5671\", \"amqps://b:5671\"]";
        assert!(said.ends_with(expected) && !said.contains('\n'), "{text}: {said}");
    }
    let many = "amqps://a,".repeat(100_000).parse::<BrokerUrl>().unwrap_err();
    assert!(many.contains("list them as 100000 items") && many.len() < 2000, "{many}");
}

#[test]
fn refuses_what_is_no_url() {
    for (text, expected) in [
        ("", "is empty"),
        (" \n", "is empty"),
        ("broker", "is no URL (not shown, in case it is a secret); write amqps://host:5671"),
        ("pa/ss", "is no URL (not shown"),
        ("s3cret!", "is no URL (not shown"),
        ("amqps://", "has no host"),
        ("amqps://:5671", "has no host"),
        ("amqps:///", "has no host"),
        ("amqps://[::1", "not closed"),
        ("amqps://[broker]", "no IPv6 address in its brackets"),
        ("amqps://[fe80::1%]", "no IPv6 address in its brackets"),
        ("amqps://[::1]x", "colon"),
        ("amqps://bro ker", "' '"),
        ("amqps://bro ker:5671", "holds ' '; write amqps://host:5671"),
        ("amqps://bro\nker", "'\\n'"),
        ("amqps://a..b", "empty part"),
        ("amqps://.a", "empty part"),
        ("amqps://.", "empty part"),
        ("amqps://a%zz", "\"%\""),
        ("amqps://a\u{308}", "\\u{308}"),
        ("amqps://a!", "'!'"),
    ] {
        let problem = text.parse::<BrokerUrl>().unwrap_err();
        assert!(problem.contains(expected) && !problem.contains('\n'), "{text}: {problem}");
    }
    let long = |count: usize| format!("amqps://{}", "a".repeat(count)).parse::<BrokerUrl>();
    assert!(long(63).is_ok() && long(64).unwrap_err().contains("63 characters"));
    let labels = |count: usize| format!("amqps://{}b", "a.".repeat(count)).parse::<BrokerUrl>();
    assert!(labels(126).is_ok() && labels(127).unwrap_err().contains("too long"));
}

#[test]
fn never_repeats_a_password() {
    for text in [
        "amqps://me:MaRk@broker",
        "amqps://me:Ma@RkMaRk@broker",
        "amqps://user:p@ssMaRk",
        "amqps:/me:MaRk@broker",
        "me:MaRk@broker:5671",
        "MaRk://x:MaRk@broker",
        "amqps://me:MaRk/x@broker:1/?",
        "failover:(amqps://me:MaRk@a,amqps://me:MaRk@b)",
        "amqps://me:MaRk",
        "ssl://me:MaRk",
        "amqps://me:MaRk:5671",
        "me:MaRk",
        "amqps://me:MaRk%40broker",
        "amqps://a:5671,amqps://me:MaRk",
        "amqps://broker?password=MaRk",
        "MaRk",
        "c2VjcmV0MaRk==",
        "ghp_MaRk567890123456.x",
        "Endpoint=sb://ns.example.net/;SharedAccessKeyName=Root;SharedAccessKey=MaRk",
        "Endpoint=sb://ns.example.net/;SharedAccessKey=MaRk.x:1;a.b",
    ] {
        let problem = text.parse::<BrokerUrl>().unwrap_err();
        assert!(!problem.contains("MaRk"), "{problem}");
        let list = as_list(text).unwrap_or_default();
        assert!(!list.contains("MaRk"), "{list}");
    }
}
