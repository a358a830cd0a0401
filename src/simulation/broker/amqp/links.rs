//! Session, links and flow (AMQP 1.0 parts 2.5 and 2.6).

use std::collections::VecDeque;

use amqp_frames::{Frame, Role, Value, attach, begin, detach, end, flow, source, target};

use super::Amqp;
use crate::simulation::{
    agenda::{Due, Timer},
    plan::{Answer, Condition, Credit},
    witness::{Place, Told},
    world::Shared,
};

#[derive(Debug, Default)]
pub(super) struct Session {
    /// Transfer frames that came from the client, and up to which number they may.
    pub(super) received: u64,
    pub(super) window_end: u64,
    /// Transfer frames that went to the client.
    pub(super) sent: u32,
}

/// The link that replies go out by: the client's receiver.
#[derive(Debug)]
pub(super) struct Outgoing {
    pub(super) handle: u32,
    /// Deliveries that went out, and up to which number the client takes them.
    pub(super) delivered: u32,
    pub(super) limit: u32,
}

/// The link that requests come by: the client's sender.
#[derive(Debug)]
pub(super) struct Incoming {
    pub(super) handle: u32,
    pub(super) anonymous: bool,
    /// Deliveries that came, and the limits of their number: each holds from the end of the bytes that announced it.
    pub(super) delivered: u64,
    pub(super) limits: VecDeque<(Told, u64)>,
    /// What came of a message so far.
    pub(super) partial: Vec<u8>,
    pub(super) deliveries: Vec<super::requests::Delivery>,
    /// Deliveries whose outcome is still to be given, and those whose outcome is due.
    pub(super) awaited: usize,
    pub(super) due: Vec<usize>,
}

impl Amqp {
    pub(super) fn begin(&mut self, shared: &mut Shared) {
        self.session.window_end = self.line.plan.window.into();
        if let Some(delay) = self.line.plan.window_opens {
            shared.agenda.after(delay, Due::Timer(self.line.number, Timer::Window));
        }
        let window = Value::Uint(self.line.plan.window);
        let fields = vec![Value::Ushort(0), Value::Uint(0), window, Value::Uint(u32::MAX)];
        self.say(&Frame::new(begin::CODE, fields), shared);
    }

    pub(super) fn attach(&mut self, frame: &Frame, shared: &mut Shared) {
        let name = frame.field(attach::NAME).as_str().unwrap_or_default();
        let handle = frame.field(attach::HANDLE).as_u32().unwrap_or_default();
        let terminus = |field| frame.field(field).clone();
        let (source, target) = (terminus(attach::SOURCE), terminus(attach::TARGET));
        match Role::of(frame.field(attach::ROLE)) {
            Some(Role::Receiver) => self.attach_receiver(name, handle, &source, shared),
            Some(Role::Sender) => self.attach_sender(name, handle, &target, shared),
            None => shared.witness.violation(format!("#{}: a link without role", self.line.number)),
        }
    }

    fn attach_receiver(&mut self, name: &str, handle: u32, of: &Value, shared: &mut Shared) {
        if address(of) != Some(crate::simulation::LISTEN_TO) {
            shared.witness.violation(format!("#{}: listens to {of:?}", self.line.number));
        }
        let answer = |source| attach(name, handle, Role::Sender, source, Value::Null);
        if self.answer(
            self.line.plan.receiver,
            Place::Receiver,
            handle,
            &answer(Value::Null),
            shared,
        ) {
            let told = self.say(&answer(source(crate::simulation::LISTEN_TO)), shared);
            shared.witness.connections[self.line.number].receiver = Some(told);
            self.receiver = Some(Outgoing { handle, delivered: 0, limit: 0 });
            if let Answer::Detaches(condition) = self.line.plan.receiver {
                self.receiver = None;
                let detach = |error| detach(handle, true, error);
                self.say_condition(Place::Receiver, condition, detach, shared);
            }
        }
    }

    fn attach_sender(&mut self, name: &str, handle: u32, to: &Value, shared: &mut Shared) {
        let anonymous = address(to).is_none();
        if !anonymous && address(to) != Some(crate::simulation::SEND_TO) {
            shared.witness.violation(format!("#{}: sends to {to:?}", self.line.number));
        }
        shared.witness.saw(if anonymous { "target: anonymous" } else { "target: address" });
        let plan = match self.line.plan.sender {
            Answer::RefusesAnonymous(condition) if anonymous => Answer::Refuses(condition),
            Answer::Attaches if anonymous && !self.line.plan.relay => {
                Answer::Refuses(Condition::new("amqp:not-implemented"))
            }
            plan => plan,
        };
        let answer = |target| {
            let limit = self.line.plan.max_message_size;
            attach(name, handle, Role::Receiver, Value::Null, target)
                .with(attach::MAX_MESSAGE_SIZE, limit)
        };
        let (refusal, good) = (
            answer(Value::Null),
            if anonymous {
                answer(Value::described(target::CODE, vec![]))
            } else {
                answer(target(crate::simulation::SEND_TO))
            },
        );
        if !self.answer(plan, Place::Sender, handle, &refusal, shared) {
            return;
        }
        let told = self.say(&good, shared);
        shared.witness.connections[self.line.number].sender = Some(told);
        self.sender = Some(Incoming {
            handle,
            anonymous,
            delivered: 0,
            limits: VecDeque::from([(told, 0)]),
            partial: vec![],
            deliveries: vec![],
            awaited: 0,
            due: vec![],
        });
        if let Answer::Detaches(condition) = plan {
            self.sender = None;
            let detach = |error| detach(handle, true, error);
            return self.say_condition(Place::Sender, condition, detach, shared);
        }
        match self.line.plan.credit {
            Credit::Ample(credit) | Credit::Sparse(credit) | Credit::TakenBack(credit, _) => {
                self.grant(credit, false, shared);
            }
            Credit::Drain(credit) => self.grant(credit, true, shared),
            Credit::Late(delay, credit) => {
                shared.witness.saw("credit: late");
                shared.agenda.after(delay, Due::Timer(self.line.number, Timer::Grant(credit)));
            }
            Credit::Never => shared.witness.saw("credit: never"),
        }
    }

