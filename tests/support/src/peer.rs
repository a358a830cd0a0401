//! Peers that no broker would be: a socket and a script for it, with AMQP frames made by hand.

use std::{
    collections::HashMap,
    io::{self, Read, Write},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    thread,
};

use crate::harness::{Bench, Config, LONG};

/// The outcome accepted, as the state of a Disposition (AMQP 1.0 part 3.4.2).
pub const ACCEPTED: &[u8] = &[0, 0x53, 0x24, 0x45];

/// The protocol header of AMQP 1.0 without SASL.
pub const AMQP: &[u8] = b"AMQP\0\x01\0\0";

/// Listens on a free port, where each connection in turn meets the script; the port. The receiver
/// tells of each connection that the script is done with.
pub fn listen(script: impl Fn(TcpStream) + Send + 'static) -> (u16, mpsc::Receiver<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let stream = stream.unwrap();
            stream.set_read_timeout(Some(LONG)).unwrap();
            script(stream);
            let _ = tell.send(());
        }
    });
    (port, told)
}

/// A configuration with the peer at this port as the only broker.
pub fn alone(bench: &Bench, port: u16) -> Config {
    bench
        .config()
        .set("messaging_brokers", &format!("[\"amqp://localhost:{port}\"]"))
        .set("close_timeout", "1")
}

/// Reads whatever comes until the peer hangs up.
pub fn swallow(mut stream: impl Read) {
    let _ = io::copy(&mut stream, &mut io::sink());
}

/// A port that nobody listens on: it was ours, and the system does not give it out again so soon.
pub fn closed_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A frame of channel 0 with one performative; `fields` are encoded values.
pub fn frame(performative: u8, fields: &[&[u8]]) -> Vec<u8> {
    let list = fields.concat();
    let mut body = vec![0x00, 0x53, performative, 0xd0];
    body.extend((list.len() as u32 + 4).to_be_bytes());
    body.extend((fields.len() as u32).to_be_bytes());
    body.extend(list);
    let mut frame = (body.len() as u32 + 8).to_be_bytes().to_vec();
    frame.extend([2, 0, 0, 0]);
    frame.extend(body);
    frame
}

fn string(constructor: u8, text: &str) -> Vec<u8> {
    [&[constructor, text.len() as u8], text.as_bytes()].concat()
}

/// The broker's Open.
pub fn open() -> Vec<u8> {
    frame(0x10, &[&string(0xa1, "peer")])
}

/// The broker's Close, with a condition.
pub fn close(condition: &str, description: &str) -> Vec<u8> {
    frame(0x18, &[&error(condition, description)])
}

/// The broker's Close, with a condition that names another broker (AMQP 1.0 part 2.8.16).
pub fn close_with_redirection(condition: &str, description: &str, port: u16) -> Vec<u8> {
    let fields =
        [string(0xa3, condition), string(0xa1, description), another_broker(port)].concat();
    frame(0x18, &[&[&[0x00, 0x53, 0x1d, 0xc0, fields.len() as u8 + 1, 3], &fields[..]].concat()])
}

/// A map that says where another broker is.
fn another_broker(port: u16) -> Vec<u8> {
    let host = [string(0xa3, "hostname"), string(0xa1, "localhost"), string(0xa3, "network-host")]
        .concat();
    let members = [
        &host[..],
        &string(0xa1, "localhost"),
        &string(0xa3, "port"),
        &[0x60],
        &port.to_be_bytes(),
    ]
    .concat();
    [&[0xc1, members.len() as u8 + 1, 6], &members[..]].concat()
}

/// The broker's End of the session, with a condition.
pub fn end(condition: &str, description: &str) -> Vec<u8> {
    frame(0x17, &[&error(condition, description)])
}

/// A frame with a payload behind its performative.
pub fn with_payload(mut frame: Vec<u8>, payload: &[u8]) -> Vec<u8> {
    frame.extend(payload);
    let size = frame.len() as u32;
    frame[..4].copy_from_slice(&size.to_be_bytes());
    frame
}

