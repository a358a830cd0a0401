//! A name server that knows one name: as little of RFC 1035 as a resolver needs.

use std::{
    net::{Ipv4Addr, UdpSocket},
    thread,
    time::Duration,
};

/// Flags of an answer: response, recursion desired, recursion available.
const ANSWER: u16 = 0x8180;
const NO_SUCH_NAME: u16 = 3;
const TYPE_A: [u8; 2] = [0, 1];

fn listen(at: Ipv4Addr) -> UdpSocket {
    UdpSocket::bind((at, 53)).unwrap_or_else(|error| {
        panic!("{at}:53: {error}: these tests need a separate network, which packaging/test-static makes")
    })
}

/// A name server that accepts queries and answers none.
pub struct Mute {
    pub at: Ipv4Addr,
    socket: UdpSocket,
}

/// Listens on port 53 of an address.
pub fn mute(at: Ipv4Addr) -> Mute {
    Mute { at, socket: listen(at) }
}

impl Mute {
    /// Discards the queries that have arrived.
    pub fn forget(&self) {
        self.socket.set_nonblocking(true).unwrap();
        while self.socket.recv(&mut [0; 512]).is_ok() {}
        self.socket.set_nonblocking(false).unwrap();
    }

    /// Waits for a query.
    pub fn wait_for_a_query(&self) {
        self.socket.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        self.socket.recv(&mut [0; 512]).unwrap();
    }
}

/// Answers on port 53 of an address until the process ends; the address.
pub fn serve(at: Ipv4Addr, name: &str, address: Ipv4Addr) -> Ipv4Addr {
    let socket = listen(at);
    let name = encoded(name);
    thread::spawn(move || {
        let mut query = [0; 512];
        while let Ok((length, from)) = socket.recv_from(&mut query) {
            if let Some(answer) = answer(&query[..length], &name, address) {
                let _ = socket.send_to(&answer, from);
            }
        }
    });
    at
}

/// A name as labels with their lengths, part 3.1.
fn encoded(name: &str) -> Vec<u8> {
    let label = |label: &str| [&[label.len() as u8], label.as_bytes()].concat();
    let mut labels: Vec<u8> = name.split('.').flat_map(label).collect();
    labels.push(0);
    labels
}

fn answer(query: &[u8], name: &[u8], address: Ipv4Addr) -> Option<Vec<u8>> {
    let (id, question) = (query.get(..2)?, query.get(12..)?);
    let end = question.iter().position(|&length| length == 0)? + 1;
    let (asked, kind) = (&question[..end], question.get(end..end + 2)?);
    let known = asked.eq_ignore_ascii_case(name);
    let answers: u16 = (known && kind == TYPE_A).into();
    let flags = ANSWER | if known { 0 } else { NO_SUCH_NAME };

    let mut answer = id.to_vec();
    for count in [flags, 1, answers, 0, 0] {
        answer.extend(count.to_be_bytes());
    }
    answer.extend(question.get(..end + 4)?);
    if answers > 0 {
        // A pointer to the name in the question, type, class, time to live of 60 s, 4 bytes.
        answer.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4]);
        answer.extend(address.octets());
    }
    Some(answer)
}
