//! Departures from good behaviour: what the broker or the signing server does, and when.
//!
//! Acts are sorted by what they act on: a connection, a link, a request or its reply. One table has the syntax and the
//! meaning of each: [`Rule`]s are read with it, and [`help`] is made from it.

mod answer;
mod connection;
mod link;
mod matcher;
mod reply;
mod request;
mod rule;
mod table;
mod text;
mod value;
mod when;

pub use answer::Answer;
pub use connection::{ConnectionAct, Layer, Limit, Phase};
pub use link::{LinkAct, Refusal};
pub(crate) use matcher::{Acts, Matcher};
pub use reply::{Carrier, Content, ReplyAct};
pub use request::RequestAct;
pub use rule::{Act, Rule};
pub use text::help;
pub use when::When;
