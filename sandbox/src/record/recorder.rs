//! Writes the record, and wakes the threads that wait for something in it.

use std::{
    sync::{Condvar, Mutex},
    time::Duration,
};

use super::{ConnectionRecord, Record};

/// The record being written.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    record: Mutex<Record>,
    changed: Condvar,
}

impl Recorder {
    pub(crate) fn snapshot(&self) -> Record {
        self.record.lock().unwrap().clone()
    }

    pub(crate) fn write<T>(&self, change: impl FnOnce(&mut Record) -> T) -> T {
        let result = change(&mut self.record.lock().unwrap());
        self.changed.notify_all();
        result
    }

    /// Adds a connection, and returns its number.
    pub(crate) fn connection(&self, tls: bool) -> usize {
        self.write(|record| {
            let number = record.connections.len() + 1;
            record.connections.push(ConnectionRecord::new(number, tls));
            number
        })
    }

    /// Changes the record of a connection.
    pub(crate) fn on_connection(&self, number: usize, change: impl FnOnce(&mut ConnectionRecord)) {
        self.write(|record| change(&mut record.connections[number - 1]));
    }

    pub(crate) fn problem(&self, connection: usize, problem: String) {
        self.on_connection(connection, |c| c.problems.push(problem));
    }

    pub(crate) fn wait_for(
        &self,
        limit: Duration,
        mut condition: impl FnMut(&Record) -> bool,
    ) -> Result<Record, Record> {
        let record = self.record.lock().unwrap();
        let (record, timeout) =
            self.changed.wait_timeout_while(record, limit, |record| !condition(record)).unwrap();
        match timeout.timed_out() {
            true => Err(record.clone()),
            false => Ok(record.clone()),
        }
    }
}
