//! The sandbox as a command: starts it, or only its signing server, and runs until a signal ends it.

#![allow(clippy::print_stderr)] // It is a command line.

use std::{
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
    time::Duration,
};

use amqp_sandbox::{
    KeyKind, Mqtt, Options, Rule, Sandbox, Weakness, faults,
    remote::{self, RemoteSigner},
};
use argh::FromArgs;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// A loopback broker for AMQPS and MQTTS with a signing server behind it.
#[derive(FromArgs)]
struct Arguments {
    #[argh(subcommand)]
    command: Command,
}

#[derive(FromArgs)]
#[argh(subcommand)]
enum Command {
    Up(Up),
    Signer(Signer),
}

/// Starts a sandbox and prints how to use it. Ends on SIGINT or SIGTERM.
#[derive(FromArgs)]
#[argh(subcommand, name = "up")]
struct Up {
    /// where certificates, keys and config.yaml are written
    #[argh(option)]
    dir: PathBuf,

    /// listen without TLS too
    #[argh(switch)]
    amqp: bool,

    /// listen for MQTT without TLS too
    #[argh(switch)]
    mqtt: bool,

    /// what the broker is like over MQTT, see below; may be given several times
    #[argh(option, arg_name = "setting")]
    mqtt_broker: Vec<String>,

    /// listen with TLS on that many more ports of each protocol; to a client each is another broker, all share the queues
    #[argh(option, default = "0", arg_name = "number")]
    more_brokers: usize,

    /// the broker's own idle timeout, for example 2s
    #[argh(option, arg_name = "time", from_str_fn(time))]
    idle_timeout: Option<Duration>,

    /// demand SASL, with these mechanisms on offer, separated by commas; it accepts EXTERNAL, ANONYMOUS and PLAIN
    #[argh(option, arg_name = "mechanisms")]
    sasl: Option<String>,

    /// what is too weak in the broker's TLS: key=BITS (RSA), dh=BITS (Diffie-Hellman), or sha1
    #[argh(option, arg_name = "what")]
    weakness: Option<Weakness>,

    /// a further key of the signing server, as NAME=KIND: ed25519, rsa1024 to rsa4096, p256, subkey, or a bad one: expired,
    /// revoked, superseded, revoked-subkey, stolen-subkey, certify-only
    #[argh(option, arg_name = "key", from_str_fn(key))]
    key: Vec<(String, KeyKind)>,

    /// a departure from good behaviour, see below; may be given several times
    #[argh(option, arg_name = "rule")]
    behaviour: Vec<Rule>,
}

/// Signs as a client of another broker. Ends on SIGINT or SIGTERM.
#[derive(FromArgs)]
#[argh(
    subcommand,
    name = "signer",
    note = "The configuration is YAML:

  brokers: [amqps://localhost:5671]     # tried in this order, forever; or amqp, or mqtts and mqtt
  ca: ca.pem                            # verifies the brokers; required for TLS
  certificate: signer.pem               # the signer's, with its key; optional
  sasl: none                            # or anonymous, external, plain; not over MQTT
  username: signer                      # for plain, and for MQTT with a password
  password_file: password               # the same
  hostname: vhost                       # Open's; default: the URL's host; not over MQTT
  durable: true                         # whether replies survive the broker's restart; not over MQTT
  keys: keys                            # folder of the signing key, made if missing
  services:                             # where requests come from, where replies go
    - requests: queue://Consumer.signer.VirtualTopic.sign
      replies: topic://VirtualTopic.reply
  mqtt:                                 # only with mqtts:// and mqtt://; topics stand as they are
    version: \"5\"                        # or \"3.1.1\"
    client_id: signer                   # random if missing
    user_name: false                    # whether username goes without a password
    session: 3600                       # seconds that the broker keeps it
    user_properties: made               # or copied from the request

Paths count from the working directory. It prints a line when it is attached, and when it loses a
broker. A request is settled only after the broker has accepted its reply."
)]
struct Signer {
    /// the configuration, see below
    #[argh(option)]
    config: PathBuf,
}

/// The arguments, or the exit status if they ask for help or are wrong.
fn arguments() -> Result<Arguments, ExitCode> {
    let words: Vec<_> =
        std::env::args_os().map(|word| word.to_string_lossy().into_owned()).collect();
    let words: Vec<_> = words.iter().skip(1).map(String::as_str).collect();
    Arguments::from_args(&["amqp-sandbox"], &words).map_err(|exit| match exit.status {
        Ok(()) => {
            let rules = match words[0] {
                "up" => Mqtt::help() + &faults::help(),
                _ => String::new(),
            };
            // If the help cannot be written, there is nothing else to do.
            let _ = write!(io::stdout(), "{}\n{rules}", exit.output);
            ExitCode::SUCCESS
        }
        Err(()) => {
            eprintln!("{}\nRun amqp-sandbox --help for more information.", exit.output);
            ExitCode::FAILURE
        }
    })
}

