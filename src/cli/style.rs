//! The styles of the command line.

/// The style of the command line, which depends on the name that the program was called by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// `amqp-messenger container-sign …`.
    Native,
    /// `pubtools-sign-msg-container-sign …`, or `pubtools-sign msg-container-sign …`.
    PubtoolsSign,
}
