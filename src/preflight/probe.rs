//! Opens connections to a broker step by step, in the way of a run, and notes what each step learns.

use std::{
    cell::{Cell, RefCell},
    net::SocketAddr,
    time::{Duration, Instant},
};

use super::{
    doubts,
    step::{Kind, Learned, State, Step},
};
use crate::{
    broker::Event,
    config::BrokerUrl,
    connection::{self, Connected, Connection, Failure, Opened, Stage},
    connector::{Connector, Memory},
    deadline::Deadline,
    error::{Error, Phase, Subject},
    failover::{Connect, label},
    session::{Beginning, Known, Login, Purpose, Session},
    transport::{Fault, Network, Socket, Sockets},
};

/// Opens the connections of a check.
pub(super) struct Probe<'a> {
    connector: Connector<'a, Sockets<'a>>,
    purpose: Purpose,
    /// How long a run may take.
    longest: Duration,
    steps: RefCell<Vec<Step>>,
    /// When the last step ended.
    since: Cell<Instant>,
}

type Talk = Connection<Box<dyn Session>, Socket>;

impl<'a> Probe<'a> {
    pub(super) fn new(
        connector: Connector<'a, Sockets<'a>>,
        purpose: Purpose,
        longest: Duration,
    ) -> Self {
        let since = Cell::new(connector.network.now());
        Self { connector, purpose, longest, steps: RefCell::default(), since }
    }

    /// Takes the steps that were noted.
    pub(super) fn take(&self) -> Vec<Step> {
        self.steps.take()
    }

    /// Opens a TCP connection, over TLS if the URL says so.
    fn wire(
        &self,
        url: &BrokerUrl,
        address: SocketAddr,
        deadline: &Deadline,
    ) -> Result<Socket, Error> {
        let (sockets, broker) = (self.connector.network, label(url, address));
        let error = |phase| {
            let (broker, deadline) = (&broker, deadline.during(phase));
            move |fault: Fault| connection::unconnected(fault, broker, url.tls, &deadline)
        };
        let at = Some(address);
        let tcp = sockets.tcp(address, deadline).map_err(error(Phase::Tcp));
        let tcp = tcp.inspect_err(|error| self.failed(Kind::Tcp, at, None, error))?;
        self.done(Kind::Tcp, at, None, None);
        if !url.tls {
            return Ok(tcp);
        }
        let mut socket = sockets.over_tls(tcp, &url.host).map_err(error(Phase::Tls))?;
        let shaken = socket.handshake(deadline).map_err(error(Phase::Tls));
        let tls = socket.tls();
        let doubt = tls.as_ref().and_then(|tls| doubts::of_tls(tls, self.longest));
        let learned = tls.map(Learned::Tls);
        match shaken {
            Ok(()) => self.done(Kind::Tls, at, learned, doubt),
            Err(error) => {
                self.failed(Kind::Tls, at, learned, &error);
                return Err(error);
            }
        }
        Ok(socket)
    }

    /// Waits until the connection has come as far as a run needs it. `Ok(Err(_))`: the broker refuses the sender.
    fn talk(
        &self,
        connection: &mut Talk,
        login: Login,
        at: Option<SocketAddr>,
        deadline: &Deadline,
    ) -> Result<Result<(), Error>, Failure> {
        // What is waited for, and so what fails.
        let mut awaited = if login == Login::Bare { Kind::Open } else { Kind::Sasl };
        let sender = loop {
            let stage = connection.advance(deadline);
            let known = connection.known();
            match stage {
                Ok(Stage::LoggedIn) => {
                    self.done(Kind::Sasl, at, Some(Learned::Sasl(known.login)), None);
                    awaited = Kind::Open;
                }
                Ok(Stage::Opened) => {
                    if login == Login::Bare && known.mqtt.is_none() {
                        self.done(Kind::Sasl, at, Some(Learned::Sasl(None)), None);
                    }
                    // A broker may end the connection right after its Open: without links, its Begin counts.
                    if self.purpose == Purpose::SeeLinks {
                        self.done(Kind::Open, at, Some(of_broker(known)), None);
                        awaited = Kind::Receiver;
                    }
                }
                Ok(Stage::Ready(_)) if self.purpose == Purpose::SeeLogin => {
                    self.done(Kind::Open, at, Some(of_broker(known)), None);
                    return Ok(Ok(()));
                }
                // Only a request shows whether the client may send.
                Ok(Stage::Ready(sender)) if known.mqtt.is_some() => {
                    let topic = known.receiver.and_then(|link| link.address);
                    self.done(Kind::Receiver, at, topic.map(Learned::Subscription), known.doubt);
                    return Ok(sender);
                }
                Ok(Stage::Ready(sender)) => {
                    self.done(Kind::Receiver, at, known.receiver.map(Learned::Receiver), None);
                    break sender;
                }
                Err(failure) => {
                    let error = failure.error();
                    let mut learned = None;
                    if awaited == Kind::Sasl {
                        learned = Some(Learned::Sasl(known.login));
                    } else if known.receiver.is_some() && !is_of_receiver(error) {
                        self.done(Kind::Receiver, at, known.receiver.map(Learned::Receiver), None);
                        awaited = Kind::Sender;
                    }
                    self.failed(awaited, at, learned, error);
                    return Err(failure);
                }
            }
        };
        let sender = sender.and_then(|()| await_credit(connection, deadline));
        let link = connection.known().sender;
        match &sender {
            Ok(()) => {
                let doubt = link.as_ref().and_then(doubts::of_sender);
                self.done(Kind::Sender, at, link.map(Learned::Sender), doubt);
            }
            Err(error) => self.failed(Kind::Sender, at, None, error),
        }
        match sender {
            Err(error) if !error.is_refusal() => Err(Failure::OfBroker(error)),
            sender => Ok(sender),
        }
    }

