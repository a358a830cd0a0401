//! The C library as `make install` installs it, in programs that a plain `cc` makes.

// One crate in modules, not a library.
#![allow(unreachable_pub)]

mod installed;
mod linking;
mod signing;

use test_support::{harness, peer};
