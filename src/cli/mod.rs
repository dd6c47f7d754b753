//! What an operator types. The doc comments of `Command` are the help; each verb parses, calls an action
//! and hands the result to `output`, the only place that prints.

mod account;
mod audit;
mod backup;
mod ban;
mod cert;
mod check;
mod config;
mod control;
mod curl;
mod desk;
mod entitlement;
mod explain;
mod grant;
mod healthcheck;
mod invitation;
mod key;
mod keyring;
mod mail;
mod migrate;
mod moment;
mod organisation;
mod output;
mod reload;
mod secret_input;
mod serve;
mod session;
mod space;
mod validation;
mod webhook;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

pub use desk::{Desk, Exit};
pub use output::{Output, Table};

/// The front door for APIs that already exist: TLS, sessions, personal API keys, limits and identity
/// headers in one program.
#[derive(Debug, Parser)]
#[command(name = "portcullis", version, max_term_width = 100)]
struct Line {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// Flags that every verb takes.
#[derive(Debug, Args)]
struct Global {
    /// The configuration file; without one the defaults hold
    #[arg(long, short, global = true, value_name = "FILE", env = "PORTCULLIS_CONFIG")]
    config: Option<PathBuf>,
    /// Overrides one key of the configuration; may be given several times
    #[arg(long = "set", global = true, value_name = "KEY=VALUE", value_parser = setting)]
    settings: Vec<(String, String)>,
    /// Prints JSON instead of text
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Starts the gate and serves until it is told to end
    Serve(Box<serve::Serve>),
    /// Reads the configuration as a start would and tells every problem; reaches for store and apps
    Check(check::Flags),
    /// What can be configured, and what is
    #[command(subcommand)]
    Config(config::Verb),
    /// Makes the running gate read configuration and certificates anew
    Reload,
    /// Says how the running gate is
    Status,
    /// Who has used up a budget of failed attempts
    #[command(subcommand)]
    Ban(ban::Verb),
    /// Says why a request was let in or turned away
    Explain(explain::Flags),
    /// People and service accounts
    #[command(subcommand)]
    Account(account::Verb),
    /// Organisations
    #[command(subcommand)]
    Organisation(organisation::Verb),
    /// Spaces of an organisation
    #[command(subcommand)]
    Space(space::Verb),
    /// Which organisation may use which platform
    #[command(subcommand)]
    Entitlement(entitlement::Verb),
    /// Who holds which role where
    #[command(subcommand)]
    Grant(grant::Verb),
    /// Promises of membership to whoever reads mail at an address
    #[command(subcommand)]
    Invitation(invitation::Verb),
    /// Keys of programs
    #[command(subcommand)]
    Key(key::Verb),
    /// Sessions of people
    #[command(subcommand)]
    Session(session::Verb),
    /// The file of secrets that the data depend on
    #[command(subcommand)]
    Keyring(keyring::Verb),
    /// Letters: whether they arrive, and what became of them
    #[command(subcommand)]
    Mail(mail::Verb),
    /// What platforms are told of accounts, and how that goes
    #[command(subcommand)]
    Webhook(webhook::Verb),
    /// Where validated addresses are demanded
    #[command(subcommand)]
    Validation(validation::Verb),
    /// The trail of who did what
    #[command(subcommand)]
    Audit(audit::Verb),
    /// The development certificate
    #[command(subcommand)]
    Cert(cert::Verb),
    /// Asks the running gate whether it is ready; exit code 0 when it is
    Healthcheck,
    /// The version of this program
    Version,
    /// Steps of the database's schema
    #[command(subcommand)]
    Migrate(migrate::Verb),
    /// Writes a copy of the whole store to a file, also while the gate serves
    Backup(backup::Backup),
    /// Puts a copy back; gates that serve from the store forget all they know
    Restore(backup::Restore),
}

impl Command {
    fn run(self, desk: &Desk) -> Result<(), Exit> {
        match self {
            Self::Check(flags) => check::run(&flags, desk),
            Self::Config(verb) => config::run(&verb, desk),
            Self::Reload => reload::reload(desk),
            Self::Status => reload::status(desk),
            Self::Ban(verb) => ban::run(&verb, desk),
            Self::Explain(flags) => explain::run(&flags, desk),
            Self::Serve(flags) => serve::run(*flags, desk),
            Self::Cert(verb) => cert::run(verb, desk),
            Self::Healthcheck => healthcheck::run(desk),
            Self::Version => {
                desk.output.record(&[("version", env!("CARGO_PKG_VERSION").into())]);
                Ok(())
            }
            Self::Account(verb) => account::run(verb, desk),
            Self::Organisation(verb) => organisation::run(verb, desk),
            Self::Space(verb) => space::run(verb, desk),
            Self::Entitlement(verb) => entitlement::run(verb, desk),
            Self::Grant(verb) => grant::run(verb, desk),
            Self::Invitation(verb) => invitation::run(verb, desk),
            Self::Key(verb) => key::run(verb, desk),
            Self::Session(verb) => session::run(verb, desk),
            Self::Keyring(verb) => keyring::run(verb, desk),
            Self::Mail(verb) => mail::run(verb, desk),
            Self::Webhook(verb) => webhook::run(verb, desk),
            Self::Validation(verb) => validation::run(verb, desk),
            Self::Audit(verb) => audit::run(verb, desk),
            Self::Migrate(verb) => migrate::run(verb, desk),
            Self::Backup(verb) => backup::backup(&verb, desk),
            Self::Restore(verb) => backup::restore(&verb, desk),
        }
    }
}

/// Reads the command line, runs one verb, and says how it went: 0 done, 1 failed, 2 wrong usage, 78 bad
/// configuration.
pub fn main() -> ExitCode {
    let line = match Line::try_parse() {
        Ok(line) => line,
        Err(wrong) => {
            output::usage(&wrong);
            return ExitCode::from(u8::try_from(wrong.exit_code()).unwrap_or(2));
        }
    };
    let Global { config, settings, json } = line.global;
    let desk = Desk::new(config, settings, Output::new(json));
    match line.command.run(&desk) {
        Ok(()) => ExitCode::SUCCESS,
        Err(exit) => {
            desk.output.failure(&exit);
            ExitCode::from(exit.code())
        }
    }
}

fn setting(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("is not of the form KEY=VALUE")?;
    Ok((key.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_well_formed() {
        super::Line::command().debug_assert();
    }
}