/// A Disposition that settles the client's deliveries from `first` to `last` with this state.
pub fn settled(first: u8, last: u8, state: &[u8]) -> Vec<u8> {
    frame(0x15, &[&[0x41], &[0x52, first], &[0x52, last], &[0x41], state])
}

/// The `request_id` in a Transfer of the client.
pub fn request_id(transfer: &[u8]) -> String {
    let text = String::from_utf8_lossy(transfer).into_owned();
    let rest = text.split("\"request_id\": \"").nth(1).unwrap();
    rest[..36].to_owned()
}

/// A Disposition that rejects and settles the client's first delivery.
pub fn rejected(condition: &str) -> Vec<u8> {
    rejected_as(condition, "says the peer")
}

/// The same, in these words.
pub fn rejected_as(condition: &str, description: &str) -> Vec<u8> {
    let error = error(condition, description);
    let state = [&[0x00, 0x53, 0x25, 0xc0, error.len() as u8 + 1, 1], &error[..]].concat();
    frame(0x15, &[&[0x41], &[0x43], &[0x40], &[0x41], &state])
}

fn error(condition: &str, description: &str) -> Vec<u8> {
    let fields = [string(0xa3, condition), string(0xa1, description)].concat();
    [&[0x00, 0x53, 0x1d, 0xc0, fields.len() as u8 + 1, 2], &fields[..]].concat()
}

/// A message that answers the request with this id.
pub fn reply_message(request_id: &str) -> Vec<u8> {
    let json = format!(
        r#"{{"msg": {{"request_id": "{request_id}", "signed_claim": "c2ln", "errors": []}}}}"#
    );
    let mut message = vec![0, 0x53, 0x77, 0xb1];
    message.extend((json.len() as u32).to_be_bytes());
    message.extend(json.as_bytes());
    message
}

/// A broker that lets a client attach both links, and then does what the script wants.
pub struct Peer {
    pub stream: TcpStream,
    buffer: Vec<u8>,
    /// The client's handles of its links, by its role: `true` is a receiver.
    handles: HashMap<bool, u8>,
}

impl Peer {
    /// Answers the client until both of its links are attached; grants no credit.
    pub fn attached(stream: TcpStream) -> io::Result<Self> {
        Self::attach(stream, &open(), 2)
    }

    /// Answers the client until the first of its links, the receiver, is attached.
    pub fn half_attached(stream: TcpStream) -> io::Result<Self> {
        Self::attach(stream, &open(), 1)
    }

    /// The same; the Open asks not to be left without a word for longer than this.
    pub fn attached_with_idle_timeout(stream: TcpStream, milliseconds: u16) -> io::Result<Self> {
        let [high, low] = milliseconds.to_be_bytes();
        let null: &[u8] = &[0x40];
        Self::attach(
            stream,
            &frame(0x10, &[&string(0xa1, "peer"), null, null, null, &[0x70, 0, 0, high, low]]),
            2,
        )
    }

    /// The same; the Open lists another broker to go to when this one fails, as ActiveMQ and Artemis do.
    pub fn attached_with_others(stream: TcpStream, port: u16) -> io::Result<Self> {
        let null: &[u8] = &[0x40];
        let others = another_broker(port);
        let list = [&[0xc0, others.len() as u8 + 1, 1], &others[..]].concat();
        let members = [&string(0xa3, "failover-server-list")[..], &list].concat();
        let properties = [&[0xc1, members.len() as u8 + 1, 2], &members[..]].concat();
        let open = frame(
            0x10,
            &[&string(0xa1, "peer"), null, null, null, null, null, null, null, null, &properties],
        );
        Self::attach(stream, &open, 2)
    }

