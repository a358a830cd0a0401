//! Cases in which both do the same: what the broker sees, what is printed, and the exit status.

/// One test a case, and how it is checked: a method of [`crate::case::Case`].
macro_rules! cases {
    ($check:ident, $($name:ident: $case:expr;)*) => { $(#[test] fn $name() { $case.$check(); })* };
}

mod batch;
mod blob;
mod bundle;
mod clear;
mod configuration;
mod container;
mod replies;
mod usage;
