//! The packets, byte by byte.

mod written;
