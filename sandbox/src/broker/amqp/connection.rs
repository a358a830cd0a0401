//! One client's connection: protocol header, SASL, sessions and the attaching of links.

use std::{fmt::Debug, sync::Arc};

use fe2o3_amqp::{
    acceptor::{
        ConnectionAcceptor, LinkAcceptor, LinkEndpoint, ListenerSessionHandle, SessionAcceptor,
    },
    types::{
        definitions::Role,
        messaging::{Source, Target, TargetArchetype},
        performatives::Attach,
    },
};
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt},
    sync::mpsc,
};

use super::{
    super::{
        line::{Line, ignore},
        shared::{Broker, amqp_error},
    },
    client::Client,
    inbound,
    observer::Observer,
    outbound,
    sasl::Authenticator,
    wire::Tapped,
};
use crate::faults::{ConnectionAct, Layer, LinkAct, Refusal};

const RELAY: &str = "ANONYMOUS-RELAY";

/// Serves a client until its connection ends.
pub(in crate::broker) async fn serve<S>(
    stream: S,
    broker: &Arc<Broker>,
    number: usize,
    line: Line,
    acts: &[ConnectionAct],
) -> Result<(), String>
where
    S: AsyncRead + AsyncWrite + Debug + Send + Unpin + 'static,
{
    let observer = Arc::new(Observer::new(number, Arc::clone(&broker.recorder)));
    let (mut stream, header) = Tapped::new(stream, Arc::clone(&observer), line.clone())
        .await
        .map_err(|error| format!("no protocol header: {error}"))?;
    broker.recorder.on_connection(number, |c| c.protocol_header = Some(header));
    if let Some(bytes) = ConnectionAct::raw_first(acts, Layer::Amqp) {
        line.write_raw(Layer::Amqp, bytes);
        stream.flush().await.map_err(|error| format!("raw bytes: {error}"))?;
        return ignore(stream, acts).await;
    }

    let mut acceptor =
        ConnectionAcceptor::builder().container_id("amqp-sandbox").max_frame_size(256 * 1024);
    if broker.options.anonymous_relay {
        acceptor = acceptor.add_offered_capabilities(RELAY);
    }
    if let Some(timeout) = broker.options.idle_timeout {
        acceptor = acceptor.idle_time_out(u32::try_from(timeout.as_millis()).unwrap_or(u32::MAX));
    }
    // The fifth byte of the header is 3 for SASL.
    let opened = if header[4] == 3 || broker.options.sasl.required {
        let sasl = Authenticator::new(broker, number);
        acceptor.sasl_acceptor(sasl).build().accept(stream).await
    } else {
        acceptor.build().accept(stream).await
    };
    let mut connection = opened.map_err(|error| format!("open: {error}"))?;

    let (close, mut closing) = mpsc::unbounded_channel();
    line.write_all_raw(acts);
    for act in acts {
        match act {
            ConnectionAct::Close(refusal) => drop(close.send(refusal.clone())),
            ConnectionAct::Cut => line.cut(),
            ConnectionAct::HalfOpen => line.die(),
            _ => {}
        }
    }
    loop {
        let incoming = tokio::select! {
            incoming = connection.next_incoming_session() => incoming,
            Some(refusal) = closing.recv() => {
                // It fails only if the client has hung up already.
                let _ = connection.close_with_error(amqp_error(refusal)).await;
                return Ok(());
            }
        };
        let Some(incoming) = incoming else {
            // The connection is over when its links are: one that is left could take another client's message. Each link
            // has one of these senders.
            drop((connection, close));
            while closing.recv().await.is_some() {}
            return Ok(());
        };
        let channel = incoming.channel;
        let session = SessionAcceptor::default()
            .accept_incoming_session(incoming, &mut connection)
            .await
            .map_err(|error| format!("begin: {error}"))?;
        let (broker, observer) = (Arc::clone(broker), Arc::clone(&observer));
        let client =
            Client { broker, observer, number, channel, line: line.clone(), close: close.clone() };
        tokio::spawn(serve_session(session, client));
    }
}

