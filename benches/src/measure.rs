//! Runs everything, one program beside the other, each work with a broker of its own.

use std::{
    error::Error,
    fs::{self, File},
    path::PathBuf,
    process::{Command, ExitStatus},
};

use crate::{background::Background, instructions, launch, samples::Samples, versions, work};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// A work, a program, and the number of the run.
type At<'a> = (&'a str, &'a str, usize);

/// The programs.
pub(crate) struct Programs {
    pub(crate) ours: PathBuf,
    /// The self-contained program, and the small one that is linked dynamically.
    pub(crate) alone: PathBuf,
    pub(crate) small: PathBuf,
    /// The program that uses the library on a thread.
    pub(crate) thread: PathBuf,
    /// The folder of pubtools-sign's programs.
    pub(crate) peer: PathBuf,
}

/// How much of everything: the number of images up to which pubtools-sign and the client sign, and whether work that
/// takes half a minute by itself is done.
pub(crate) struct Extent {
    pub(crate) peer: usize,
    pub(crate) ours: usize,
    pub(crate) waits: bool,
}

pub(crate) struct Bench {
    programs: Programs,
    extent: Extent,
    folder: tempfile::TempDir,
    pub(crate) samples: Samples,
}

impl Bench {
    pub(crate) fn new(programs: Programs, extent: Extent) -> Result<Self> {
        let samples = Samples { machine: versions::of_times()?, ..Samples::default() };
        Ok(Self { programs, extent, folder: tempfile::tempdir()?, samples })
    }

    /// Measures everything.
    pub(crate) fn all(&mut self) -> Result<()> {
        // The number of images, of runs, and of those of pubtools-sign, which takes its time.
        let steps =
            [(1, 25, 25), (10, 11, 11), (100, 11, 11), (1000, 9, 3), (3000, 7, 1), (10_000, 9, 1)];
        for (count, runs, peer_runs) in steps {
            self.images(count, runs, peer_runs)?;
        }
        self.lists()?;
        self.far(1, 5)?;
        self.far(1000, 3)?;
        self.batch(10_000, 7)?;
        self.large()?;
        self.thread(10_000, 31)?;
        self.mqtt(10_000, 9)?;
        if self.extent.waits {
            self.wait()?;
        }
        self.instructions()?;
        self.sizes()
    }

    /// A broker with these options, and its folder.
    fn broker(&self, options: &[&str]) -> Result<(Background, PathBuf)> {
        let folder = self.folder.path().to_owned();
        Ok((Background::start(&folder, options)?, folder))
    }

    /// Runs a program for its time, and unless it is pubtools-sign, whose memory no row shows, once more for its memory.
    fn once(&mut self, at: At<'_>, broker: &Background, command: &mut Command) -> Result<()> {
        let (work, program, run) = at;
        self.timed(at, broker, command)?;
        if program != "pubtools-sign" {
            command.stdout(self.file("out")?).stderr(self.file("errors")?);
            let (status, peak) = launch::peak(command)?;
            self.succeeded(at, status)?;
            self.samples.put(work, program, run, "peak KiB", peak as f64);
        }
        Ok(())
    }

    /// Runs a program for its time.
    fn timed(&mut self, at: At<'_>, broker: &Background, command: &mut Command) -> Result<()> {
        let (work, program, run) = at;
        command.stdout(self.file("out")?).stderr(self.file("errors")?);
        let before = broker.cpu()?;
        let cost = launch::launch(command)?;
        let broker_cpu = broker.cpu()? - before;
        self.succeeded(at, cost.status)?;
        let cpu = (cost.cpu.user + cost.cpu.system).as_secs_f64();
        self.samples.put(work, program, run, "wall s", cost.wall.as_secs_f64());
        self.samples.put(work, program, run, "cpu s", cpu);
        self.samples.put(work, program, run, "broker cpu s", broker_cpu.as_secs_f64());
        let share = 100.0 * broker_cpu.as_secs_f64() / cost.wall.as_secs_f64();
        eprintln!("{work:18} {program:16} {cost}, broker busy {share:.0} %");
        Ok(())
    }

    fn succeeded(&self, (work, program, _): At<'_>, status: ExitStatus) -> Result<()> {
        if status.success() {
            return Ok(());
        }
        let errors = fs::read_to_string(self.folder.path().join("errors"))?;
        Err(format!("{work}: {program} failed ({status}): {errors}").into())
    }

