//! Fish's completions.

use super::{choices, short};
use crate::cli::{
    commands::Command,
    options::{self, Flag},
    style::Style,
};

const AT: &str = "string match -q -- \"@*\" (commandline -ct)";
const FILES: &str =
    "(__fish_complete_path (commandline -ct | string sub -s 2) | string replace -r \"^\" @)";

pub(super) fn script() -> String {
    let mut out =
        "# fish completion for amqp-messenger\n\ncomplete -c amqp-messenger -f\n".to_owned();
    for command in Command::ALL {
        let (name, summary) = (command.name(), quoted(command.row().summary));
        let first = "complete -c amqp-messenger -n __fish_use_subcommand";
        out += &format!("{first} -a {name} -d '{summary}'\n");
        let (place, words) = match command.row().operand.as_ref().map(|operand| operand.choices) {
            None => continue,
            // A text, or a file after an "@".
            Some([]) => (format!("{}; and {AT}", seen(&[name])), FILES.to_owned()),
            Some(choices) => {
                (format!("{}; and not {}", seen(&[name]), seen(choices)), choices.join(" "))
            }
        };
        out += &format!("complete -c amqp-messenger -n '{place}' -a '{words}'\n");
    }
    let names = Command::ALL.map(Command::name);
    let place = format!("'{}; and not {}'", seen(&["help"]), seen(&names));
    out += "complete -c amqp-messenger -n __fish_use_subcommand -a help -d 'print help'\n";
    out += &format!("complete -c amqp-messenger -n {place} -a '{}'\n", names.join(" "));
    for flag in options::all() {
        let takers = Command::ALL.into_iter().filter(|it| it.takes(flag.long, Style::Native));
        out += &option(flag, &takers.map(Command::name).collect::<Vec<_>>());
    }
    for (short, long, meaning) in options::ASIDE {
        let (short, long) = (short.trim_start_matches('-'), long.trim_start_matches('-'));
        out += &format!("complete -c amqp-messenger -s {short} -l {long} -d '{meaning}'\n");
    }
    out
}

fn option(flag: &Flag, takers: &[&str]) -> String {
    let name = flag.long.trim_start_matches('-');
    let value = match (options::value_name(flag), choices(flag)) {
        (None, _) => String::new(),
        (Some(_), []) if options::is_folder(flag) => {
            " -x -a '(__fish_complete_directories)'".into()
        }
        (Some(_), []) if options::is_file(flag) => " -r -F".into(),
        (Some(_), []) => " -x".into(),
        (Some(_), words) => format!(" -x -a '{}'", words.join(" ")),
    };
    let (seen, meaning) = (seen(takers), quoted(&short(flag)));
    format!("complete -c amqp-messenger -n '{seen}' -l {name}{value} -d '{meaning}'\n")
}

fn seen(commands: &[&str]) -> String {
    format!("__fish_seen_subcommand_from {}", commands.join(" "))
}

fn quoted(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\'', "\\'")
}
