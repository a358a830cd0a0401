//! What the broker is like over MQTT: what it announces, keeps and refuses.

use std::str::FromStr;

/// What the broker is like over MQTT; the default is like Mosquitto's, with nothing announced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mqtt {
    /// Whether it speaks only 3.1.1: a CONNECT of 5 ends the connection without a word.
    pub only_311: bool,
    /// Receive Maximum, which it announces and enforces.
    pub receive_maximum: Option<u16>,
    /// Maximum QoS, which it announces and enforces.
    pub maximum_qos: Option<u8>,
    /// Maximum Packet Size, which it announces and enforces.
    pub maximum_packet_size: Option<u32>,
    /// The largest payload that it takes; a larger one gets a PUBACK with 0x95.
    pub payload_limit: Option<usize>,
    /// Server Keep Alive, which it announces, whatever the client asked for.
    pub keep_alive: Option<u16>,
    /// The longest Session Expiry Interval that it grants; a shorter one than asked is announced.
    pub session_expiry: Option<u32>,
    /// Topic Alias Maximum, which it announces.
    pub topic_alias_maximum: Option<u16>,
    /// How many messages wait for one client; more are dropped in silence.
    pub queue: usize,
    /// How many unacknowledged messages one client may have, besides its own Receive Maximum.
    pub in_flight: u16,
    /// Whether a client that is taken over gets a DISCONNECT, or the stream just ends.
    pub tells_take_over: bool,
    /// Whether a client that lets the keep alive pass gets a DISCONNECT.
    pub tells_keep_alive: bool,
    /// Whether a resumed session gets its messages under new packet ids, from 1 on.
    pub renumbers: bool,
    /// Whether PUBACK says that there is no subscriber (0x10).
    pub tells_no_subscriber: bool,
    /// Whether a client that begins a new session gets a client id of the broker's, and not the one that it asked for.
    pub assigns_client_ids: bool,
    /// User name and password that it demands; without a password, any.
    pub user: Option<(String, Option<String>)>,
}

impl Default for Mqtt {
    fn default() -> Self {
        Self {
            only_311: false,
            receive_maximum: None,
            maximum_qos: None,
            maximum_packet_size: None,
            payload_limit: None,
            keep_alive: None,
            session_expiry: None,
            topic_alias_maximum: None,
            queue: 1000,
            in_flight: 20,
            tells_take_over: true,
            tells_keep_alive: true,
            renumbers: false,
            tells_no_subscriber: true,
            assigns_client_ids: false,
            user: None,
        }
    }
}

/// A setting of the command line, as `NAME` or `NAME=VALUE`.
struct Setting {
    name: &'static str,
    /// What the value is called; empty if there is none.
    value: &'static str,
    meaning: &'static str,
    set: fn(&mut Mqtt, &str) -> Result<(), String>,
}

