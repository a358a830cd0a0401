//! Completions for shells.

use super::takers;
use crate::cli::{
    commands::Command,
    options::{self, Flag},
    topic::Style,
};

const MADE: &str = "# Made from the program's table of options: make tables.";

/// Each file's name, as its shell expects it, with its text.
pub(super) fn files() -> [(&'static str, String); 3] {
    [("amqp-messenger", bash()), ("_amqp-messenger", zsh()), ("amqp-messenger.fish", fish())]
}

fn choices(flag: &Flag) -> &'static [&'static str] {
    options::choices(flag.long, Style::Native)
}

/// The first clause of what an option means: a completion has little room.
fn short(flag: &Flag) -> String {
    flag.description.split(';').next().unwrap_or_default().replace('`', "")
}

fn names() -> String {
    Command::ALL.map(Command::name).join(" ")
}

fn bash() -> String {
    let taking = |what: &dyn Fn(&&Flag) -> bool| {
        let flags = options::all().filter(|flag| options::value_name(flag).is_some());
        flags.filter(|flag| what(flag)).map(|flag| flag.long).collect::<Vec<_>>().join(" | ")
    };
    let files = taking(&|flag| options::is_file(flag));
    let free = taking(&|flag| !options::is_file(flag) && choices(flag).is_empty());
    let lists = options::all().filter(|flag| !choices(flag).is_empty()).map(|flag| {
        let (option, words) = (flag.long, choices(flag).join(" "));
        format!("        {option}) words='{words}' ;;\n")
    });
    let commands = Command::ALL.map(|command| {
        let flags: Vec<_> = options::of(command).map(|flag| flag.long).collect();
        let (name, flags) = (command.name(), flags.join(" "));
        format!("            {name}) words='{flags} --help --version' ;;\n")
    });
    format!(
        r#"# bash completion for amqp-messenger
{MADE}

_amqp_messenger() {{
    local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD - 1]}} words=''
    # Bash takes --option=value for three words.
    if [ "$word" = = ]; then
        word=''
    elif [ "$before" = = ]; then
        before=${{COMP_WORDS[COMP_CWORD - 2]}}
    fi
    COMPREPLY=()
    case $before in
        {files})
            compopt -o filenames 2>/dev/null
            mapfile -t COMPREPLY < <(compgen -f -- "$word")
            return
            ;;
        {free}) return ;;
{lists}        *)
            case ${{COMP_WORDS[1]}} in
{commands}            esac
            ;;
    esac
    if [ "$COMP_CWORD" -eq 1 ]; then
        words='{names} help --help --version'
    elif [ "$COMP_CWORD" -eq 2 ] && [ "${{COMP_WORDS[1]}}" = help ]; then
        words='{names}'
    fi
    case $word in
        @*) mapfile -t COMPREPLY < <(compgen -P @ -f -- "${{word#@}}") ;;
        *) mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word") ;;
    esac
}}

complete -F _amqp_messenger amqp-messenger
"#,
        lists = lists.collect::<String>(),
        commands = commands.concat(),
        names = names(),
    )
}

fn zsh() -> String {
    let quoted = |text: &str| {
        let text = text.replace('\\', "\\\\").replace('\'', "'\\''");
        text.replace('[', "\\[").replace(']', "\\]").replace(':', "\\:")
    };
    let option = |flag: &Flag| {
        let many = if options::is_repeatable(flag) { "*" } else { "" };
        let (name, meaning) = (flag.long, quoted(&short(flag)));
        let Some(value) = options::value_name(flag) else {
            return format!("'{many}{name}[{meaning}]'");
        };
        let action = match choices(flag) {
            [] if options::is_file(flag) => "_files".to_owned(),
            [] => " ".to_owned(),
            words => format!("({})", words.join(" ")),
        };
        format!("'{many}{name}=[{meaning}]:{value}:{action}'")
    };
    let aside = options::ASIDE
        .map(|(short, long, meaning)| format!("'(- *)'{{{short},{long}}}'[{meaning}]'"));
    let commands = Command::ALL
        .map(|command| format!("        '{}:{}'\n", command.name(), quoted(command.row().summary)));
    let cases = Command::ALL.map(|command| {
        let mut lines = vec![format!("        {}) _arguments", command.name())];
        lines.extend(options::of(command).map(option));
        lines.extend(aside.iter().cloned());
        if command.row().inputs {
            lines.push(format!("'*:{}:'", options::input().name));
        }
        lines.join(" \\\n            ") + " ;;\n"
    });
    format!(
        r#"#compdef amqp-messenger
{MADE}

_amqp-messenger() {{
    local context state state_descr line
    typeset -A opt_args
    local -a commands=(
{commands}    )
    _arguments -C {aside} '1:command:->command' '*::argument:->argument' && return
    case $state in
        command) _describe command commands; return ;;
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

fn fish() -> String {
    let quoted = |text: &str| text.replace('\\', "\\\\").replace('\'', "\\'");
    let mut out =
        format!("# fish completion for amqp-messenger\n{MADE}\n\ncomplete -c amqp-messenger -f\n");
    for command in Command::ALL {
        let (name, summary) = (command.name(), quoted(command.row().summary));
        let first = "complete -c amqp-messenger -n __fish_use_subcommand";
        out += &format!("{first} -a {name} -d '{summary}'\n");
    }
    for flag in options::all() {
        let seen = format!("'__fish_seen_subcommand_from {}'", takers(flag).join(" "));
        let name = flag.long.trim_start_matches('-');
        let value = match (options::value_name(flag), choices(flag)) {
            (None, _) => String::new(),
            (Some(_), []) if options::is_file(flag) => " -r -F".into(),
            (Some(_), []) => " -x".into(),
            (Some(_), words) => format!(" -x -a '{}'", words.join(" ")),
        };
        let meaning = quoted(&short(flag));
        out += &format!("complete -c amqp-messenger -n {seen} -l {name}{value} -d '{meaning}'\n");
    }
    for (short, long, meaning) in options::ASIDE {
        let (short, long) = (short.trim_start_matches('-'), long.trim_start_matches('-'));
        out += &format!("complete -c amqp-messenger -s {short} -l {long} -d '{meaning}'\n");
    }
    out
}

/// What bash offers for the last of some words.
fn offered(words: &[&str]) -> Vec<String> {
    let script = r#"eval "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _amqp_messenger; printf '%s\n' "${COMPREPLY[@]}""#;
    let output = std::process::Command::new("bash")
        .args(["-uc", script, "bash", &bash()])
        .args(words)
        .current_dir(super::root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().split_whitespace().map(String::from).collect()
}

#[test]
fn bash_offers_commands_options_words_and_files() {
    let program = "amqp-messenger";
    for (words, expected) in [
        (&["cl"][..], &["clear-sign"][..]),
        (&["help", "b"], &["blob-sign"]),
        (&["clear-sign", "--re"], &["--repo", "--requester"]),
        (&["blob-sign", "--dig"], &[]),
        (&["container-sign", "--signer-type", ""], &["single", "batch"]),
        (&["container-sign", "--signer-type", "=", "b"], &["batch"]),
        (&["container-sign", "--signer-type", "="], &["single", "batch"]),
        (&["clear-sign", "--task-id", ""], &[]),
        (&["clear-sign", "--config-file", "config.ex"], &["config.example.yaml"]),
        (&["clear-sign", "@config.ex"], &["@config.example.yaml"]),
    ] {
        assert_eq!(offered(&[&[program], words].concat()), expected, "{words:?}");
    }
}
