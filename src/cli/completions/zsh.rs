//! Zsh's completions.

use super::{choices, short};
use crate::cli::{
    commands::Command,
    operand::Operand,
    options::{self, Flag},
    style::Style,
};

pub(super) fn script() -> String {
    let aside = options::ASIDE
        .map(|(short, long, meaning)| format!("'(- *)'{{{short},{long}}}'[{meaning}]'"));
    let commands = Command::ALL
        .map(|command| format!("        '{}:{}'\n", command.name(), quoted(command.row().summary)));
    let cases = Command::ALL.map(|command| {
        let mut lines = vec![format!("        {}) _arguments", command.name())];
        lines.extend(options::of(command, Style::Native).map(option));
        lines.extend(aside.iter().cloned());
        lines.extend(command.row().operand.as_ref().map(operand));
        lines.join(" \\\n            ") + " ;;\n"
    });
    format!(
        r#"#compdef amqp-messenger

_amqp-messenger() {{
    local context state state_descr line
    typeset -A opt_args
    local -a commands=(
{commands}    )
    _arguments -C {aside} '1:command:->command' '*::argument:->argument' && return
    case $state in
        command) commands+=('help:print help'); _describe command commands; return ;;
    esac
    case $line[1] in
{cases}        help) _describe command commands ;;
    esac
}}

_amqp-messenger "$@"
"#,
        commands = commands.concat(),
        aside = aside.join(" "),
        cases = cases.concat(),
    )
}

fn option(flag: &Flag) -> String {
    let many = if options::is_repeatable(flag) { "*" } else { "" };
    let (name, meaning) = (flag.long, quoted(&short(flag)));
    let Some(value) = options::value_name(flag) else {
        return format!("'{many}{name}[{meaning}]'");
    };
    let action = match choices(flag) {
        [] if options::is_folder(flag) => "_files -/".to_owned(),
        [] if options::is_file(flag) => "_files".to_owned(),
        [] => " ".to_owned(),
        words => format!("({})", words.join(" ")),
    };
    format!("'{many}{name}=[{meaning}]:{value}:{action}'")
}

fn operand(operand: &Operand) -> String {
    let place = if operand.is_repeatable { "*" } else { "1" };
    let action = match operand.choices {
        // A text, or a file after an "@".
        [] => "{compset -P @ && _files}".to_owned(),
        words => format!("({})", words.join(" ")),
    };
    format!("'{place}:{}:{action}'", operand.name)
}

fn quoted(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('\'', "'\\''");
    text.replace('[', "\\[").replace(']', "\\]").replace(':', "\\:")
}
