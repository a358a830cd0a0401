//! State that all connections of the broker share.

use std::{
    collections::HashMap,
    io::Write,
    net::{Shutdown, TcpStream},
    sync::{Arc, Mutex},
};

use fe2o3_amqp::types::{
    definitions::{Error, ErrorCondition},
    primitives::{OrderedMap, Symbol, Value},
};

use super::{mqtt::Sessions, router::Router};
use crate::{
    faults::{Acts, Matcher, Refusal},
    options::Options,
    record::{Recorder, RequestRecord},
};

/// The broker.
#[derive(Debug)]
pub(crate) struct Broker {
    pub(crate) options: Options,
    pub(crate) router: Arc<Router>,
    pub(crate) recorder: Arc<Recorder>,
    pub(crate) matcher: Mutex<Matcher>,
    /// Sessions of MQTT.
    pub(crate) sessions: Sessions,
    /// Second handles on the clients' sockets, by connection number, to cut them from outside.
    sockets: Mutex<HashMap<usize, TcpStream>>,
}

impl Broker {
    pub(crate) fn new(options: Options) -> Self {
        Self {
            matcher: Mutex::new(Matcher::new(options.behaviours.clone())),
            options,
            router: Arc::default(),
            sessions: Sessions::default(),
            recorder: Arc::default(),
            sockets: Mutex::default(),
        }
    }

    /// Numbers and records a request; returns its place in the record, and what the rules have for it. It is routed after
    /// this: the record must have the request before its reply.
    pub(crate) fn received(&self, mut request: RequestRecord, body: &[u8]) -> (usize, Acts) {
        let (number, acts) = self.matcher.lock().unwrap().request(
            request.connection,
            &request.address,
            request.request_id.as_deref(),
            body,
        );
        request.number = number;
        let index = self.recorder.write(|all| {
            all.requests.push(request);
            all.requests.len() - 1
        });
        (index, acts)
    }

    pub(crate) fn keep_socket(&self, connection: usize, socket: TcpStream) {
        self.sockets.lock().unwrap().insert(connection, socket);
    }

    pub(crate) fn forget_socket(&self, connection: usize) {
        self.sockets.lock().unwrap().remove(&connection);
    }

    /// Writes bytes below AMQP and TLS.
    pub(crate) fn write_below_tls(&self, connection: usize, bytes: &[u8]) {
        if let Some(mut socket) = self.sockets.lock().unwrap().get(&connection) {
            // It fails only if the client has hung up, or has left a whole socket buffer unread.
            let _ = socket.write_all(bytes);
        }
    }

    /// Hangs up on one client, without ending AMQP or TLS.
    pub(crate) fn cut_connection(&self, connection: usize) {
        if let Some(socket) = self.sockets.lock().unwrap().remove(&connection) {
            // It fails only if the client hung up first.
            let _ = socket.shutdown(Shutdown::Both);
        }
    }

    /// Hangs up on every client, without ending AMQP or TLS.
    pub(crate) fn cut_connections(&self) {
        for (_, socket) in self.sockets.lock().unwrap().drain() {
            // It fails only if the client hung up first.
            let _ = socket.shutdown(Shutdown::Both);
        }
    }
}

/// Converts a refusal into an AMQP error.
pub(crate) fn amqp_error(refusal: Refusal) -> Error {
    let mut parts = refusal.condition.split(',');
    let condition = ErrorCondition::Custom(Symbol::from(parts.next().unwrap_or_default()));
    let entries = parts.map(|entry| {
        let (key, value) = entry.split_once('=').unwrap_or((entry, ""));
        (Symbol::from(key), Value::from(value.to_owned()))
    });
    let info: OrderedMap<_, _> = entries.collect();
    Error::new(condition, refusal.description, (!info.is_empty()).then_some(info))
}
