//! Brokers on real sockets whose frames are made by hand. They answer with bytes, which a test can join, cut and repeat.

mod either;
pub mod mqtt;

pub use either::{Asked, Either};

use std::{
    collections::HashMap,
    io::{self, Read, Write},
    mem,
    net::{SocketAddr, TcpListener, TcpStream},
    sync::mpsc,
    thread,
};

use socket2::{Domain, Socket, Type};

use amqp_frames::{Frame, HEADER, Incoming, Reader, Role, Value, message, performative as make};

use crate::harness::{Bench, Config, LONG, Protocol};

/// Listens on a free port, and runs the script with one connection after the other. Returns the port, and a receiver that
/// gets a message each time the script ends.
pub fn listen(script: impl Fn(TcpStream) + Send + 'static) -> (u16, mpsc::Receiver<()>) {
    listen_at(([127, 0, 0, 1], 0).into(), script)
}

/// The same at an address.
pub fn listen_at(
    address: SocketAddr,
    script: impl Fn(TcpStream) + Send + 'static,
) -> (u16, mpsc::Receiver<()>) {
    let listener = TcpListener::bind(address).unwrap();
    let port = listener.local_addr().unwrap().port();
    let (done, is_done) = mpsc::channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let stream = stream.unwrap();
            stream.set_read_timeout(Some(LONG)).unwrap();
            script(stream);
            let _ = done.send(());
        }
    });
    (port, is_done)
}

/// The URL of the peer at this port.
pub fn url(protocol: Protocol, port: u16) -> String {
    format!("{}://localhost:{port}", protocol.scheme())
}

/// A configuration with the peer at this port as the only broker.
pub fn alone(bench: &Bench, port: u16) -> Config {
    bench
        .config()
        .set("messaging_brokers", &format!("[\"{}\"]", url(bench.protocol, port)))
        .set("close_timeout", "1")
}

/// Reads whatever comes until the peer hangs up.
pub fn swallow(mut stream: impl Read) {
    let _ = io::copy(&mut stream, &mut io::sink());
}

/// The port of a peer that answers the first bytes with `answer` and continues to read.
pub fn answering(answer: Vec<u8>) -> u16 {
    let script = move |mut stream: TcpStream| {
        let mut header = [0; 8];
        if stream.read_exact(&mut header).is_ok() {
            let _ = stream.write_all(&answer);
            swallow(stream);
        }
    };
    listen(script).0
}

/// A port without a listener. A socket that is bound and does not listen keeps it until the tests end: a port that is
/// only free is soon another test's.
pub fn closed_port() -> u16 {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    let port = socket.local_addr().unwrap().as_socket().unwrap().port();
    mem::forget(socket);
    port
}

/// The broker's Open.
pub fn open() -> Vec<u8> {
    make::open("peer").encode()
}

/// The broker's Close, with a condition.
pub fn close(condition: &str, description: &str) -> Vec<u8> {
    make::close(make::error(condition, description)).encode()
}

/// The broker's Close, with a condition that names another broker (AMQP 1.0 part 2.8.16).
pub fn close_with_redirection(condition: &str, description: &str, port: u16) -> Vec<u8> {
    make::close(make::error_with_info(condition, description, &another_broker(port))).encode()
}

