//! The C library as `make install` installs it, in programs that a plain `cc` makes.

// One crate in modules, not a library.
#![allow(unreachable_pub)]

// Each target uses a part of it.
#[allow(dead_code)]
#[path = "../suite/harness.rs"]
mod harness;
mod installed;
mod linking;
#[allow(dead_code)]
#[path = "../suite/peer.rs"]
mod peer;
mod signing;
