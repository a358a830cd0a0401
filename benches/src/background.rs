//! A broker in a process of its own, for as long as it is needed.

use std::{
    error::Error,
    fs,
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
    time::Duration,
};

use crate::system;

pub(crate) struct Background {
    child: Child,
    out: BufReader<ChildStdout>,
    /// The configuration of its clients.
    pub(crate) config: PathBuf,
}

impl Background {
    /// Starts one with these options, its files in a folder.
    pub(crate) fn start(folder: &Path, options: &[&str]) -> Result<Self, Box<dyn Error>> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("broker").arg("--dir").arg(folder).args(options).stdout(Stdio::piped());
        let mut child = command.spawn()?;
        let mut out = BufReader::new(child.stdout.take().ok_or("no standard output")?);
        let mut config = None;
        let mut line = String::new();
        while out.read_line(&mut line)? > 0 && line != "ready\n" {
            config = line.trim_end().strip_prefix("config ").map(PathBuf::from).or(config);
            line.clear();
        }
        let config = config.ok_or("the broker did not start")?;
        Ok(Self { child, out, config })
    }

    /// The processor time that it has used.
    pub(crate) fn cpu(&self) -> Result<Duration, Box<dyn Error>> {
        // In nanoseconds; other figures of a running process count in hundredths of a second. It has one thread.
        let text = fs::read_to_string(format!("/proc/{}/schedstat", self.child.id()))?;
        let time = text.split(' ').next().ok_or("no time in schedstat")?;
        Ok(Duration::from_nanos(time.parse()?))
    }

    /// Ends it; what it printed at its end.
    pub(crate) fn stop(mut self) -> Result<String, Box<dyn Error>> {
        system::terminate(self.child.id());
        let mut rest = String::new();
        self.out.read_to_string(&mut rest)?;
        self.child.wait()?;
        Ok(rest.trim_end().to_owned())
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        // It has ended already if it was stopped.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
