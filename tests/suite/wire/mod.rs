//! What the broker sees: the bytes of requests, the links, the connection.

mod connection;
mod links;
mod login;
mod requests;

use amqp_sandbox::{Record, record::ConnectionRecord};

const BARE: Option<[u8; 8]> = Some(*b"AMQP\x00\x01\x00\x00");

#[track_caller]
fn the_connection(record: &Record) -> &ConnectionRecord {
    assert_eq!(record.connections.len(), 1, "{:#?}", record.connections);
    &record.connections[0]
}
