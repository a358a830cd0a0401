//! Looks up a host name within a deadline.

use std::{
    io,
    net::{IpAddr, SocketAddr, ToSocketAddrs},
    os::{fd::AsFd, unix::net::UnixStream},
    sync::mpsc,
    thread,
};

use super::{
    clock,
    network::Fault,
    poll::{self, Readiness, Woken},
};
use crate::{deadline::Deadline, stop::Stop};

/// The addresses that were found.
type Found = io::Result<Vec<SocketAddr>>;

/// Looks up all addresses of a host, in the system's order.
///
/// A separate thread waits for the system's resolver, which has no deadline; after `deadline` the
/// thread is left behind and ends by itself. If the system refuses a thread, the look-up ends when the resolver ends it.
pub(crate) fn resolve(
    host: &str,
    port: u16,
    deadline: &Deadline,
    stop: &Stop,
) -> Result<Vec<SocketAddr>, Fault> {
    if let Ok(address) = host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(address, port)]);
    }
    let name = host.to_owned();
    let look_up = move || look_up(&name, port);
    let found = match in_thread(look_up.clone()) {
        Ok(resolver) => match resolver.wait(deadline, stop)? {
            // Without the thread there are two descriptors more.
            Err(_) if limit().is_some() => {
                drop(resolver);
                look_up()
            }
            found => found,
        },
        Err(refusal) => {
            log::debug!("looking up {host} without a thread: {refusal}");
            look_up()
        }
    };
    match found {
        _ if deadline.has_passed(clock::now()) => Err(Fault::Timeout),
        Ok(addresses) if addresses.is_empty() => {
            Err(io::Error::new(io::ErrorKind::NotFound, "the name has no address").into())
        }
        found => Ok(found.map_err(|error| limit().unwrap_or(error))?),
    }
}

/// Asks the system. A dot at the end says that a name is complete; a hosts file has the name without it.
fn look_up(name: &str, port: u16) -> Found {
    let ask = |name: &str| (name, port).to_socket_addrs().map(Vec::from_iter);
    ask(name).or_else(|error| name.strip_suffix('.').and_then(|name| ask(name).ok()).ok_or(error))
}

/// The limit of open files, if it is reached. The resolver does not say that it could not open its files and sockets,
/// only that it found nothing.
fn limit() -> Option<io::Error> {
    let is_limit =
        |error: &io::Error| matches!(error.raw_os_error(), Some(libc::EMFILE | libc::ENFILE));
    UnixStream::pair().err().filter(is_limit)
}

/// A thread that looks a name up.
struct Resolver {
    done: UnixStream,
    found: mpsc::Receiver<Found>,
}

fn in_thread(look_up: impl FnOnce() -> Found + Send + 'static) -> io::Result<Resolver> {
    let (done, end_of_thread) = UnixStream::pair()?;
    let (sender, found) = mpsc::sync_channel(1);
    thread::Builder::new().name("resolve".into()).spawn(move || {
        // After the deadline the receiver is gone.
        let _ = sender.send(look_up());
        // Closing this end wakes the other.
        drop(end_of_thread);
    })?;
    Ok(Resolver { done, found })
}

impl Resolver {
    fn wait(&self, deadline: &Deadline, stop: &Stop) -> Result<Found, Fault> {
        let read = Readiness { read: true, write: false };
        match poll::wait(self.done.as_fd(), read, deadline.at(), stop)? {
            Woken::Passed => Err(Fault::Timeout),
            Woken::Ready => Ok(self.found.recv().unwrap_or_else(|_| {
                Err(io::Error::other("the resolver's thread ended without an answer"))
            })),
        }
    }
}