const SETTINGS: &[Setting] = &[
    setting(
        "only-3.1.1",
        "",
        "a CONNECT of MQTT 5 ends the connection without a word",
        |all, _| {
            all.only_311 = true;
            Ok(())
        },
    ),
    setting("receive-maximum", "N", "Receive Maximum, announced and enforced", |all, value| {
        all.receive_maximum = Some(number(value)?);
        Ok(())
    }),
    setting("maximum-qos", "0|1", "Maximum QoS, announced and enforced", |all, value| {
        all.maximum_qos = match value {
            "0" => Some(0),
            "1" => Some(1),
            _ => return Err("expected maximum-qos=0|1".into()),
        };
        Ok(())
    }),
    setting("maximum-packet-size", "BYTES", "announced and enforced", |all, value| {
        all.maximum_packet_size = Some(number(value)?);
        Ok(())
    }),
    setting("payload-limit", "BYTES", "a larger payload gets PUBACK 0x95", |all, value| {
        all.payload_limit = Some(number(value)?);
        Ok(())
    }),
    setting("keep-alive", "SECONDS", "Server Keep Alive", |all, value| {
        all.keep_alive = Some(number(value)?);
        Ok(())
    }),
    setting("session-expiry", "SECONDS", "the longest that is granted", |all, value| {
        all.session_expiry = Some(number(value)?);
        Ok(())
    }),
    setting("topic-alias-maximum", "N", "announced", |all, value| {
        all.topic_alias_maximum = Some(number(value)?);
        Ok(())
    }),
    setting(
        "queue",
        "N",
        "messages that wait for a client (1000); more are dropped",
        |all, value| {
            all.queue = number(value)?;
            Ok(())
        },
    ),
    setting("in-flight", "N", "unacknowledged messages of a client (20)", |all, value| {
        all.in_flight = number(value)?;
        Ok(())
    }),
    setting("quiet-take-over", "", "a client that is taken over gets no DISCONNECT", |all, _| {
        all.tells_take_over = false;
        Ok(())
    }),
    setting("quiet-keep-alive", "", "nor one that lets the keep alive pass", |all, _| {
        all.tells_keep_alive = false;
        Ok(())
    }),
    setting("renumber", "", "a resumed session gets new packet ids", |all, _| {
        all.renumbers = true;
        Ok(())
    }),
    setting("quiet-subscribers", "", "PUBACK is 0x00 also if there is no subscriber", |all, _| {
        all.tells_no_subscriber = false;
        Ok(())
    }),
    setting("assign-client-ids", "", "a new session gets a client id of the broker's", |all, _| {
        all.assigns_client_ids = true;
        Ok(())
    }),
    setting("user", "NAME[:PASSWORD]", "demanded of every client", |all, value| {
        all.user = Some(match value.split_once(':') {
            Some((name, password)) => (name.to_owned(), Some(password.to_owned())),
            None => (value.to_owned(), None),
        });
        Ok(())
    }),
];

const fn setting(
    name: &'static str,
    value: &'static str,
    meaning: &'static str,
    set: fn(&mut Mqtt, &str) -> Result<(), String>,
) -> Setting {
    Setting { name, value, meaning, set }
}

fn number<N: FromStr>(value: &str) -> Result<N, String> {
    value.parse().map_err(|_| format!("{value:?} is no such number"))
}

impl Mqtt {
    /// Changes what `NAME` or `NAME=VALUE` says.
    ///
    /// # Errors
    ///
    /// If there is no such setting, or it has no such value.
    pub fn set(&mut self, text: &str) -> Result<(), String> {
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (text, None),
        };
        let setting = SETTINGS.iter().find(|setting| setting.name == name);
        let setting = setting.ok_or_else(|| format!("unknown setting {name:?}"))?;
        match value {
            None if !setting.value.is_empty() => Err(format!("expected {name}={}", setting.value)),
            Some(_) if setting.value.is_empty() => Err(format!("{name} takes no value")),
            value => (setting.set)(self, value.unwrap_or_default()),
        }
    }

    /// What the command's help says about settings.
    pub fn help() -> String {
        let mut help = "SETTING, of the broker over MQTT:\n".to_owned();
        for setting in SETTINGS {
            let syntax = match setting.value {
                "" => setting.name.to_owned(),
                value => format!("{}={value}", setting.name),
            };
            help += &format!("  {syntax:28}{}\n", setting.meaning);
        }
        help + "\n"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_changes_something_and_is_in_the_help() {
        for setting in SETTINGS {
            let text = match setting.value {
                "" => setting.name.to_owned(),
                "0|1" => format!("{}=1", setting.name),
                _ => format!("{}=7", setting.name),
            };
            let mut options = Mqtt::default();
            options.set(&text).unwrap();
            assert_ne!(options, Mqtt::default(), "{text}");
            assert!(Mqtt::help().contains(setting.name));
        }
        let mut options = Mqtt::default();
        options.set("user=me:secret").unwrap();
        assert_eq!(options.user, Some(("me".to_owned(), Some("secret".to_owned()))));
        for (text, says) in [
            ("loud", "unknown setting \"loud\""),
            ("queue", "expected queue=N"),
            ("maximum-qos=2", "expected maximum-qos=0|1"),
            ("queue=x", "\"x\" is no such number"),
            ("renumber=1", "renumber takes no value"),
        ] {
            assert_eq!(options.set(text), Err(says.to_owned()));
        }
    }
}
