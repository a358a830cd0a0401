//! Sends signing requests to an AMQP 1.0 broker and waits for the signed replies.

pub mod config;
pub mod error;
pub mod signing;
