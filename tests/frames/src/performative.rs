//! Performatives (AMQP 1.0 parts 2.7 and 5.3.3), and the values of their fields (parts 2.8, 3.4 and 3.5): a function
//! that makes each as a broker does, and a module with its numeric descriptor and the numbers of its fields.

use crate::{Frame, Value};

/// Modules with the numeric descriptor and the numbers of the fields.
macro_rules! fields {
    (@ $number:expr;) => {};
    (@ $number:expr; $field:ident $($rest:ident)*) => {
        /// The number of the field of this name.
        pub const $field: usize = $number;
        fields!(@ $number + 1; $($rest)*);
    };
    ($($name:ident = $code:literal: $($field:ident)*;)+) => {
        $(
            /// The numeric descriptor, and the numbers of the fields.
            pub mod $name {
                /// The numeric descriptor.
                pub const CODE: u8 = $code;
                fields!(@ 0; $($field)*);
            }
        )+
    };
}

fields! {
    open = 0x10: CONTAINER_ID HOSTNAME MAX_FRAME_SIZE CHANNEL_MAX IDLE_TIME_OUT OUTGOING_LOCALES INCOMING_LOCALES
        OFFERED_CAPABILITIES DESIRED_CAPABILITIES PROPERTIES;
    begin = 0x11: REMOTE_CHANNEL NEXT_OUTGOING_ID INCOMING_WINDOW OUTGOING_WINDOW HANDLE_MAX OFFERED_CAPABILITIES
        DESIRED_CAPABILITIES PROPERTIES;
    attach = 0x12: NAME HANDLE ROLE SND_SETTLE_MODE RCV_SETTLE_MODE SOURCE TARGET UNSETTLED INCOMPLETE_UNSETTLED
        INITIAL_DELIVERY_COUNT MAX_MESSAGE_SIZE OFFERED_CAPABILITIES DESIRED_CAPABILITIES PROPERTIES;
    flow = 0x13: NEXT_INCOMING_ID INCOMING_WINDOW NEXT_OUTGOING_ID OUTGOING_WINDOW HANDLE DELIVERY_COUNT LINK_CREDIT
        AVAILABLE DRAIN ECHO PROPERTIES;
    transfer = 0x14: HANDLE DELIVERY_ID DELIVERY_TAG MESSAGE_FORMAT SETTLED MORE RCV_SETTLE_MODE STATE RESUME ABORTED
        BATCHABLE;
    disposition = 0x15: ROLE FIRST LAST SETTLED STATE BATCHABLE;
    detach = 0x16: HANDLE CLOSED ERROR;
    end = 0x17: ERROR;
    close = 0x18: ERROR;
    error = 0x1d: CONDITION DESCRIPTION INFO;
    received = 0x23: SECTION_NUMBER SECTION_OFFSET;
    accepted = 0x24: ;
    rejected = 0x25: ERROR;
    released = 0x26: ;
    modified = 0x27: DELIVERY_FAILED UNDELIVERABLE_HERE MESSAGE_ANNOTATIONS;
    source = 0x28: ADDRESS DURABLE EXPIRY_POLICY TIMEOUT DYNAMIC DYNAMIC_NODE_PROPERTIES DISTRIBUTION_MODE FILTER
        DEFAULT_OUTCOME OUTCOMES CAPABILITIES;
    target = 0x29: ADDRESS DURABLE EXPIRY_POLICY TIMEOUT DYNAMIC DYNAMIC_NODE_PROPERTIES CAPABILITIES;
    sasl_mechanisms = 0x40: MECHANISMS;
    sasl_init = 0x41: MECHANISM INITIAL_RESPONSE HOSTNAME;
    sasl_challenge = 0x42: CHALLENGE;
    sasl_response = 0x43: RESPONSE;
    sasl_outcome = 0x44: CODE_OF_OUTCOME ADDITIONAL_DATA;
}

/// An end of a link (AMQP 1.0 part 2.8.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// The end that sends messages.
    Sender,
    /// The end that receives them.
    Receiver,
}

impl Role {
    /// The role in a performative's field; nothing if there is none.
    pub fn of(value: &Value) -> Option<Self> {
        value.as_bool().map(|receiver| if receiver { Self::Receiver } else { Self::Sender })
    }

    /// The role of the other end.
    #[must_use]
    pub fn other(self) -> Self {
        if self == Self::Sender { Self::Receiver } else { Self::Sender }
    }
}

impl From<Role> for Value {
    fn from(role: Role) -> Self {
        Self::Bool(role == Role::Receiver)
    }
}

/// How many frames and deliveries may be in flight in a session that is made here.
const WINDOW: u32 = 2048;

/// Says which mechanisms there are.
pub fn sasl_mechanisms(names: &[&str]) -> Frame {
    Frame::sasl(sasl_mechanisms::CODE, vec![Value::symbols(names)])
}

/// Asks for more of the login.
pub fn sasl_challenge(challenge: &[u8]) -> Frame {
    Frame::sasl(sasl_challenge::CODE, vec![challenge.into()])
}

