//! The packet that a client begins with.

use super::{
    Unwritable, Version, kind, property,
    write::{packet, with_length, write_bytes, write_text},
};

/// A CONNECT (§3.1).
#[derive(Clone, Copy)]
pub(crate) struct Connect<'a> {
    pub(crate) version: Version,
    pub(crate) client_id: &'a str,
    /// Whether the broker forgets the client's session, if there is one. With 3.1.1 it then forgets it at the end, too.
    pub(crate) clean_start: bool,
    /// Seconds; 0 for none.
    pub(crate) keep_alive: u16,
    /// Seconds that the session lasts without a connection. Only MQTT 5 has it.
    pub(crate) session_expiry: u32,
    /// The most replies on their way that are not acknowledged, not 0. Only MQTT 5 has it.
    pub(crate) receive_maximum: u16,
    pub(crate) username: Option<&'a str>,
    pub(crate) password: Option<&'a [u8]>,
}

impl Connect<'_> {
    /// Appends the packet. Nothing is appended if there is an error.
    pub(crate) fn write(&self, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        let start = out.len();
        let written = packet(out, kind::CONNECT << 4, |out| self.write_rest(out));
        written.inspect_err(|_| out.truncate(start))
    }

    fn write_rest(&self, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        write_text(out, "the protocol", "MQTT")?;
        let flag = |is_set: bool, bit: u8| u8::from(is_set) << bit;
        out.push(if self.version == Version::V5 { 5 } else { 4 });
        out.push(
            flag(self.username.is_some(), 7)
                | flag(self.password.is_some(), 6)
                | flag(self.clean_start, 1),
        );
        out.extend_from_slice(&self.keep_alive.to_be_bytes());
        if self.version == Version::V5 {
            with_length(out, |out| {
                out.push(property::SESSION_EXPIRY);
                out.extend_from_slice(&self.session_expiry.to_be_bytes());
                out.push(property::RECEIVE_MAXIMUM);
                out.extend_from_slice(&self.receive_maximum.to_be_bytes());
                Ok(())
            })?;
        }
        write_text(out, "the client id", self.client_id)?;
        if let Some(username) = self.username {
            write_text(out, "the user name", username)?;
        }
        match self.password {
            Some(password) => write_bytes(out, "the password", password),
            None => Ok(()),
        }
    }
}