    /// A new file of this name.
    fn file(&self, name: &str) -> Result<File> {
        Ok(File::create(self.folder.path().join(name))?)
    }

    fn ours(&self, subcommand: &str, arguments: &[String]) -> Command {
        let mut command = Command::new(&self.programs.ours);
        command.arg(subcommand).args(arguments);
        command
    }

    /// The self-contained program.
    fn alone(&self, arguments: &[String]) -> Command {
        let mut command = Command::new(&self.programs.alone);
        command.arg("container-sign").args(arguments);
        command
    }

    fn peer(&self, arguments: &[String]) -> Command {
        let mut command = Command::new(self.programs.peer.join("pubtools-sign-msg-container-sign"));
        command.args(arguments);
        command
    }

    /// Images, each in a request of its own: the client, the limit and pubtools-sign in turn.
    fn images(&mut self, count: usize, runs: usize, peer_runs: usize) -> Result<()> {
        if count > self.extent.ours {
            return Ok(());
        }
        let work = format!("images {count}");
        let request = self.folder.path().join("request");
        let record = request.display().to_string();
        let (broker, _) = self.broker(&["--record", &record])?;
        let limit = Limit::new(count, request)?;
        let arguments = work::images(count, &broker.config);
        for run in 0..runs {
            self.once(
                (&work, "amqp-messenger", run),
                &broker,
                &mut self.ours("container-sign", &arguments),
            )?;
            if count == 1 {
                self.once((&work, "static", run), &broker, &mut self.alone(&arguments))?;
            }
            self.once((&work, "limit", run), &limit.broker, &mut limit.command()?)?;
            if run < peer_runs && count <= self.extent.peer {
                self.once((&work, "pubtools-sign", run), &broker, &mut self.peer(&arguments))?;
            }
        }
        broker.stop()?;
        limit.broker.stop().map(drop)
    }

    /// Images of a list, more than a command line holds.
    fn lists(&mut self) -> Result<()> {
        let (broker, folder) = self.broker(&[])?;
        for count in [10_000, 100_000] {
            if count > self.extent.ours {
                continue;
            }
            let arguments = work::list(count, &broker.config, &folder)?;
            let work = format!("list {count}");
            for run in 0..5 {
                self.once(
                    (&work, "amqp-messenger", run),
                    &broker,
                    &mut self.ours("container-sign", &arguments),
                )?;
                self.once((&work, "static", run), &broker, &mut self.alone(&arguments))?;
            }
        }
        broker.stop()?;
        if self.extent.ours < 100_000 {
            return Ok(());
        }
        let limit = Limit::new(100_000, folder.join("request"))?;
        for run in 0..3 {
            self.once(("list 100000", "limit", run), &limit.broker, &mut limit.command()?)?;
        }
        limit.broker.stop().map(drop)
    }

    /// A round trip of 50 ms.
    fn far(&mut self, count: usize, runs: usize) -> Result<()> {
        let (broker, _) = self.broker(&["--delay", "25"])?;
        let arguments = work::images(count, &broker.config);
        self.beside_peer(&format!("far images {count}"), count, runs, &broker, &arguments)?;
        broker.stop().map(drop)
    }

    fn batch(&mut self, count: usize, runs: usize) -> Result<()> {
        let (broker, _) = self.broker(&[])?;
        let arguments = work::batch(count, &broker.config);
        self.beside_peer(&format!("batch {count}"), count, runs, &broker, &arguments)?;
        broker.stop().map(drop)
    }

    /// The client and pubtools-sign in turn.
    fn beside_peer(
        &mut self,
        work: &str,
        count: usize,
        runs: usize,
        broker: &Background,
        arguments: &[String],
    ) -> Result<()> {
        for run in 0..runs {
            let mut ours = self.ours("container-sign", arguments);
            self.once((work, "amqp-messenger", run), broker, &mut ours)?;
            if count <= self.extent.peer {
                self.once((work, "pubtools-sign", run), broker, &mut self.peer(arguments))?;
            }
        }
        Ok(())
    }