fn time(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text).map_err(|error| error.to_string())
}

fn key(text: &str) -> Result<(String, KeyKind), String> {
    let (name, kind) = text.split_once('=').unwrap_or((text, "ed25519"));
    Ok((name.to_owned(), kind.parse()?))
}

fn main() -> ExitCode {
    let arguments = match arguments() {
        Ok(arguments) => arguments,
        Err(status) => return status,
    };
    let result = match arguments.command {
        Command::Up(up) => run(up),
        Command::Signer(signer) => sign(signer),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("amqp-sandbox: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(up: Up) -> io::Result<()> {
    let signals = Signals::new()?;
    let mut options = Options::new(up.dir);
    options.amqp = up.amqp;
    options.mqtt = up.mqtt;
    for setting in up.mqtt_broker {
        options.mqtt_broker.set(&setting).map_err(io::Error::other)?;
    }
    options.more_brokers = up.more_brokers;
    options.weakness = up.weakness;
    options.more_keys = up.key;
    options.behaviours = up.behaviour;
    options.idle_timeout = up.idle_timeout;
    if let Some(mechanisms) = up.sasl {
        options.sasl.required = true;
        options.sasl.mechanisms = mechanisms.split(',').map(str::to_owned).collect();
    }
    let sandbox = Sandbox::start(options)?;
    io::stdout().write_all(usage(&sandbox, up.amqp, up.mqtt).as_bytes())?;
    io::stdout().flush()?;
    signals.wait();
    sandbox.stop();
    Ok(())
}

fn sign(signer: Signer) -> io::Result<()> {
    let signals = Signals::new()?;
    let settings = remote::Settings::read(&signer.config)?;
    let started = RemoteSigner::start(settings, |line| {
        // A line that cannot be written is not needed.
        let _ = writeln!(io::stdout(), "{line}");
    });
    let config = signer.config.display();
    let signer = started.map_err(|error| io::Error::other(format!("{config}: {error}")))?;
    signals.wait();
    drop(signer);
    Ok(())
}

/// The signals that end the command, remembered from here on, however early they come.
struct Signals {
    waiting: tokio::runtime::Runtime,
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    fn new() -> io::Result<Self> {
        let waiting = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let context = waiting.enter();
        let interrupt = signal(SignalKind::interrupt())?;
        let terminate = signal(SignalKind::terminate())?;
        drop(context);
        Ok(Self { waiting, interrupt, terminate })
    }

    fn wait(mut self) {
        self.waiting.block_on(async {
            tokio::select! {
                _ = self.interrupt.recv() => {}
                _ = self.terminate.recv() => {}
            }
        });
    }
}

fn usage(sandbox: &Sandbox, amqp: bool, mqtt: bool) -> String {
    let mut urls = sandbox.amqps_urls();
    if amqp {
        urls.push(sandbox.amqp_url());
    }
    urls.extend(sandbox.mqtts_urls());
    if mqtt {
        urls.push(sandbox.mqtt_url());
    }
    let digest = "0".repeat(64);
    let sign = [sandbox.config_file(), sandbox.mqtt_config_file()].map(|config| {
        format!(
            "  amqp-messenger container-sign --config-file {} --signing-key sandbox --task-id 1 \\
    --digest sha256:{digest} --reference localhost/repo:tag --raw > claim.b64
",
            config.display()
        )
    });
    format!(
        "\
broker
  {urls}
files
  {config}    configuration of the client
  {mqtt_config}    the same over MQTT
  {ca}    authority of the broker's certificate
  {client}    certificate and key of the client
  {key}    OpenPGP certificates of the signing server, by which replies are verified
sign
{sign}verify
  amqp-messenger verify container-sign --config-file {config} --signing-key sandbox \\
    --digest sha256:{digest} --reference localhost/repo:tag --raw < claim.b64
  gpg --import {key}
  base64 -d claim.b64 | gpg --decrypt
ready
",
        urls = urls.join("\n  "),
        sign = sign.concat(),
        config = sandbox.config_file().display(),
        mqtt_config = sandbox.mqtt_config_file().display(),
        ca = sandbox.ca_file().display(),
        client = sandbox.client_pem().display(),
        key = sandbox.public_key_file().display(),
    )
}