    fn attach(stream: TcpStream, open: &[u8], links: usize) -> io::Result<Self> {
        let mut peer = Self { stream, buffer: Vec::new(), handles: HashMap::new() };
        let mut header = [0; 8];
        peer.stream.read_exact(&mut header)?;
        assert_eq!(header, AMQP);
        peer.stream.write_all(&[AMQP, open].concat())?;
        while peer.handles.len() < links {
            let frame = peer.frame()?;
            match frame[10] {
                0x11 => {
                    let window = [0x70, 0, 0, 8, 0];
                    peer.stream.write_all(&self::frame(
                        0x11,
                        &[&[0x60, 0, 0], &[0x43], &window, &window],
                    ))?;
                }
                0x12 => peer.answer_attach(&frame)?,
                _ => {}
            }
        }
        Ok(peer)
    }

    /// Grants credit to the client's sender.
    pub fn grant(&mut self, credit: u8) -> io::Result<()> {
        let flow = self.flow(credit);
        self.answer(&flow)
    }

    /// Sends these frames as one.
    pub fn answer(&mut self, frames: &[u8]) -> io::Result<()> {
        self.stream.write_all(frames)
    }

    /// A Flow that lets the client send so many messages in all.
    pub fn flow(&self, credit: u8) -> Vec<u8> {
        self.flow_of(&[0x52, credit])
    }

    /// A Flow whose link-credit is this encoded value.
    pub fn flow_of(&self, credit: &[u8]) -> Vec<u8> {
        self.flow_with(&[0x70, 0, 0, 8, 0], credit, false)
    }

    /// A Flow that lets the client send no frame, however much credit it has.
    pub fn flow_without_window(&self, credit: u8) -> Vec<u8> {
        self.flow_with(&[0x43], &[0x52, credit], false)
    }

    /// A Flow that asks for the credit back that is not used.
    pub fn drain(&self, credit: u8) -> Vec<u8> {
        self.flow_with(&[0x70, 0, 0, 8, 0], &[0x52, credit], true)
    }

    fn flow_with(&self, incoming_window: &[u8], credit: &[u8], drain: bool) -> Vec<u8> {
        let (handle, drain) = ([0x52, self.handles[&false]], [if drain { 0x41 } else { 0x42 }]);
        let fields: [&[u8]; 9] = [
            &[0x43],
            incoming_window,
            &[0x43],
            &[0x70, 0, 0, 8, 0],
            &handle,
            &[0x43],
            credit,
            &[0x40],
            &drain,
        ];
        frame(0x13, &fields)
    }

    /// A Transfer to the client: a reply to the request with this id, as delivery `number`.
    pub fn reply(&self, number: u8, request_id: &str) -> Vec<u8> {
        self.transfer_on(true, number.into(), &reply_message(request_id))
    }

    /// A Transfer of one message on a link of the client's, by its role: `true` is the receiver.
    pub fn transfer_on(&self, role: bool, number: u32, message: &[u8]) -> Vec<u8> {
        let id = [&[0x70], &number.to_be_bytes()[..]].concat();
        let tag = [&[0xa0, 4], &number.to_be_bytes()[..]].concat();
        let fields: [&[u8]; 5] = [&[0x52, self.handles[&role]], &id, &tag, &[0x43], &[0x42]];
        with_payload(frame(0x14, &fields), message)
    }

    /// The same as the first delivery in two Transfers (or in one), without the delivery-id that the first must have
    /// (AMQP 1.0 part 2.7.5).
    pub fn reply_without_delivery_id(&self, request_id: &str, in_two: bool) -> Vec<u8> {
        let message = reply_message(request_id);
        let (first, rest) = message.split_at(if in_two { 10 } else { message.len() });
        let transfer = |more: u8, payload: &[u8]| {
            let fields: [&[u8]; 6] =
                [&[0x52, self.handles[&true]], &[0x40], &[0xa0, 1, 1], &[0x43], &[0x42], &[more]];
            with_payload(frame(0x14, &fields), payload)
        };
        if in_two {
            [transfer(0x41, first), transfer(0x42, rest)].concat()
        } else {
            transfer(0x42, first)
        }
    }