    fn done(
        &self,
        kind: Kind,
        address: Option<SocketAddr>,
        learned: Option<Learned>,
        doubt: Option<String>,
    ) {
        let state = if doubt.is_some() { State::Warning } else { State::Ok };
        self.note(Step { state, problem: doubt, ..Step::new(kind, address, learned) });
    }

    fn failed(
        &self,
        kind: Kind,
        address: Option<SocketAddr>,
        learned: Option<Learned>,
        error: &Error,
    ) {
        let problem = Some(error.with_sources());
        self.note(Step { state: State::Failed, problem, ..Step::new(kind, address, learned) });
    }

    fn note(&self, step: Step) {
        let now = self.now();
        let took = now.duration_since(self.since.replace(now));
        self.steps.borrow_mut().push(Step { took, ..step });
    }

    /// Begins an attempt. If there was one at this address, its failure was not the end.
    fn begin(&self, address: SocketAddr) {
        self.since.set(self.now());
        let mut steps = self.steps.borrow_mut();
        let same = |step: &&mut Step| step.address == Some(address);
        if let Some(step) = steps.last_mut().filter(same).filter(|step| step.state == State::Failed)
        {
            step.state = State::Retried;
        }
    }
}

impl Connect for Probe<'_> {
    type Connection = Talk;

    type Memory = Memory;

    fn now(&self) -> Instant {
        self.connector.now()
    }

    fn sleep(&self, until: Instant) -> Result<(), Error> {
        self.connector.sleep(until)
    }

    fn addresses(&self, url: &BrokerUrl, deadline: &Deadline) -> Result<Vec<SocketAddr>, Error> {
        self.since.set(self.now());
        let found = self.connector.addresses(url, deadline);
        match &found {
            Ok(addresses) => {
                let learned = Learned::Addresses(addresses.clone());
                self.done(Kind::Resolve, None, Some(learned), None);
            }
            Err(error) => self.failed(Kind::Resolve, None, None, error),
        }
        found
    }

    fn open(
        &self,
        url: &BrokerUrl,
        address: SocketAddr,
        beginning: Beginning,
        first_reply: u64,
        memory: &Memory,
        deadline: &Deadline,
    ) -> Result<Opened<Talk>, Failure> {
        self.begin(address);
        let socket = self.wire(url, address, deadline).map_err(Failure::OfBroker)?;
        let session = self.connector.session(url, beginning, self.purpose, first_reply, memory)?;
        let mut connection = Connection::new(label(url, address), url.tls, session, socket);
        let sender = self.talk(&mut connection, beginning.login, Some(address), deadline)?;
        Ok((connection, sender))
    }
}

/// What the broker says of itself.
fn of_broker(known: Known) -> Learned {
    known.mqtt.map_or(Learned::Peer(known.peer), Learned::Mqtt)
}

/// Waits until the broker grants credit for requests, as it does for a run.
fn await_credit(connection: &mut Talk, deadline: &Deadline) -> Result<(), Error> {
    while connection.known().sender.is_some_and(|sender| sender.credit == 0) {
        match connection.next(&deadline.during(Phase::Send))? {
            Event::Quiet => break,
            Event::SendingRefused(error) => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

fn is_of_receiver(error: &Error) -> bool {
    matches!(error, Error::Refused { what, .. } | Error::Closed { what, .. } if matches!(what, Subject::Listening(_)))
}
