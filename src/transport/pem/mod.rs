//! PEM files as people have them: blocks that OpenSSL can read, or the reason why there are none and the command that
//! makes some.

mod binary;
mod blocks;
mod command;
mod disguise;
mod file;
mod marker;

pub(super) use blocks::Block;
pub(super) use command::Purpose;
pub(super) use file::{File, read};