/// The address of another broker.
fn another_broker(port: u16) -> [(&'static str, Value); 3] {
    [("hostname", "localhost".into()), ("network-host", "localhost".into()), ("port", port.into())]
}

/// The broker's End of the session, with a condition.
pub fn end(condition: &str, description: &str) -> Vec<u8> {
    make::end(make::error(condition, description)).encode()
}

/// A Disposition that settles the client's deliveries from `first` to `last` with this state.
pub fn settled(first: u32, last: u32, state: impl Into<Value>) -> Vec<u8> {
    make::disposition(Role::Receiver, first, last, true, state).encode()
}

/// A Disposition that rejects and settles the client's first delivery.
pub fn rejected(condition: &str) -> Vec<u8> {
    rejected_as(condition, "says the peer")
}

/// The same, in these words.
pub fn rejected_as(condition: &str, description: &str) -> Vec<u8> {
    let rejected = make::rejected(make::error(condition, description));
    make::disposition(Role::Receiver, 0, None, true, rejected).encode()
}

/// The `request_id` in a Transfer of the client.
pub fn request_id(transfer: &Frame) -> String {
    request_id_in(&transfer.payload)
}

fn request_id_in(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let rest = text.split("\"request_id\": \"").nth(1).unwrap();
    rest[..36].to_owned()
}

/// A message that answers the request with this id.
pub fn reply_message(request_id: &str) -> Vec<u8> {
    message::amqp_value(reply_text(request_id))
}

/// Its text.
pub fn reply_text(request_id: &str) -> String {
    format!(r#"{{"msg": {{"request_id": "{request_id}", "signed_claim": "c2ln", "errors": []}}}}"#)
}

/// A broker that lets a client attach both links, and then does what the script says.
pub struct Peer {
    /// The connection. The peer's own methods do not see bytes that a test reads from it.
    pub stream: TcpStream,
    reader: Reader,
    /// The client's handles of its links, by its role.
    handles: HashMap<Role, u32>,
}

impl Peer {
    /// Answers the client until both of its links are attached; grants no credit.
    pub fn attached(stream: TcpStream) -> io::Result<Self> {
        Self::attach(stream, &make::open("peer"), 2)
    }

    /// Answers the client until the first of its links, the receiver, is attached.
    pub fn half_attached(stream: TcpStream) -> io::Result<Self> {
        Self::attach(stream, &make::open("peer"), 1)
    }

    /// Like [`Self::attached`]; the Open asks for a frame at least that often.
    pub fn attached_with_idle_timeout(stream: TcpStream, milliseconds: u32) -> io::Result<Self> {
        let open = make::open("peer").with(make::open::IDLE_TIME_OUT, milliseconds);
        Self::attach(stream, &open, 2)
    }

    /// Like [`Self::attached`]; the Open says that frames may have at most that many bytes.
    pub fn attached_with_max_frame_size(stream: TcpStream, bytes: u32) -> io::Result<Self> {
        let open = make::open("peer").with(make::open::MAX_FRAME_SIZE, bytes);
        Self::attach(stream, &open, 2)
    }

    /// Like [`Self::attached`]; the Open lists another broker to go to if this one fails, as those of ActiveMQ and
    /// Artemis do.
    pub fn attached_with_others(stream: TcpStream, port: u16) -> io::Result<Self> {
        let others = Value::List(vec![Value::map(&another_broker(port))]);
        let properties = Value::map(&[("failover-server-list", others)]);
        Self::attach(stream, &make::open("peer").with(make::open::PROPERTIES, properties), 2)
    }

    fn attach(stream: TcpStream, open: &Frame, links: usize) -> io::Result<Self> {
        let mut peer = Self { stream, reader: Reader::new(), handles: HashMap::new() };
        let mut header = [0; 8];
        peer.stream.read_exact(&mut header)?;
        assert_eq!(header, HEADER);
        peer.answer(&[&HEADER, &open.encode()[..]].concat())?;
        while peer.handles.len() < links {
            let frame = peer.frame()?;
            match frame.code {
                make::begin::CODE => peer.answer(&make::begin(frame.channel).encode())?,
                make::attach::CODE => peer.answer_attach(&frame)?,
                _ => {}
            }
        }
        Ok(peer)
    }

    /// Mirrors an Attach: name, handle, the other role, both termini with an address.
    fn answer_attach(&mut self, frame: &Frame) -> io::Result<()> {
        let name = frame.field(make::attach::NAME).as_str().unwrap();
        let handle = frame.field(make::attach::HANDLE).as_u32().unwrap();
        let role = Role::of(frame.field(make::attach::ROLE)).unwrap();
        let (source, target) = (make::source("somewhere"), make::target("somewhere"));
        self.answer(&make::attach(name, handle, role.other(), source, target).encode())?;
        self.handles.insert(role, handle);
        Ok(())
    }

    /// Grants credit to the client's sender.
    pub fn grant(&mut self, credit: u32) -> io::Result<()> {
        let flow = self.flow(credit);
        self.answer(&flow)
    }

    /// Sends these frames in one write.
    pub fn answer(&mut self, frames: &[u8]) -> io::Result<()> {
        self.stream.write_all(frames)
    }

    fn sender_flow(&self, credit: u32) -> Frame {
        make::flow(self.handles[&Role::Sender], 0, credit)
    }

    /// A Flow that lets the client send that many messages in all.
    pub fn flow(&self, credit: u32) -> Vec<u8> {
        self.sender_flow(credit).encode()
    }

    /// A Flow that lets the client send no frame, however much credit it has.
    pub fn flow_without_window(&self, credit: u32) -> Vec<u8> {
        self.sender_flow(credit).with(make::flow::INCOMING_WINDOW, 0u32).encode()
    }

    /// A Flow that asks the client to give back unused credit.
    pub fn drain(&self, credit: u32) -> Vec<u8> {
        self.sender_flow(credit).with(make::flow::DRAIN, true).encode()
    }

    /// A Transfer to the client: a reply to the request with this id, as delivery `number`.
    pub fn reply(&self, number: u32, request_id: &str) -> Vec<u8> {
        self.transfer_on(Role::Receiver, number, &reply_message(request_id))
    }

    /// A Transfer of one message on a link of the client, by its role.
    pub fn transfer_on(&self, role: Role, number: u32, message: &[u8]) -> Vec<u8> {
        make::transfer(self.handles[&role], number, message.to_vec()).encode()
    }

    /// The same as the first delivery in two Transfers (or in one), without the delivery-id that the first must have
    /// (AMQP 1.0 part 2.7.5).
    pub fn reply_without_delivery_id(&self, request_id: &str, in_two: bool) -> Vec<u8> {
        let (handle, message) = (self.handles[&Role::Receiver], reply_message(request_id));
        let transfer = |more: bool, payload: &[u8]| {
            make::transfer(handle, 0, payload.to_vec())
                .with(make::transfer::DELIVERY_ID, Value::Null)
                .with(make::transfer::MORE, more)
                .encode()
        };
        if in_two {
            let (first, rest) = message.split_at(10);
            [transfer(true, first), transfer(false, rest)].concat()
        } else {
            transfer(false, &message)
        }
    }

    /// A Transfer to the client that says that more is to come, of delivery `number`.
    pub fn partial(&self, number: u32, payload: &[u8]) -> Vec<u8> {
        make::transfer(self.handles[&Role::Receiver], number, payload.to_vec())
            .with(make::transfer::MORE, true)
            .encode()
    }

    /// A Detach of the client's sender, with a condition.
    pub fn detach_sender(&self, condition: &str) -> Vec<u8> {
        self.detach(Role::Sender, condition, "says the peer")
    }

    /// A Detach of one of the client's links, by its role.
    pub fn detach(&self, role: Role, condition: &str, description: &str) -> Vec<u8> {
        make::detach(self.handles[&role], true, make::error(condition, description)).encode()
    }

    /// Puts bytes back that a test read from the stream, in front of those that are still to be read.
    pub fn put_back(&mut self, bytes: &[u8]) {
        self.reader.feed(bytes);
    }

    /// Reads one frame; heartbeats do not count.
    pub fn frame(&mut self) -> io::Result<Frame> {
        loop {
            match self.reader.next() {
                Some(Ok(Incoming::Frame(frame))) => return Ok(frame),
                Some(Ok(_)) => continue,
                Some(Err(malformed)) => panic!("the client sent {malformed}"),
                None => {}
            }
            let mut chunk = [0; 4096];
            match self.stream.read(&mut chunk)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                count => self.reader.feed(&chunk[..count]),
            }
        }
    }

    /// Waits for a frame of the client with this performative, and ignores others.
    pub fn await_frame(&mut self, performative: u8) -> io::Result<Frame> {
        loop {
            let frame = self.frame()?;
            if frame.code == performative {
                return Ok(frame);
            }
        }
    }

    /// Waits for a whole message of the client, as if it came in one Transfer.
    pub fn message(&mut self) -> io::Result<Frame> {
        let mut whole = self.transfer()?;
        let mut more = whole.field(make::transfer::MORE).as_bool();
        while more == Some(true) {
            let next = self.transfer()?;
            whole.payload.extend(&next.payload);
            more = next.field(make::transfer::MORE).as_bool();
        }
        Ok(whole)
    }

    /// Waits for a Transfer of the client.
    pub fn transfer(&mut self) -> io::Result<Frame> {
        self.await_frame(make::transfer::CODE)
    }

    /// Reads until the client sends Close or hangs up, and then hangs up, too.
    pub fn hang_up_after_close(mut self) {
        while self.frame().is_ok_and(|frame| frame.code != make::close::CODE) {}
    }
}
