//! pubtools-sign 1.0.6 and amqp-messenger with the same configuration and arguments, against the same sandbox.
//! These tests show what changes if one replaces the other, and that nothing else does.
//!
//! A test is one case. [`same`] has those in which both must do the same, one module an operation;
//! [`different`] has one for each deliberate difference, and shows what each does.

// One crate in modules, not a library.
#![allow(unreachable_pub)]

mod case;
mod different;
mod normal;
mod reference;
mod run;
mod same;

use test_support::{harness, peer};
