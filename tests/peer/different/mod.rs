//! The deliberate differences, which docs/migrating.md lists: one test each, of what pubtools-sign and
//! amqp-messenger do.

use crate::case::{Case, clear, container};

mod command;
mod configuration;
mod input;
mod reach;
mod replies;
mod tls;
mod wire;

/// One image with one key.
fn image() -> Case {
    container("--signing-key ABCD1234 --task-id 7 --digest sha256:1 --reference r/ns/app:1")
}

/// Three images with one key.
fn images() -> Case {
    image()
        .words("--digest sha256:2 --reference r/ns/app:2 --digest sha256:3 --reference r/ns/app:3")
}

fn text(more: &str) -> Case {
    clear("--signing-key ABCD1234 --task-id 7").words(more)
}
