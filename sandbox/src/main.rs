//! The sandbox as a command: starts it, or its signing server alone, and runs until a signal comes.

#![allow(clippy::print_stderr)] // It is a command line.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use amqp_sandbox::remote::{self, RemoteSigner};
use amqp_sandbox::{Options, Rule, Sandbox};
use argh::FromArgs;
use tokio::signal::unix::{Signal, SignalKind, signal};

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
    Signer(Signer),
}

/// Starts a sandbox and prints how to use it; ends on SIGINT or SIGTERM.
#[derive(FromArgs)]
#[argh(
    subcommand,
    name = "up",
    note = "A RULE is ACT or ACT@WHEN or ACT@WHEN@WHEN (all hold). CONDITION is that of the
error, amqp:not-allowed unless given.

ACT, the reply to a request:
  no-reply              the request is accepted, and never answered
  drop                  the request is accepted, and goes nowhere
  delay=TIME            it comes later; others are not held up
  reverse=REPLIES       so many are held, and come in reverse order
  twice                 it comes twice
  foreign-first         one to somebody else's request comes before it
  foreign-instead       one to somebody else's request comes in its place
  server-error[=TEXT]   nothing is signed, and errors say so
  no-errors-field       it has no errors, not even none
  no-result             it has neither a signature nor an error
  partial-batch=N       it covers the first N claims of a batch
  not-json              its text is no JSON
  json-list             its text is a JSON list
  no-msg                its JSON has no msg
  no-id                 its msg has no request_id
  numeric-id            its request_id is a number
  empty                 its text is empty
  nested=LEVELS         its JSON has so many lists within each other
  padded=BYTES          its JSON is filled up to that length
  binary                its text is carried as a binary value
  data[=SECTIONS]       its text is carried by so many data sections
  invalid-utf8          its bytes are no UTF-8
  null                  its body is null
ACT, the outcome of a request:
  reject[=CONDITION]    rejected; it goes nowhere
  release               released; it goes nowhere
  modify[=undeliverable-here]
                        modified; it goes nowhere
  never-settle          none; it is served all the same
  reply-before-outcome  only when the client has settled the reply
ACT, links:
  no-credit             the client's sender gets no credit
  refuse[=CONDITION]    the link is refused as it is attached
  detach[=CONDITION]    the link is ended, right away or upon a request
ACT, the connection, which stays and says nothing from there on:
  silent[=tcp|tls|open] after TCP (the default), TLS, or its Open
ACT, the connection, cut when so much has passed:
  cut-sent=FRAMES       frames of the broker
  cut-received=FRAMES   frames of the client
  cut-bytes=BYTES       bytes of the broker, above TLS
ACT, the connection, upon a request (which gets no outcome) or, without one, after Open:
  cut                   ended without a word
  half-open             silent, as if the network had gone
  close[=CONDITION]     closed with an error
ACT, bytes of the broker; HEX is hexadecimal, and goes out as it is:
  slow=TIME             each byte by itself, after that time
  raw=HEX               between two frames, upon a request, which is served all the
                        same, or after Open; with cut they are the last
  raw-tcp=HEX           the same below TLS
  raw-first=HEX         in place of AMQP's protocol header and of all that follows; the
                        connection stays, or ends where cut is given as well
  raw-first-tcp=HEX     the same in place of TLS
WHEN:
  request=N             it is the N-th request of the sandbox's life
  from=N                it is that one or a later one
  every=N               its number is a multiple of N
  delivery=K            this request comes for the K-th time
  first                 this request comes for the first time
  connection=N          it is, or is on, the N-th connection
  address=ADDRESS       the request or link has this address
  sender                the client attaches a sender
  receiver              the client attaches a receiver

Examples: delay=2s@request=1   reject=amqp:not-allowed@every=3
          refuse=amqp:unauthorized-access@receiver   no-reply@first
          half-open@request=2   close=amqp:connection:forced@connection=1
          raw=0000000402000000@request=2   \"raw-first=$(xxd -p file)\""
)]
struct Up {
    /// where certificates, keys and config.yaml are written
    #[argh(option)]
    dir: PathBuf,

    /// listen without TLS too
    #[argh(switch)]
    amqp: bool,

    /// listen with TLS on so many more ports, each to a client another broker; all share the queues
    #[argh(option, default = "0", arg_name = "number")]
    more_brokers: usize,

    /// the broker's own idle timeout, for example 2s
    #[argh(option, arg_name = "time", from_str_fn(time))]
    idle_timeout: Option<Duration>,

    /// a departure from good behaviour, see below; may be given several times
    #[argh(option, arg_name = "rule")]
    behaviour: Vec<Rule>,
}

/// Signs as a client of another broker; ends on SIGINT or SIGTERM.
#[derive(FromArgs)]
#[argh(
    subcommand,
    name = "signer",
    note = "The configuration is YAML:

  brokers: [amqps://localhost:5671]     # tried in this order, for ever
  ca: ca.pem                            # verifies the brokers; required for amqps://
  certificate: signer.pem               # ours, with its key; may be left out
  sasl: none                            # or anonymous, external, plain
  username: signer                      # for plain
  password_file: password               # for plain
  hostname: vhost                       # Open's; default: the URL's host
  durable: true                         # whether replies survive the broker's restart
  keys: keys                            # folder of the signing key, made when missing
  services:                             # where requests come from, where replies go
    - requests: queue://Consumer.signer.VirtualTopic.sign
      replies: topic://VirtualTopic.reply

Paths count from the working directory. It prints a line when it is attached, and when it loses a
broker. A request is settled after the broker has accepted its reply."
)]
struct Signer {
    /// the configuration, see below
    #[argh(option)]
    config: PathBuf,
}

fn time(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text).map_err(|error| error.to_string())
}

fn main() -> ExitCode {
    let Arguments { command } = argh::from_env();
    let result = match command {
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
    options.more_brokers = up.more_brokers;
    options.behaviours = up.behaviour;
    options.idle_timeout = up.idle_timeout;
    let sandbox = Sandbox::start(options)?;
    io::stdout().write_all(usage(&sandbox, up.amqp).as_bytes())?;
    io::stdout().flush()?;
    signals.wait();
    sandbox.stop();
    Ok(())
}

fn sign(signer: Signer) -> io::Result<()> {
    let signals = Signals::new()?;
    let settings = remote::Settings::read(&signer.config)?;
    let signer = RemoteSigner::start(settings, |line| {
        // Whoever has stopped reading wants no more lines.
        let _ = writeln!(io::stdout(), "{line}");
    })?;
    signals.wait();
    drop(signer);
    Ok(())
}

/// The signals that end us, remembered from here on, however early they come.
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
        url = sandbox.amqps_urls().join("\n  "),
        config = sandbox.config_file().display(),
        ca = sandbox.ca_file().display(),
        client = sandbox.client_pem().display(),
        key = sandbox.public_key_file().display(),
        digest = "0".repeat(64),
    )
}
