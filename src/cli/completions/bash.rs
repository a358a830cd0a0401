//! Bash's completions.

use super::choices;
use crate::cli::{
    commands::Command,
    options::{self, Flag},
    style::Style,
};

pub(super) fn script() -> String {
    let taking = |what: &dyn Fn(&&Flag) -> bool| {
        let flags = options::all().filter(|flag| options::value_name(flag).is_some());
        flags.filter(|flag| what(flag)).map(|flag| flag.long).collect::<Vec<_>>().join(" | ")
    };
    let files = taking(&|flag| options::is_file(flag) && !options::is_folder(flag));
    let folders = taking(&|flag| options::is_folder(flag));
    let free = taking(&|flag| !options::is_file(flag) && choices(flag).is_empty());
    let lists = options::all().filter(|flag| !choices(flag).is_empty()).map(|flag| {
        let (option, words) = (flag.long, choices(flag).join(" "));
        format!("        {option}) words='{words}' ;;\n")
    });
    let commands = Command::ALL.map(|command| {
        let flags = options::of(command, Style::Native).map(|flag| flag.long);
        let aside = options::ASIDE.map(|(_, long, _)| long);
        let flags: Vec<_> = flags.chain(aside).collect();
        let words = format!("words='{}'", flags.join(" "));
        match command.row().operand.as_ref().map(|operand| operand.choices) {
            None | Some([]) => format!("            {}) {words} ;;\n", command.name()),
            Some(choices) => format!(
                "            {}) [[ $word = -* ]] && {words} || words='{}' ;;\n",
                command.name(),
                choices.join(" ")
            ),
        }
    });
    format!(
        r#"# bash completion for amqp-messenger

_amqp_messenger() {{
    local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD - 1]}} at='' words=''
    # Bash takes --option=value for three words.
    if [ "$word" = = ]; then
        word=''
    elif [ "$before" = = ]; then
        before=${{COMP_WORDS[COMP_CWORD - 2]}}
    fi
    # So it does with @FILE, unless COMP_WORDBREAKS lacks the @.
    case $word in @*) word=${{word#@}} before=@ at=@ ;; esac
    case ${{COMP_WORDBREAKS-}} in *@*) at='' ;; esac
    COMPREPLY=()
    case $before in
        @ | {files})
            compopt -o filenames 2>/dev/null
            mapfile -t COMPREPLY < <(compgen -P "$at" -f -- "$word")
            return
            ;;
        {folders})
            compopt -o filenames 2>/dev/null
            mapfile -t COMPREPLY < <(compgen -d -- "$word")
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
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}}

complete -F _amqp_messenger amqp-messenger
"#,
        lists = lists.collect::<String>(),
        commands = commands.concat(),
        names = Command::ALL.map(Command::name).join(" "),
    )
}