    /// A Transfer to the client that says that more is to come, of delivery `number`.
    pub fn partial(&self, number: u32, payload: &[u8]) -> Vec<u8> {
        let [id, tag] = [0x70, 0xa0].map(|constructor: u8| {
            let length: &[u8] = if constructor == 0xa0 { &[4] } else { &[] };
            [&[constructor], length, &number.to_be_bytes()].concat()
        });
        let fields: [&[u8]; 6] =
            [&[0x52, self.handles[&true]], &id, &tag, &[0x43], &[0x42], &[0x41]];
        with_payload(frame(0x14, &fields), payload)
    }

    /// A Detach of the client's sender, with a condition.
    pub fn detach_sender(&self, condition: &str) -> Vec<u8> {
        self.detach(false, condition, "says the peer")
    }

    /// A Detach of one of the client's links, by its role: `true` is the receiver.
    pub fn detach(&self, role: bool, condition: &str, description: &str) -> Vec<u8> {
        frame(0x16, &[&[0x52, self.handles[&role]], &[0x41], &error(condition, description)])
    }

    /// Reads one frame, its size included.
    pub fn frame(&mut self) -> io::Result<Vec<u8>> {
        loop {
            if let Some(size) =
                self.buffer.first_chunk().map(|size| u32::from_be_bytes(*size) as usize)
                && self.buffer.len() >= size
            {
                let rest = self.buffer.split_off(size);
                let frame = std::mem::replace(&mut self.buffer, rest);
                // An empty frame is a heartbeat.
                if frame.len() > 10 {
                    return Ok(frame);
                }
                continue;
            }
            let mut chunk = [0; 4096];
            match self.stream.read(&mut chunk)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                count => self.buffer.extend(&chunk[..count]),
            }
        }
    }

    /// Waits for a frame of the client with this performative, and passes over others.
    pub fn await_frame(&mut self, performative: u8) -> io::Result<Vec<u8>> {
        loop {
            let frame = self.frame()?;
            if frame[10] == performative {
                return Ok(frame);
            }
        }
    }

    /// Waits for a Transfer of the client.
    pub fn transfer(&mut self) -> io::Result<Vec<u8>> {
        self.await_frame(0x14)
    }

    /// Reads until the client says Close, or hangs up, and does so too.
    pub fn hang_up_after_close(mut self) {
        while self.frame().is_ok_and(|frame| frame[10] != 0x18) {}
    }

    /// Mirrors an Attach: name, handle, the other role, both termini with an address.
    fn answer_attach(&mut self, frame: &[u8]) -> io::Result<()> {
        let list = match frame[11] {
            0xc0 => &frame[14..],
            0xd0 => &frame[20..],
            other => panic!("an attach is a list, not {other:x}"),
        };
        let name = string(0xa1, std::str::from_utf8(&list[2..2 + list[1] as usize]).unwrap());
        assert_eq!(list[0], 0xa1, "a short name");
        let rest = &list[2 + list[1] as usize..];
        let (handle, rest) = if rest[0] == 0x43 { (0, &rest[1..]) } else { (rest[1], &rest[2..]) };
        let receiver = rest[0] == 0x41;
        let role = if receiver { 0x42 } else { 0x41 };
        let address = string(0xa1, "somewhere");
        let terminus =
            |code| [&[0x00, 0x53, code, 0xc0, address.len() as u8 + 1, 1], &address[..]].concat();
        let (source, target) = (terminus(0x28), terminus(0x29));
        let fields: [&[u8]; 10] = [
            &name,
            &[0x52, handle],
            &[role],
            &[0x40],
            &[0x40],
            &source,
            &target,
            &[0x40],
            &[0x40],
            &[0x43],
        ];
        self.stream.write_all(&self::frame(0x12, &fields))?;
        self.handles.insert(receiver, handle);
        Ok(())
    }
}
