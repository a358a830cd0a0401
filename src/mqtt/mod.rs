//! An MQTT session. Bytes and the time in, bytes and events out.

#[allow(dead_code, unused_imports, reason = "the session that uses them follows")]
mod packets;
