//! The interfaces to the client: a network of simulated brokers, and a connection on it.

use std::{
    cell::RefCell,
    io,
    net::SocketAddr,
    rc::Rc,
    time::{Duration, Instant},
};

use super::{
    agenda::Due,
    broker::State,
    plan::{Condition, Reach},
    stream::End,
    witness::{Place, Said, Told},
    world::World,
};
use crate::{
    deadline::Deadline,
    error::{Error, Phase, TlsCause},
    transport::{Fault, Network, Readiness, Turn, Wire},
};

/// The network that a run sees. Brokers are the hosts `b0.1`, `b1.1`, …, with the number of their addresses.
pub(crate) struct Simulated(pub(crate) Rc<RefCell<World>>);

/// The client's end of a connection.
pub(crate) struct Line {
    world: Rc<RefCell<World>>,
    number: usize,
}

impl World {
    fn time(&self, at: Instant) -> Duration {
        at.saturating_duration_since(self.base)
    }
}

impl Network for Simulated {
    type Wire = Line;

    fn now(&self) -> Instant {
        let world = self.0.borrow();
        world.base + world.now()
    }

    fn random(&self) -> u64 {
        self.0.borrow().random
    }

    fn sleep(&self, until: Instant) -> Result<(), Error> {
        let mut world = self.0.borrow_mut();
        let until = world.time(until);
        world.wait(until, |_| false)
    }

    /// The port says which broker it is; a look-up that fails is the plan of a connection.
    fn resolve(&self, host: &str, _: u16, _: &Deadline) -> Result<Vec<SocketAddr>, Fault> {
        let (name, addresses) = host.split_once('.').expect("a simulated broker");
        let broker: u16 = name[1..].parse().expect("its number");
        let addresses: u8 = addresses.parse().expect("the number of its addresses");
        Ok((1..=addresses).map(|last| ([127, 0, 0, last], broker).into()).collect())
    }

    fn connect(
        &self,
        address: SocketAddr,
        tls: Option<&str>,
        deadline: &Deadline,
    ) -> Result<Line, (Phase, Fault)> {
        let broker = usize::from(address.port());
        let mut world = self.0.borrow_mut();
        world.step();
        let number = world.connect(broker);
        let plan = &world.peers[number].line().plan;
        let (reach, latency) = (plan.reach.clone(), plan.latency);
        let until = world.time(deadline.at());
        let round_trip = (world.now() + 2 * latency).min(until);
        let fail = |world: &mut World, phase, fault| {
            world.peers[number].line_mut().state = State::Gone;
            let now = world.now();
            world.shared.witness.note(now, number, "is not reached", &[]);
            Err((phase, fault))
        };
        let (phase, until) = match &reach {
            Reach::Connects | Reach::Fails(_) if tls.is_some() => (Phase::Tls, round_trip),
            Reach::Connects | Reach::Fails(_) => (Phase::Tcp, round_trip),
            Reach::Silent(phase) => (*phase, until),
            Reach::Untrusted(_) | Reach::Alert(_) => (Phase::Tls, round_trip),
        };
        if let Err(error) = world.wait(until, |_| false) {
            return fail(&mut world, phase, Fault::Stopped(error));
        }
        let fault = match reach {
            Reach::Connects if world.base + world.now() < deadline.at() => {
                world.connected(number);
                return Ok(Line { world: self.0.clone(), number });
            }
            Reach::Connects | Reach::Silent(_) => {
                world.shared.witness.saw("connect: no answer");
                (phase, Fault::Timeout)
            }
            Reach::Fails(phase) => {
                world.shared.witness.saw("connect: fails");
                (phase, Fault::Io(io::ErrorKind::ConnectionRefused.into()))
            }
            Reach::Untrusted(cause) => {
                world.refuse_tls(number);
                (Phase::Tls, Fault::Untrusted(cause, "says the simulation".into()))
            }
            Reach::Alert(alert) => {
                if alert_cause(alert).is_some() {
                    world.refuse_tls(number);
                }
                (Phase::Tls, Fault::Alert(alert, "says the simulation".into()))
            }
        };
        fail(&mut world, fault.0, fault.1)
    }
}

