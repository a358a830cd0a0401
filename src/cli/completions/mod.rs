//! Scripts by which shells complete commands, options and values.

mod bash;
mod fish;
mod zsh;

use super::{
    options::{self, Flag, Options},
    style::Style,
};

/// The script for the shell that the command line names.
pub(super) fn script(options: &Options) -> String {
    match options.inputs[0].0.as_encoded_bytes() {
        b"bash" => bash::script(),
        b"zsh" => zsh::script(),
        // The parser accepts no other word.
        _ => fish::script(),
    }
}

fn choices(flag: &Flag) -> &'static [&'static str] {
    options::choices(flag.long, Style::Native)
}

/// The first clause of what an option means: a completion has little room.
fn short(flag: &Flag) -> String {
    flag.description.split(';').next().unwrap_or_default().replace('`', "")
}
