//! The signing server as a client over AMQP.

use std::sync::Arc;

use fe2o3_amqp::{
    Connection, Receiver, Sender, Session,
    link::{
        delivery::Delivery,
        receiver::{CreditMode, ReceiverDisposer},
    },
    types::{
        messaging::{Body as AmqpBody, Header},
        primitives::Value,
    },
};
use tokio::task::JoinSet;

use super::{
    Shared, sasl,
    settings::{Service, Settings},
    wire::Url,
};
use crate::{
    body::{self, Body},
    signing,
};

/// The number of requests in work at a time. It is this large because it should seldom be renewed: RabbitMQ 3.10
/// miscounts credit that arrives while messages are on their way, and sends more than it was granted.
const CREDIT: u32 = 10_000;

/// The two links of a service, with what keeps them open.
pub(super) struct Links {
    receiver: Receiver,
    sender: Arc<tokio::sync::Mutex<Sender>>,
    _owners: (fe2o3_amqp::session::SessionHandle<()>, fe2o3_amqp::connection::ConnectionHandle<()>),
}

/// Connects and attaches both links.
pub(super) async fn attach(
    settings: &Settings,
    broker: &Url,
    service: &Service,
) -> Result<Links, String> {
    let stream = sasl::connect(broker, settings).await?;
    let hostname = settings.hostname.as_deref().unwrap_or(&broker.host);
    let name = format!("amqp-sandbox-signer-{:016x}", rand::random::<u64>());
    let opening = Connection::builder()
        .container_id(name.as_str())
        .hostname(hostname)
        .open_with_stream(stream);
    let mut connection = opening.await.map_err(|error| format!("open: {error}"))?;
    let session = Session::begin(&mut connection).await;
    let mut session = session.map_err(|error| format!("session: {error}"))?;
    let sender =
        Sender::attach(&mut session, format!("{name}-replies"), service.replies.as_str()).await;
    let sender = sender.map_err(|error| format!("sending to {}: {error}", service.replies))?;
    // This is last, because requests arrive from now on.
    let builder =
        Receiver::builder().name(format!("{name}-requests")).source(service.requests.as_str());
    let receiver = builder.credit_mode(CreditMode::Auto(CREDIT)).attach(&mut session).await;
    let receiver =
        receiver.map_err(|error| format!("listening to {}: {error}", service.requests))?;
    Ok(Links {
        receiver,
        sender: Arc::new(tokio::sync::Mutex::new(sender)),
        _owners: (session, connection),
    })
}

impl Links {
    /// Answers requests, many at a time, until something goes wrong, which it returns.
    pub(super) async fn work(mut self, shared: &Arc<Shared>, service: &Service) -> String {
        let mut answers = JoinSet::new();
        loop {
            tokio::select! {
                received = self.receiver.recv::<AmqpBody<Value>>() => match received {
                    Ok(request) => {
                        let (shared, replies) = (Arc::clone(shared), service.replies.clone());
                        let (sender, disposer) = (Arc::clone(&self.sender), self.receiver.disposer());
                        answers.spawn(answer(shared, request, replies, sender, disposer));
                    }
                    Err(error) => return format!("listening to {}: {error}", service.requests),
                },
                Some(answered) = answers.join_next() => match answered {
                    Ok(Ok(())) => {}
                    Ok(Err(problem)) => return problem,
                    Err(panic) => return panic.to_string(),
                },
            }
        }
    }
}

/// Answers one request, and settles it once the broker has the reply.
async fn answer(
    shared: Arc<Shared>,
    request: Delivery<AmqpBody<Value>>,
    replies: String,
    sender: Arc<tokio::sync::Mutex<Sender>>,
    disposer: ReceiverDisposer,
) -> Result<(), String> {
    let failed = |error: &dyn std::fmt::Display| format!("replying to {replies}: {error}");
    if let Some(id) = body::request_id(&Body::of(request.message()).bytes()) {
        let header = request.message().header.as_ref();
        let is_first = header.is_none_or(|header| header.delivery_count == 0);
        let properties = signing::text_properties(request.message());
        shared.note(|seen| {
            seen.requests.push(id);
            seen.properties = properties;
            seen.delivered_before += usize::from(!is_first);
        });
    }
    let mut held = shared.held.subscribe();
    // The sender lives as long as `shared`.
    let _ = held.wait_for(|held| !held).await;

    let request = Arc::new(request);
    let signing = {
        let (shared, request, replies) =
            (Arc::clone(&shared), Arc::clone(&request), replies.clone());
        tokio::task::spawn_blocking(move || sign(&shared, &request, &replies))
    };
    for reply in signing.await.map_err(|error| failed(&error))? {
        let sent = sender.lock().await.send_batchable(reply).await;
        let outcome =
            sent.map_err(|error| failed(&error))?.await.map_err(|error| failed(&error))?;
        if !outcome.is_accepted() {
            return Err(failed(&format!("{outcome:?}")));
        }
    }
    disposer.accept(&*request).await.map_err(|error| failed(&error))?;
    shared.note(|seen| seen.settled += 1);
    Ok(())
}

/// The replies to a request, as they are sent; to be called on a thread for blocking work.
fn sign(
    shared: &Shared,
    request: &Delivery<AmqpBody<Value>>,
    replies: &str,
) -> Vec<body::Outgoing> {
    let durable = Header { durable: shared.settings.durable, ..Header::default() };
    let messages = shared.replies(request.message(), replies).into_iter();
    let messages = messages.map(|mut message| {
        message.header = Some(durable.clone());
        body::outgoing(message)
    });
    messages.collect()
}