/// What an alert is about, if it is about the client (RFC 8446, 6).
fn alert_cause(alert: u8) -> Option<TlsCause> {
    match alert {
        42 | 45 | 48 | 116 => Some(TlsCause::ClientCertificate),
        40 => Some(TlsCause::Handshake),
        _ => None,
    }
}

impl World {
    fn refuse_tls(&mut self, number: usize) {
        let told = Told { connection: number, end: 0 };
        let condition = Condition::new("amqp:unauthorized-access");
        let at = self.now();
        self.shared.witness.said.push(Said { place: Place::Tls, condition, told, at });
        self.shared.witness.saw("condition: TLS");
    }

    /// Whether the client's end is ready for that.
    fn is_ready(&self, number: usize, want: Readiness) -> bool {
        let (peer, now) = (self.peers[number].line(), self.now());
        let readable = peer.to_client.is_readable(now) || peer.to_client.ended(now).is_some();
        let writable = peer.to_client.is_reset(now) || peer.to_broker.length() < peer.plan.socket;
        want.read && readable || want.write && writable
    }
}

impl Wire for Line {
    fn now(&self) -> Instant {
        let world = self.world.borrow();
        world.base + world.now()
    }

    fn read(&mut self, buffer: &mut [u8]) -> Result<Turn, Fault> {
        let mut world = self.world.borrow_mut();
        world.step();
        world.settle();
        let now = world.now();
        let peer = world.peers[self.number].line_mut();
        let most = buffer.len().min(peer.plan.chunk);
        match peer.to_client.read(now, &mut buffer[..most]) {
            0 if buffer.is_empty() => Ok(Turn::Done(0)),
            0 => match peer.to_client.ended(now) {
                None => Ok(Turn::Blocked(Readiness { read: true, write: false })),
                Some(End::Eof) => Ok(Turn::Ended),
                Some(End::Reset) => Err(Fault::Io(io::ErrorKind::ConnectionReset.into())),
            },
            count => {
                peer.reads = [peer.to_client.read_so_far(), peer.reads[0], peer.reads[1]];
                world.progress();
                Ok(Turn::Done(count))
            }
        }
    }

    fn write(&mut self, bytes: &[u8]) -> Result<Turn, Fault> {
        let mut world = self.world.borrow_mut();
        world.step();
        world.settle();
        let now = world.now();
        let peer = world.peers[self.number].line_mut();
        if peer.to_client.is_reset(now) {
            return Err(Fault::Io(io::ErrorKind::BrokenPipe.into()));
        }
        let room = peer.plan.socket.saturating_sub(peer.to_broker.length());
        let count = bytes.len().min(room).min(peer.plan.chunk);
        if count == 0 {
            peer.stuck.get_or_insert(peer.reads[2]);
            world.shared.witness.saw("a write is held up");
            return Ok(Turn::Blocked(Readiness { read: false, write: true }));
        }
        // A byte that goes is progress, too: a large request may go byte by byte.
        world.progress();
        let peer = world.peers[self.number].line_mut();
        let known = match peer.stuck {
            Some(since) => [peer.reads[0], since, since],
            None => peer.reads,
        };
        let arrivals = peer.to_broker.write(now, &bytes[..count]);
        peer.marks.push_back((peer.to_broker.written(), now, known));
        // What reaches an end that is gone has no reader: it is as if it were read.
        if peer.state == State::Gone {
            peer.to_broker.clear();
        }
        for arrival in arrivals {
            world.shared.agenda.at(arrival, Due::Arrival(self.number));
        }
        Ok(Turn::Done(count))
    }

    fn wait(&mut self, want: Readiness, until: Instant) -> Result<(), Error> {
        let mut world = self.world.borrow_mut();
        let until = world.time(until);
        world.wait(until, |world| world.is_ready(self.number, want))
    }

    fn shutdown(&mut self) {
        self.world.borrow_mut().hang_up(self.number);
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.world.borrow_mut().hang_up(self.number);
        }
    }
}
