//! The packets, byte by byte.

mod bench;
mod hostile;
mod large;
mod oracle;
mod written;