async fn serve_session(mut session: ListenerSessionHandle, client: Client) {
    let max_message_size = client.broker.options.max_message_size;
    let mut builder = LinkAcceptor::builder();
    if let Some(size) = max_message_size {
        builder = builder.max_message_size(size);
    }
    let acceptor = builder.build();
    while let Some(mut attach) = session.next_incoming_attach().await {
        let handle = attach.handle.0;
        let (address, acts) = examine(&attach, &client);
        let refusal = refusal(&attach, &acts, &client);
        // Before the Attach is answered: replies to requests that the client sends after that must not be lost.
        let subscription = match (&attach.role, &refusal, &address) {
            (Role::Receiver, None, Some(address)) => Some(client.broker.router.subscribe(address)),
            _ => None,
        };
        prepare(&mut attach, refusal.is_some());
        let endpoint = acceptor.accept_incoming_attach(attach, &mut session).await;
        match (endpoint, refusal) {
            (Ok(LinkEndpoint::Sender(link)), Some(refusal)) => {
                // Waiting for the client's answer must not hold up other links.
                tokio::spawn(link.close_with_error(amqp_error(refusal)));
            }
            (Ok(LinkEndpoint::Receiver(link)), Some(refusal)) => {
                tokio::spawn(link.close_with_error(amqp_error(refusal)));
            }
            (Ok(LinkEndpoint::Sender(link)), None) => {
                if let (Some(credit), Some(subscription)) =
                    (client.observer.credit(client.channel, handle), subscription)
                {
                    let address = address.unwrap_or_default();
                    tokio::spawn(outbound::serve(
                        link,
                        address,
                        subscription,
                        credit,
                        acts,
                        client.clone(),
                    ));
                }
            }
            (Ok(LinkEndpoint::Receiver(link)), None) => {
                tokio::spawn(inbound::serve(link, address, acts, client.clone()));
            }
            (Err(error), _) => {
                let problem = format!("attach: {error}");
                client.broker.recorder.problem(client.number, problem);
            }
        }
    }
}

/// The address of a link's node, and the acts that the rules have for the link.
fn examine(attach: &Attach, client: &Client) -> (Option<String>, Vec<LinkAct>) {
    let matcher = client.broker.matcher.lock().unwrap();
    match attach.role {
        Role::Sender => {
            let target = attach.target.as_deref();
            let address = target.and_then(|TargetArchetype::Target(t)| t.address.clone());
            let acts = matcher.sender_link(client.number, address.as_deref().unwrap_or_default());
            (address, acts)
        }
        Role::Receiver => {
            let address = attach.source.as_deref().and_then(|s| s.address.clone());
            let acts = matcher.receiver_link(client.number, address.as_deref().unwrap_or_default());
            (address, acts)
        }
    }
}

/// Why a link is refused, if it is.
fn refusal(attach: &Attach, acts: &[LinkAct], client: &Client) -> Option<Refusal> {
    let ruled = acts.iter().find_map(|act| match act {
        LinkAct::Refuse(refusal) => Some(refusal.clone()),
        _ => None,
    });
    let because = |condition: &str, description: &str| {
        Some(Refusal { condition: condition.to_owned(), description: Some(description.to_owned()) })
    };
    ruled.or_else(|| match attach.role {
        Role::Receiver => match attach.source.as_deref() {
            Some(source) if source.dynamic => {
                because("amqp:not-implemented", "dynamic nodes are not supported")
            }
            Some(source) if source.address.is_some() => None,
            _ => because("amqp:invalid-field", "the source has no address"),
        },
        Role::Sender => match attach.target.as_deref() {
            Some(TargetArchetype::Target(target)) if target.dynamic => {
                because("amqp:not-implemented", "dynamic nodes are not supported")
            }
            Some(TargetArchetype::Target(target)) if target.address.is_some() => None,
            _ if client.broker.options.anonymous_relay => None,
            _ => because("amqp:not-allowed", "there is no anonymous terminus here"),
        },
    })
}

/// Changes the client's Attach to make the library answer correctly.
///
/// The library echoes the terminus that the broker owns, so removing it makes the answer of AMQP 1.0
/// part 2.6.3 for "no such terminus". The library requires the other terminus, which clients may
/// leave out.
fn prepare(attach: &mut Attach, refused: bool) {
    match attach.role {
        Role::Sender => {
            attach.source.get_or_insert_with(Box::<Source>::default);
            let anonymous = || Box::new(TargetArchetype::Target(Target::default()));
            attach.target.get_or_insert_with(anonymous);
            if refused {
                attach.target = None;
            }
        }
        Role::Receiver => {
            let nowhere = || Box::new(TargetArchetype::Target(Target::default()));
            attach.target.get_or_insert_with(nowhere);
            if refused {
                attach.source = None;
            }
        }
    }
}