    /// Whether the link is to be attached; what is said if not is said.
    fn answer(
        &mut self,
        plan: Answer,
        place: Place,
        handle: u32,
        refusal: &Frame,
        shared: &mut Shared,
    ) -> bool {
        match plan {
            Answer::Attaches | Answer::RefusesAnonymous(_) | Answer::Detaches(_) => return true,
            Answer::Nothing => shared.witness.saw("link: no answer"),
            Answer::EndsSession(condition) => {
                self.say_condition(Place::Session, condition, end, shared);
            }
            Answer::Refuses(condition) => {
                shared.witness.saw("link: refused");
                self.say(refusal, shared);
                let detach = |error| detach(handle, true, error);
                self.say_condition(place, condition, detach, shared);
            }
        }
        false
    }

    pub(super) fn flow(&mut self, frame: &Frame, shared: &mut Shared) {
        let handle = frame.field(flow::HANDLE).as_u32();
        let number = |field| frame.field(field).as_u32().unwrap_or_default();
        if let Some(link) = &mut self.receiver
            && handle == Some(link.handle)
        {
            let limit = number(flow::DELIVERY_COUNT).wrapping_add(number(flow::LINK_CREDIT));
            link.limit = limit;
            shared.has_replies = true;
        }
        if let Some(link) = &mut self.sender
            && handle == Some(link.handle)
            && let Credit::Drain(credit) = self.line.plan.credit
        {
            // The client gave back what it did not use: it counts as used.
            let count = u64::from(number(flow::DELIVERY_COUNT));
            if count > link.delivered {
                shared.witness.saw("credit: drained");
                link.delivered = count;
                let number = self.line.number;
                shared
                    .agenda
                    .after(self.line.plan.latency, Due::Timer(number, Timer::Grant(credit)));
            }
        }
        if frame.field(flow::ECHO).as_bool() == Some(true) {
            let windows = self.windows();
            self.say(&windows, shared);
        }
    }

    /// A Flow of the session alone.
    fn windows(&self) -> Frame {
        let session = &self.session;
        let window = (session.window_end - session.received) as u32;
        let fields = [session.received as u32, window, session.sent, u32::MAX];
        Frame::new(flow::CODE, fields.into_iter().map(Value::Uint).collect())
    }

    /// Grants credit for this many requests from now on.
    pub(super) fn grant(&mut self, credit: u32, drain: bool, shared: &mut Shared) {
        let windows = self.windows();
        let Some(link) = &self.sender else { return };
        let limit = link.delivered + u64::from(credit);
        let frame = windows
            .with(flow::HANDLE, link.handle)
            .with(flow::DELIVERY_COUNT, link.delivered as u32)
            .with(flow::LINK_CREDIT, credit)
            .with(flow::DRAIN, drain);
        let told = self.say(&frame, shared);
        if let Some(link) = &mut self.sender {
            link.limits.push_back((told, limit));
        }
        shared.witness.note(
            shared.agenda.now(),
            self.line.number,
            "credit for #",
            &[credit.into()],
        );
    }

    /// A session that took no frames takes some from now on.
    pub(super) fn open_window(&mut self, shared: &mut Shared) {
        shared.witness.saw("the session's window opens");
        self.line.plan.window = 100;
        self.session.window_end = self.session.received + 100;
        let windows = self.windows();
        self.say(&windows, shared);
    }

    /// Counts a transfer frame of the client, which must be within the session's window.
    pub(super) fn count_frame(&mut self, shared: &mut Shared) {
        self.session.received += 1;
        if self.session.received > self.session.window_end {
            shared
                .witness
                .violation(format!("#{}: outside the session's window", self.line.number));
        }
        let window = u64::from(self.line.plan.window);
        if self.session.window_end - self.session.received <= window / 2 {
            self.session.window_end = self.session.received + window;
            let windows = self.windows();
            self.say(&windows, shared);
        }
    }
}

/// The address of a source or target.
fn address(terminus: &Value) -> Option<&str> {
    let (_, fields) = terminus.as_described()?;
    fields.first()?.as_str()
}
