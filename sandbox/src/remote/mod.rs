//! The signing server as a client of another broker.
//!
//! It signs like the one inside the sandbox. A request is settled only after its reply was accepted:
//! whatever happens to the broker or to the signing server, no request is lost, but it may be answered
//! twice.

mod amqp;
mod fit;
mod mqtt;
mod sasl;
mod settings;
mod wire;

use std::{
    io,
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant, SystemTime},
};

use tokio::{runtime::Runtime, sync::watch, time::timeout};
use wire::Url;

use crate::{
    body::AmqpMessage,
    config::Protocol,
    openpgp::SigningKey,
    signing::{self, Context, Keys},
};

pub use settings::{Mechanism, Mqtt, MqttVersion, Properties, Service, Settings};

/// The first pause between two rounds through the brokers; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
/// The longest pause between two rounds.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// The time limit from TCP to attached links.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// A running signing server, on its own threads. Dropping it stops it; requests that it has not settled
/// go back to the broker.
#[derive(Debug)]
pub struct RemoteSigner {
    shared: Arc<Shared>,
    /// Taken when it stops.
    runtime: Option<Runtime>,
}

#[derive(Debug)]
struct Shared {
    settings: Settings,
    keys: Keys,
    say: fn(&str),
    /// The number of replies made so far.
    made: AtomicU64,
    /// Whether replies are held back.
    held: watch::Sender<bool>,
    seen: Mutex<Seen>,
    changed: Condvar,
}

/// What the signing server has seen so far.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// How often both links of a service were attached.
    pub attached: usize,
    /// The ids of the received requests, in their order, each as often as it was received.
    pub requests: Vec<String>,
    /// How many of them had been delivered before, by what the broker counts.
    pub delivered_before: usize,
    /// The application properties of the last request over AMQP, in their order; only texts.
    pub properties: Vec<(String, String)>,
    /// How many requests were settled.
    pub settled: usize,
}

impl RemoteSigner {
    /// Serves all services of the settings until it is dropped; `say` gets a line for each attach
    /// and each loss of a connection.
    ///
    /// # Errors
    ///
    /// If a broker's URL is wrong, a setting means nothing in its protocol, or the key can neither be read nor made.
    pub fn start(settings: Settings, say: fn(&str)) -> io::Result<Self> {
        let urls = settings.brokers.iter().map(|text| Url::parse(text));
        let urls: Vec<_> = urls.collect::<Result<_, _>>().map_err(io::Error::other)?;
        fit::check(&settings, &urls).map_err(io::Error::other)?;
        let keys = Keys::only(SigningKey::kept_in(&settings.keys)?);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .max_blocking_threads(2)
            .thread_name("amqp-signer")
            .enable_all()
            .build()?;
        let services = settings.services.clone();
        let client_id = settings
            .mqtt
            .client_id
            .clone()
            .unwrap_or_else(|| format!("signer{:014x}", rand::random::<u64>() >> 8));
        let shared = Arc::new(Shared {
            settings,
            keys,
            say,
            made: AtomicU64::new(0),
            held: watch::Sender::new(false),
            seen: Mutex::default(),
            changed: Condvar::new(),
        });
        for (number, service) in services.into_iter().enumerate() {
            let client_id =
                if number == 0 { client_id.clone() } else { format!("{client_id}{number}") };
            runtime.spawn(Arc::clone(&shared).serve(urls.clone(), service, client_id));
        }
        Ok(Self { shared, runtime: Some(runtime) })
    }

    /// Holds replies back, or releases them; requests are received all the same.
    pub fn hold(&self, hold: bool) {
        self.shared.held.send_replace(hold);
    }

    /// Returns what the signing server has seen so far.
    pub fn seen(&self) -> Seen {
        self.shared.seen.lock().unwrap().clone()
    }

    /// Waits until a condition holds, which is checked after every change.
    ///
    /// # Errors
    ///
    /// What was seen when `limit` had elapsed.
    pub fn wait_for(
        &self,
        limit: Duration,
        mut condition: impl FnMut(&Seen) -> bool,
    ) -> Result<Seen, Seen> {
        let until = Instant::now() + limit;
        let mut seen = self.shared.seen.lock().unwrap();
        while !condition(&seen) {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(seen.clone());
            }
            seen = self.shared.changed.wait_timeout(seen, left).unwrap().0;
        }
        Ok(seen.clone())
    }
}

impl Drop for RemoteSigner {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Shared {
    fn note(&self, note: impl FnOnce(&mut Seen)) {
        note(&mut self.seen.lock().unwrap());
        self.changed.notify_all();
    }

    /// Serves one pair of addresses forever, on one broker after the other.
    async fn serve(self: Arc<Self>, brokers: Vec<Url>, service: Service, client_id: String) {
        let mut pause = FIRST_PAUSE;
        for (broker, text) in brokers.iter().zip(&self.settings.brokers).cycle() {
            let mut worked = false;
            let problem =
                match timeout(CONNECT_LIMIT, self.attach(broker, &service, &client_id)).await {
                    Ok(Ok(attached)) => {
                        (self.say)(&format!("attached to {} on {text}", service.requests));
                        self.note(|seen| seen.attached += 1);
                        worked = true;
                        match attached {
                            Attached::Amqp(links) => links.work(&self, &service).await,
                            Attached::Mqtt(link) => link.work(&self, &service).await,
                        }
                    }
                    Ok(Err(problem)) => problem,
                    Err(_) => format!("no answer within {} s", CONNECT_LIMIT.as_secs()),
                };
            (self.say)(&format!("{text}: {problem}; trying again"));
            pause = if worked { FIRST_PAUSE } else { (pause * 2).min(LONGEST_PAUSE) };
            tokio::time::sleep(pause).await;
        }
    }

    async fn attach(
        &self,
        broker: &Url,
        service: &Service,
        client_id: &str,
    ) -> Result<Attached, String> {
        Ok(match broker.protocol {
            Protocol::Amqp => {
                Attached::Amqp(Box::new(amqp::attach(&self.settings, broker, service).await?))
            }
            Protocol::Mqtt => {
                Attached::Mqtt(Box::new(mqtt::attach(self, broker, service, client_id).await?))
            }
        })
    }

    /// Signs; to be called on a thread for blocking work, not on those that serve sockets.
    fn replies(&self, request: &AmqpMessage, replies: &str) -> Vec<AmqpMessage> {
        let context = Context {
            keys: &self.keys,
            previous: None,
            topic: replies,
            received: SystemTime::now(),
            number: self.made.fetch_add(1, Ordering::Relaxed) + 1,
        };
        let signed = signing::replies(request, &[], &context).into_iter();
        signed.map(|(_, message)| message).collect()
    }
}

/// A service at a broker.
enum Attached {
    Amqp(Box<amqp::Links>),
    Mqtt(Box<mqtt::Link>),
}
