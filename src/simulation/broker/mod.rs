//! A scripted broker's end of one connection, on bytes. Each protocol is one implementor of [`Peer`].

mod amqp;
mod line;
mod mqtt;
mod request;

use super::{agenda::Timer, plan::ConnectionPlan, stream::End, world::Shared};
use crate::config::Protocol;
pub(crate) use line::{Line, State};
pub(crate) use mqtt::{A_SIZE, Connack, MqttPlan, NO_REQUESTS, Sessions, Suback};

/// One connection, as its broker has it.
pub(crate) trait Peer {
    fn line(&self) -> &Line;

    fn line_mut(&mut self) -> &mut Line;

    /// Takes in bytes from the client.
    fn feed(&mut self, bytes: &[u8], shared: &mut Shared);

    /// Lets happen what the plan has for this connection.
    fn fault(&mut self, shared: &mut Shared);

    /// Does what is due by itself.
    fn act(&mut self, timer: Timer, shared: &mut Shared);

    /// Sends replies that wait, as far as the client takes them.
    fn deliver(&mut self, shared: &mut Shared);

    /// Ends the connection; replies that were not settled wait for another one.
    fn leave(&mut self, how: End, shared: &mut Shared);

    /// Begins: a fault may come at a certain time.
    fn start(&mut self, shared: &mut Shared) {
        if self.line().begins_with_fault(shared) {
            self.fault(shared);
        }
    }

    /// Takes in what has arrived from the client.
    fn arrival(&mut self, shared: &mut Shared) {
        let mut buffer = [0; 4096];
        loop {
            let count = self.line_mut().take(shared.agenda.now(), &mut buffer);
            if count == 0 {
                break;
            }
            self.feed(&buffer[..count], shared);
            if self.line().is_at_fault() {
                self.fault(shared);
            }
        }
    }

    /// What the broker does by itself at a certain time.
    fn timer(&mut self, timer: Timer, shared: &mut Shared) {
        match timer {
            Timer::GiveUp => self.leave(End::Eof, shared),
            _ if self.line().state != State::Up => {}
            Timer::Fault => self.fault(shared),
            timer => self.act(timer, shared),
        }
    }
}

/// A new connection.
pub(crate) fn peer(
    protocol: Protocol,
    number: usize,
    broker: usize,
    plan: ConnectionPlan,
) -> Box<dyn Peer> {
    let line = Line::new(number, broker, plan);
    match protocol {
        Protocol::Amqp => Box::new(amqp::Amqp::new(line)),
        Protocol::Mqtt => Box::new(mqtt::Mqtt::new(line)),
    }
}
