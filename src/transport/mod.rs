//! Bytes to and from a broker, over TCP or TLS; knows nothing of what they mean.

mod certificate;
mod clock;
mod der;
mod facts;
mod identity;
mod library;
mod network;
mod pem;
mod poll;
mod ration;
mod resolve;
mod socket;
mod sockets;
mod strength;
mod tls;
mod validity;

#[cfg(feature = "cli")]
pub(crate) use clock::now;
pub use facts::{Certificate, Tls};
pub(crate) use identity::Identity;
pub(crate) use library::{check_openssl, or_openssl};
pub(crate) use network::{Fault, Network, Turn, Wire};
pub(crate) use poll::Readiness;
#[cfg(feature = "cli")]
pub(crate) use poll::{pause, until_writable};
pub(crate) use socket::Socket;
pub(crate) use sockets::Sockets;
#[cfg(feature = "cli")]
pub(crate) use sockets::begin;
pub(crate) use tls::TlsContext;
