//! Shared parts of the program's tests: a harness that runs it against a sandbox and checks what every run promises,
//! and peers made by hand that do what no broker does.

pub mod harness;
pub mod judges;
pub mod peer;
pub mod skopeo;
