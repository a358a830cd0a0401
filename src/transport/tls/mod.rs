//! TLS as a client: which brokers are trusted, and what OpenSSL's failures mean.

mod authorities;
mod context;
mod distrust;
mod fault;
mod host;
mod revoked;
mod stream;
#[cfg(test)]
mod tests;
mod verification;

pub(crate) use context::TlsContext;
pub(super) use stream::TlsStream;
