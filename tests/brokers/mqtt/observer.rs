//! Another client that subscribes to a topic, made by hand: it sees the bytes of a message as the broker sends them.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use openssl::ssl::{SslConnector, SslFiletype, SslMethod, SslStream};

use crate::bench::{Bench, LONG, pem, url};

pub struct Observer(SslStream<TcpStream>);

/// A text or bytes with their length.
fn field(bytes: &[u8]) -> Vec<u8> {
    [&(bytes.len() as u16).to_be_bytes(), bytes].concat()
}

impl Observer {
    /// Subscribes to a topic with the certificate of the signing server, which may read everything.
    pub fn of(bench: &Bench, topic: &str) -> Self {
        let port = url("mqtts").rsplit(':').next().unwrap().parse::<u16>().unwrap();
        let socket = TcpStream::connect(("127.0.0.1", port)).unwrap();
        socket.set_read_timeout(Some(LONG)).unwrap();
        let mut builder = SslConnector::builder(SslMethod::tls_client()).unwrap();
        builder.set_ca_file(pem("ca")).unwrap();
        builder.set_certificate_chain_file(pem("signer")).unwrap();
        builder.set_private_key_file(pem("signer"), SslFiletype::PEM).unwrap();
        let stream = builder.build().connect("localhost", socket).unwrap();
        let (level, properties): (u8, &[u8]) =
            if bench.kind.version == "5" { (5, &[0]) } else { (4, &[]) };
        let mut observer = Self(stream);
        let id = field(format!("observer{}", std::process::id()).as_bytes());
        // A clean session without keep alive.
        let connect = [&field(b"MQTT")[..], &[level, 2, 0, 0], properties, &id].concat();
        observer.write(0x10, &connect);
        assert_eq!(observer.packet().0, 0x20, "CONNACK");
        observer.write(0x82, &[&[0, 1], properties, &field(topic.as_bytes()), &[0]].concat());
        let (kind, suback) = observer.packet();
        assert_eq!((kind, suback.last()), (0x90, Some(&0)), "SUBACK");
        observer
    }

    /// The first message: its topic and all that follows it, which ends with the payload.
    pub fn message(mut self) -> Vec<u8> {
        let (kind, message) = self.packet();
        assert_eq!(kind >> 4, 3, "PUBLISH");
        message
    }

    fn write(&mut self, kind: u8, body: &[u8]) {
        let length = u8::try_from(body.len()).ok().filter(|length| *length < 0x80);
        self.0.write_all(&[&[kind, length.expect("it is short")], body].concat()).unwrap();
    }

    fn packet(&mut self) -> (u8, Vec<u8>) {
        let mut byte = [0];
        let mut next = |stream: &mut SslStream<TcpStream>| {
            stream.read_exact(&mut byte).unwrap();
            byte[0]
        };
        let kind = next(&mut self.0);
        let (mut length, mut shift) = (0, 0);
        loop {
            let part = next(&mut self.0);
            length |= usize::from(part & 0x7f) << shift;
            shift += 7;
            if part < 0x80 {
                break;
            }
        }
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).unwrap();
        (kind, body)
    }
}
