//! Looks up a host name within a deadline.

use std::{
    io,
    net::{IpAddr, SocketAddr, ToSocketAddrs},
    os::{fd::AsFd, unix::net::UnixStream},
    sync::mpsc,
    thread,
};

use super::{
    network::Fault,
    poll::{self, Readiness, Woken},
};
use crate::{deadline::Deadline, stop::Stop};

/// Looks up all addresses of a host, in the system's order.
///
/// A separate thread waits for the system's resolver, which has no deadline; after `deadline` the
/// thread is left behind and ends by itself.
pub(crate) fn resolve(
    host: &str,
    port: u16,
    deadline: &Deadline,
    stop: &Stop,
) -> Result<Vec<SocketAddr>, Fault> {
    if let Ok(address) = host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(address, port)]);
    }
    let (done, end_of_thread) = UnixStream::pair()?;
    let (sender, receiver) = mpsc::sync_channel(1);
    let name = host.to_owned();
    thread::Builder::new().name("resolve".into()).spawn(move || {
        let found = (name.as_str(), port).to_socket_addrs().map(Vec::from_iter);
        // After the deadline the receiver is gone.
        let _ = sender.send(found);
        // Closing this end wakes the other.
        drop(end_of_thread);
    })?;
    match poll::wait(done.as_fd(), Readiness { read: true, write: false }, deadline.at(), stop)? {
        Woken::Passed => Err(Fault::Timeout),
        Woken::Ready => match receiver.recv() {
            Ok(Ok(addresses)) if addresses.is_empty() => {
                Err(io::Error::new(io::ErrorKind::NotFound, "the name has no address").into())
            }
            Ok(found) => Ok(found?),
            Err(_) => Err(io::Error::other("the resolver's thread ended without an answer").into()),
        },
    }
}
