//! Qpid Proton as a protocol engine, for the broker and for the limit: bytes in, bytes out.
//!
//! Here is the only unsafe code of the benchmarks, besides `system`. The driver owns connection, session, links and deliveries;
//! they live as long as it, except for a delivery, which ends when it is settled. No pointer leaves this module.

mod driver;
mod server;

pub(crate) use server::Server;
