//! Protocol headers, SASL and Open (AMQP 1.0 parts 2.2, 5.3 and 2.4).

use std::time::Duration;

use amqp_frames::{
    Frame, HEADER, SASL_HEADER, Value, open, sasl_init, sasl_mechanisms, sasl_outcome,
};

use super::Amqp;
use crate::simulation::{
    agenda::{Due, Timer},
    plan::{Condition, Login, Opening},
    stream::End,
    witness::{Place, Said},
    world::Shared,
};

/// How far the beginning of a connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Header,
    Sasl,
    /// After SASL the header comes once more.
    HeaderAgain,
    Open,
    Up,
}

/// How much longer than it asked for a broker waits for a heartbeat, which has a way to go.
const GRACE: Duration = Duration::from_millis(100);

/// The user name and password that PLAIN is to bring.
pub(crate) const PLAIN: &[u8] = b"\0user\0secret";

impl Amqp {
    pub(super) fn header(&mut self, header: [u8; 8], shared: &mut Shared) {
        let (takes_bare, mechanisms) = match self.line.plan.login {
            Login::Bare => (true, None),
            Login::Sasl(mechanisms, _) => (false, Some(mechanisms)),
            Login::Either(mechanisms) => (true, Some(mechanisms)),
        };
        match (header, self.stage, mechanisms) {
            (HEADER, Stage::HeaderAgain, _) => {
                self.stage = Stage::Open;
                self.say_bytes(&HEADER, shared);
            }
            (HEADER, Stage::Header, _) if takes_bare => {
                shared.witness.saw("login: bare");
                self.stage = Stage::Open;
                self.say_bytes(&HEADER, shared);
            }
            (SASL_HEADER, Stage::Header, Some(mechanisms)) => {
                self.stage = Stage::Sasl;
                self.say_bytes(&SASL_HEADER, shared);
                self.say(&sasl_mechanisms(mechanisms), shared);
            }
            // What it does not speak it answers with what it speaks, and hangs up (AMQP 1.0 part 2.2).
            _ => {
                shared.witness.saw("login: the other header");
                self.say_bytes(if takes_bare { &HEADER } else { &SASL_HEADER }, shared);
                self.end(End::Eof, shared);
            }
        }
    }

    pub(super) fn sasl_init(&mut self, frame: &Frame, shared: &mut Shared) {
        let offered = match self.line.plan.login {
            Login::Sasl(mechanisms, _) | Login::Either(mechanisms) => mechanisms,
            Login::Bare => &[],
        };
        let mechanism = frame.field(sasl_init::MECHANISM).as_str().unwrap_or_default();
        if self.stage != Stage::Sasl || !offered.contains(&mechanism) {
            let text = format!("#{}: mechanism {mechanism:?} out of turn", self.line.number);
            shared.witness.violation(text);
        }
        let response = frame.field(sasl_init::INITIAL_RESPONSE).as_bytes();
        let mut code = if let Login::Sasl(_, code) = self.line.plan.login { code } else { 0 };
        shared.witness.saw(match mechanism {
            "EXTERNAL" => "login: EXTERNAL",
            "PLAIN" => "login: PLAIN",
            _ => "login: ANONYMOUS",
        });
        if mechanism == "PLAIN" && response != Some(PLAIN) {
            code = 1;
        }
        let told = self.say(&sasl_outcome(code), shared);
        if code == 0 {
            self.stage = Stage::HeaderAgain;
            return;
        }
        shared.witness.saw("login: fails");
        // 1 is about who it is; 2 to 4 are about the broker (AMQP 1.0 part 5.3.3.6).
        let name =
            if matches!(code, 1 | 3) { "amqp:unauthorized-access" } else { "amqp:internal-error" };
        let (place, condition) = (Place::Login, Condition::new(name));
        shared.witness.said.push(Said { place, condition, told, at: shared.agenda.now() });
        self.end(End::Eof, shared);
    }

    pub(super) fn open(&mut self, frame: &Frame, shared: &mut Shared) {
        if self.stage != Stage::Open {
            shared.witness.violation(format!("#{}: an Open out of turn", self.line.number));
        }
        self.stage = Stage::Up;
        self.client_idle = frame
            .field(open::IDLE_TIME_OUT)
            .as_u64()
            .filter(|millis| *millis > 0)
            .map(Duration::from_millis);
        if let Opening::ClosesWithoutOpen(condition) = self.line.plan.opening {
            return self.close(condition, shared);
        }
        let mut answer = open("broker");
        if self.line.plan.relay {
            answer = answer.with(open::OFFERED_CAPABILITIES, Value::symbols(&["ANONYMOUS-RELAY"]));
        }
        if let Some(timeout) = self.line.plan.idle_timeout {
            answer = answer.with(open::IDLE_TIME_OUT, timeout.as_millis() as u32);
            shared.agenda.after(timeout + GRACE, Due::Timer(self.line.number, Timer::IdleCheck));
        }
        self.say(&answer, shared);
        self.plan_heartbeat(shared);
        if let Opening::Closes(condition) = self.line.plan.opening {
            self.close(condition, shared);
        }
    }

    /// Plans the next heartbeat, in half of the time that the client asked for.
    pub(super) fn plan_heartbeat(&self, shared: &mut Shared) {
        if let Some(idle) = self.client_idle.filter(|_| self.line.plan.heartbeats) {
            shared.agenda.after(idle / 2, Due::Timer(self.line.number, Timer::Heartbeat));
        }
    }

    /// Closes the connection if the client was silent for longer than the Open allows.
    pub(super) fn idle_check(&mut self, shared: &mut Shared) {
        let Some(timeout) = self.line.plan.idle_timeout else { return };
        let silent = shared.agenda.now().saturating_sub(self.line.heard);
        if silent < timeout + GRACE {
            let due = Due::Timer(self.line.number, Timer::IdleCheck);
            return shared.agenda.at(self.line.heard + timeout + GRACE, due);
        }
        shared.witness.saw("the broker misses a heartbeat");
        if shared.witness.jumped.is_zero() && self.line.stuck.is_none() {
            let text = format!("#{}: no heartbeat for {silent:?}", self.line.number);
            shared.witness.violation(text);
        }
        self.close(Condition::new("amqp:resource-limit-exceeded"), shared);
    }
}
