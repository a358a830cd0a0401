//! The sandbox as a command: starts it, says how to use it, runs until a signal comes.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use amqp_sandbox::{Options, Rule, Sandbox};
use argh::FromArgs;
use tokio::signal::unix::{SignalKind, signal};

/// A loopback AMQPS broker with a signing server behind it.
#[derive(FromArgs)]
struct Arguments {
    #[argh(subcommand)]
    command: Command,
}

#[derive(FromArgs)]
#[argh(subcommand)]
enum Command {
    Up(Up),
}

/// Starts a sandbox and prints how to use it; ends on SIGINT or SIGTERM.
#[derive(FromArgs)]
#[argh(
    subcommand,
    name = "up",
    note = "A RULE is ACT or ACT@WHEN or ACT@WHEN@WHEN (all hold).

ACT, the reply:
  no-reply  drop  delay=TIME  twice  foreign-first  foreign-instead
  server-error[=TEXT]  no-errors-field  no-result  partial-batch=N
  not-json  json-list  no-msg  no-id  numeric-id  empty  nested=LEVELS  padded=BYTES
  binary  data[=SECTIONS]  invalid-utf8  null
ACT, the outcome of the request:
  reject[=CONDITION]  release  modify[=undeliverable-here]  never-settle
  reply-before-outcome
ACT, links:
  no-credit  refuse[=CONDITION]  detach[=CONDITION]
WHEN:
  request=N  from=N  every=N  delivery=K  first
  address=ADDRESS  sender  receiver

Examples: delay=2s@request=1   reject=amqp:not-allowed@every=3
          refuse=amqp:unauthorized-access@receiver   no-reply@first"
)]
struct Up {
    /// where certificates, keys and config.yaml are written
    #[argh(option)]
    dir: PathBuf,

    /// listen without TLS too
    #[argh(switch)]
    amqp: bool,

    /// a departure from good behaviour, see below; may be given several times
    #[argh(option, arg_name = "rule")]
    behaviour: Vec<Rule>,
}

fn main() -> ExitCode {
    let Arguments { command: Command::Up(up) } = argh::from_env();
    match run(up) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("amqp-sandbox: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(up: Up) -> io::Result<()> {
    let waiting = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let context = waiting.enter();
    // From here on a signal is remembered, however early it comes.
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    drop(context);

    let mut options = Options::new(up.dir);
    options.amqp = up.amqp;
    options.behaviours = up.behaviour;
    let sandbox = Sandbox::start(options)?;
    io::stdout().write_all(usage(&sandbox, up.amqp).as_bytes())?;
    io::stdout().flush()?;

    waiting.block_on(async {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    });
    sandbox.stop();
    Ok(())
}

fn usage(sandbox: &Sandbox, amqp: bool) -> String {
    let plain = match amqp {
        true => format!("  {}\n", sandbox.amqp_url()),
        false => String::new(),
    };
    format!(
        "\
broker
  {url}
{plain}files
  {config}    configuration of the client
  {ca}    authority of the broker's certificate
  {client}    certificate and key of the client
  {key}    public key of the signing server
sign
  amqp-messenger container-sign --config-file {config} --signing-key sandbox --task-id 1 \\
    --digest sha256:{digest} --reference localhost/repo:tag --raw > claim.b64
verify
  gpg --import {key}
  base64 -d claim.b64 | gpg --decrypt
ready
",
        url = sandbox.amqps_url(),
        config = sandbox.config_file().display(),
        ca = sandbox.ca_file().display(),
        client = sandbox.client_pem().display(),
        key = sandbox.public_key_file().display(),
        digest = "0".repeat(64),
    )
}