    /// Texts and files of 50 MB, and short ones.
    fn large(&mut self) -> Result<()> {
        let (broker, folder) = self.broker(&[])?;
        for (size, name) in [(1000, "1 kB"), (50_000_000, "50 MB")] {
            let text = work::text(size, &broker.config, &folder)?;
            let file = work::file(size, &broker.config, &folder)?;
            for run in 0..3 {
                let at = (&*format!("text {name}"), "amqp-messenger", run);
                self.once(at, &broker, &mut self.ours("clear-sign", &text))?;
                let at = (&*format!("file {name}"), "amqp-messenger", run);
                self.once(at, &broker, &mut self.ours("blob-sign", &file))?;
            }
        }
        broker.stop().map(drop)
    }

    /// The library on the main thread, and on one with the stack that Rust gives to threads.
    fn thread(&mut self, count: usize, runs: usize) -> Result<()> {
        let (broker, _) = self.broker(&[])?;
        for run in 0..runs {
            for place in ["main thread", "thread"] {
                let mut command = Command::new(&self.programs.thread);
                command.arg(place).arg(&broker.config).arg(count.to_string());
                let work = format!("{place} {count}");
                self.timed((&work, "amqp-messenger", run), &broker, &mut command)?;
            }
        }
        broker.stop().map(drop)
    }

    /// The same images over MQTT and over AMQP, in turn.
    fn mqtt(&mut self, count: usize, runs: usize) -> Result<()> {
        // Each broker has a folder of its own: there are certificates and a configuration in it.
        let folder = tempfile::tempdir()?;
        let (amqp, _) = self.broker(&[])?;
        let mqtt = Background::start(folder.path(), &["--mqtt"])?;
        for run in 0..runs {
            for (protocol, broker) in [("amqps", &amqp), ("mqtts", &mqtt)] {
                let mut ours = self.ours("container-sign", &work::images(count, &broker.config));
                let work = format!("{protocol} {count}");
                self.once((&work, "amqp-messenger", run), broker, &mut ours)?;
            }
        }
        amqp.stop()?;
        mqtt.stop().map(drop)
    }

    /// A reply that comes after 30 s.
    fn wait(&mut self) -> Result<()> {
        let (broker, _) = self.broker(&["--hold", "30000"])?;
        let arguments = work::images(1, &broker.config);
        for run in 0..3 {
            let mut ours = self.ours("container-sign", &arguments);
            self.timed(("wait 30 s", "amqp-messenger", run), &broker, &mut ours)?;
        }
        broker.stop().map(drop)
    }

    fn instructions(&mut self) -> Result<()> {
        let mqtt = tempfile::tempdir()?;
        let broker = Background::start(mqtt.path(), &["--mqtt"])?;
        for count in [1000, 3000] {
            let counted =
                instructions::count(&self.programs.ours, &broker.config, count, mqtt.path())?;
            let work = format!("mqtts {count}");
            self.samples.put(&work, "amqp-messenger", 0, "instructions", counted as f64);
        }
        broker.stop()?;
        let (broker, folder) = self.broker(&[])?;
        let Programs { ours, alone, .. } = &self.programs;
        for (name, program, count) in [
            ("amqp-messenger", ours, 1),
            ("amqp-messenger", ours, 1000),
            ("amqp-messenger", ours, 3000),
            ("static", alone, 1),
        ] {
            let counted = instructions::count(program, &broker.config, count, &folder)?;
            let work = format!("images {count}");
            self.samples.put(&work, name, 0, "instructions", counted as f64);
        }
        broker.stop().map(drop)
    }

    fn sizes(&mut self) -> Result<()> {
        for (program, path) in
            [("amqp-messenger", &self.programs.small), ("static", &self.programs.alone)]
        {
            self.samples.put("size", program, 0, "bytes", fs::metadata(path)?.len() as f64);
        }
        Ok(())
    }
}

/// The limit, and the broker that it is measured with.
struct Limit {
    count: usize,
    /// The file with its request, which has been recorded when it runs.
    request: PathBuf,
    /// With certificates and a configuration of its own.
    folder: tempfile::TempDir,
    broker: Background,
}

impl Limit {
    fn new(count: usize, request: PathBuf) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let broker = Background::start(folder.path(), &["--canned"])?;
        Ok(Self { count, request, folder, broker })
    }

    fn command(&self) -> Result<Command> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("limit").arg("--dir").arg(self.folder.path()).arg("--request");
        command.arg(&self.request).arg("--count").arg(self.count.to_string());
        Ok(command)
    }
}
