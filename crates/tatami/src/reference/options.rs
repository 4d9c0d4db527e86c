//! The command line as tables: every command, option and environment variable.

use clap::{Arg, Command, CommandFactory};

use crate::cli::Cli;

/// The one variable that is no option.
const LOG: &str = "| `TATAMI_LOG` | What is logged: a level or a filter such as `tatami=debug` \
    [default: info]. |\n";

/// The options of `serve`.
pub fn options() -> String {
    let cli = Cli::command();
    let serve = cli.find_subcommand("serve");
    let table = serve.map(|serve| table(serve.get_arguments()));
    table.unwrap_or_default() + LOG
}

/// All other commands with theirs.
pub fn commands() -> String {
    let mut cli = Cli::command();
    // This passes global options on to the subcommands.
    cli.build();
    let mut text = String::new();
    for command in cli.get_subcommands().filter(|it| !is_left_out(it)) {
        append(command, "tatami", &mut text);
    }
    text
}

fn is_left_out(command: &Command) -> bool {
    command.is_hide_set() || ["serve", "help"].contains(&command.get_name())
}

fn append(command: &Command, above: &str, text: &mut String) {
    let name = format!("{above} {}", command.get_name());
    if command.has_subcommands() {
        let below = command.get_subcommands();
        let below = below.filter(|it| !is_left_out(it));
        return below.for_each(|command| append(command, &name, text));
    }
    let positional = command.get_positionals();
    let values: Vec<String> = positional
        .map(|arg| format!(" {}", arg.get_id().as_str().to_uppercase()))
        .collect();
    text.push_str(&format!("### `{name}{}`\n\n", values.concat()));
    let about = command.get_long_about().or_else(|| command.get_about());
    text.push_str(&format!("{}\n\n", said(about)));
    let own = command.get_arguments().filter(|arg| !is_for_all(arg));
    let table = table(own);
    if !table.is_empty() {
        text.push_str(&format!("{table}\n"));
    }
}

/// Whether an option says where the installation is. Every command has those options.
fn is_for_all(arg: &Arg) -> bool {
    let names = [
        "data",
        "database",
        "config",
        "installation_key",
        "vault_key",
    ];
    names.contains(&arg.get_id().as_str())
}

fn table<'a>(arguments: impl Iterator<Item = &'a Arg>) -> String {
    let shown = arguments
        .filter(|arg| !arg.is_hide_set() && !["help", "version"].contains(&arg.get_id().as_str()));
    let rows: String = shown.map(row).collect();
    match rows.is_empty() {
        true => rows,
        false => format!("| option, environment | meaning |\n| --- | --- |\n{rows}"),
    }
}

fn row(arg: &Arg) -> String {
    let takes_value = arg.get_action().takes_values();
    let value = arg.get_id().as_str().to_uppercase();
    let name = match arg.get_long() {
        Some(long) if takes_value => format!("`--{long} {value}`"),
        Some(long) => format!("`--{long}`"),
        None => format!("`{value}`"),
    };
    let variable = arg.get_env().and_then(|name| name.to_str());
    let variable = variable.map(|name| format!(" `{name}`"));
    let mut meaning = said(arg.get_long_help().or_else(|| arg.get_help()));
    let known = arg.get_possible_values();
    let known: Vec<&str> = known.iter().map(|value| value.get_name()).collect();
    if takes_value && !known.is_empty() && known != ["true", "false"] {
        meaning.push_str(&format!(" One of `{}`.", known.join("`, `")));
    }
    format!("| {name}{} | {meaning} |\n", variable.unwrap_or_default())
}

fn said(help: Option<&clap::builder::StyledStr>) -> String {
    let help = help.map(ToString::to_string).unwrap_or_default();
    let text = help.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = text.replace('|', "\\|");
    // As help of a command line it may be without.
    match text.ends_with(['.', ']']) || text.is_empty() {
        true => text,
        false => text + ".",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    /// Variables that are for tests of the program alone.
    const HIDDEN: [&str; 2] = ["TATAMI_PEER_GRACE", "TATAMI_MAX_WAITING_BYTES"];

    /// The names of variables in the sources of a folder.
    fn variables(folder: &Path, names: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                variables(&path, names);
                continue;
            }
            let text = std::fs::read_to_string(&path).expect("a text");
            let after = text.split("\"TATAMI_").skip(1);
            let named = after.filter_map(|rest| rest.split_once('"').map(|(name, _)| name));
            let is_name = |name: &str| {
                !name.is_empty() && name.chars().all(|c| c.is_ascii_uppercase() || c == '_')
            };
            let named = named.filter(|name| is_name(name));
            names.extend(named.map(|name| format!("TATAMI_{name}")));
        }
    }

    #[test]
    fn every_variable_that_is_read_is_told() {
        let mut names = BTreeSet::new();
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        variables(&sources, &mut names);
        let listed = options() + &commands();
        for hidden in HIDDEN {
            assert!(names.remove(hidden), "{hidden}");
        }
        // The options that all commands have are listed once, in the text of the page.
        names.retain(|name| !listed.contains(&format!("`{name}`")));
        assert_eq!(names, BTreeSet::new());
    }

    #[test]
    fn every_option_and_command_is_told() {
        let (options, commands) = (options(), commands());
        for part in [
            "| `--listen LISTEN` `TATAMI_LISTEN` | ",
            "| `--data DATA` `TATAMI_DATA` | ",
            "`--webhooks WEBHOOKS`",
            "One of `everywhere`, `public-only`.",
        ] {
            assert!(options.contains(part), "{part}: {options}");
        }
        assert!(!options.contains("PEER_GRACE"), "{options}");
        for part in [
            "### `tatami keys delete ID`",
            "### `tatami backup FOLDER`",
            "### `tatami vault rotate`",
            "`--with-key`",
            "| `--platform PLATFORM` |",
        ] {
            assert!(commands.contains(part), "{part}: {commands}");
        }
    }
}
