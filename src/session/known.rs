//! What a session has learned of its broker so far.

use crate::facts::{Link, Peer, Sasl};

/// What a session has learned of its broker so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    /// `None`: there is no SASL layer.
    pub(crate) login: Option<Sasl>,
    pub(crate) peer: Peer,
    /// The links that the broker has attached, too.
    pub(crate) receiver: Option<Link>,
    pub(crate) sender: Option<Link>,
}
