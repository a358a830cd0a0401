//! An independent codec reads what the client writes, and the client reads what that codec writes.

mod read;
mod written;