/// Ends the login: 0 for success (AMQP 1.0 part 5.3.3.6).
pub fn sasl_outcome(code: u8) -> Frame {
    Frame::sasl(sasl_outcome::CODE, vec![code.into()])
}

/// Opens the connection.
pub fn open(container_id: &str) -> Frame {
    Frame::new(open::CODE, vec![container_id.into()])
}

/// Begins a session; as an answer, with the channel of the client's Begin.
pub fn begin(remote_channel: impl Into<Option<u16>>) -> Frame {
    let remote_channel = remote_channel.into();
    Frame::new(
        begin::CODE,
        vec![remote_channel.into(), Value::Uint(0), WINDOW.into(), WINDOW.into()],
    )
}

/// Attaches a link: `role` is that of this end. A terminus that is null refuses the link; a Detach then gives the reason.
pub fn attach(
    name: &str,
    handle: u32,
    role: Role,
    source: impl Into<Value>,
    target: impl Into<Value>,
) -> Frame {
    let first = if role == Role::Sender { Value::Uint(0) } else { Value::Null };
    Frame::new(attach::CODE, vec![name.into(), handle.into(), role.into()])
        .with(attach::SOURCE, source)
        .with(attach::TARGET, target)
        .with(attach::INITIAL_DELIVERY_COUNT, first)
}

/// A source with an address.
pub fn source(address: &str) -> Value {
    Value::described(source::CODE, vec![address.into()])
}

/// A target with an address.
pub fn target(address: &str) -> Value {
    Value::described(target::CODE, vec![address.into()])
}

/// The session's windows, for a session that neither sent nor received anything yet.
pub fn session_flow() -> Frame {
    let windows = [0, WINDOW, 0, WINDOW];
    Frame::new(flow::CODE, windows.into_iter().map(Value::Uint).collect())
}

/// The same, with credit for the sender at the other end of a link, from this delivery on.
pub fn flow(handle: u32, delivery_count: u32, credit: u32) -> Frame {
    session_flow()
        .with(flow::HANDLE, handle)
        .with(flow::DELIVERY_COUNT, delivery_count)
        .with(flow::LINK_CREDIT, credit)
}

/// A message, or its first part, not settled; the delivery's tag is its id.
pub fn transfer(handle: u32, delivery_id: u32, payload: Vec<u8>) -> Frame {
    let tag = delivery_id.to_be_bytes().to_vec();
    let fields = vec![handle.into(), delivery_id.into(), tag.into(), Value::Uint(0), false.into()];
    Frame { payload, ..Frame::new(transfer::CODE, fields) }
}

/// A further part of a message.
pub fn continuation(handle: u32, payload: Vec<u8>) -> Frame {
    Frame { payload, ..Frame::new(transfer::CODE, vec![handle.into()]) }
}

/// The state of deliveries, from `first` to `last`, that this end sent or received.
pub fn disposition(
    role: Role,
    first: u32,
    last: impl Into<Option<u32>>,
    settled: bool,
    state: impl Into<Value>,
) -> Frame {
    let last = last.into();
    let fields = vec![role.into(), first.into(), last.into(), settled.into(), state.into()];
    Frame::new(disposition::CODE, fields)
}

/// The outcome accepted.
pub fn accepted() -> Value {
    Value::described(accepted::CODE, vec![])
}

/// The outcome rejected, with an error or null.
pub fn rejected(error: impl Into<Value>) -> Value {
    Value::described(rejected::CODE, vec![error.into()])
}

/// The outcome released.
pub fn released() -> Value {
    Value::described(released::CODE, vec![])
}

/// The outcome modified.
pub fn modified(delivery_failed: bool, undeliverable_here: bool) -> Value {
    Value::described(modified::CODE, vec![delivery_failed.into(), undeliverable_here.into()])
}

/// How much of a message was received: a state, but no outcome.
pub fn received(section_number: u32, section_offset: u64) -> Value {
    Value::described(received::CODE, vec![section_number.into(), section_offset.into()])
}

/// Why something is refused or at an end.
pub fn error(condition: &str, description: impl Into<Value>) -> Value {
    Value::described(error::CODE, vec![Value::symbol(condition), description.into()])
}

/// The same with more about it, such as where to go instead.
pub fn error_with_info(
    condition: &str,
    description: impl Into<Value>,
    info: &[(&str, Value)],
) -> Value {
    let fields = vec![Value::symbol(condition), description.into(), Value::map(info)];
    Value::described(error::CODE, fields)
}

/// Detaches a link, or closes it, with an error or null.
pub fn detach(handle: u32, closed: bool, error: impl Into<Value>) -> Frame {
    Frame::new(detach::CODE, vec![handle.into(), closed.into(), error.into()])
}

/// Ends the session, with an error or null.
pub fn end(error: impl Into<Value>) -> Frame {
    Frame::new(end::CODE, vec![error.into()])
}

/// Closes the connection, with an error or null.
pub fn close(error: impl Into<Value>) -> Frame {
    Frame::new(close::CODE, vec![error.into()])
}
