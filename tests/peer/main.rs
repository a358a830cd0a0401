//! pubtools-sign 1.0.6, the reference, and this program: the same configuration and arguments,
//! against the same sandbox. Whoever replaces one by the other can see here what changes, and that
//! nothing else does.
//!
//! A test is one case. [`same`] holds those where both must do the same, one module an operation;
//! [`different`] holds one for each deliberate difference, and says what both do.

// One crate in modules, not a library.
#![allow(unreachable_pub)]

mod case;
mod different;
mod normal;
mod reference;
mod run;
mod same;

use test_support::harness;
