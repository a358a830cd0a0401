//! Runs a program, and measures it: wall time, processor time, peak memory.

use std::{
    fs, io,
    os::unix::process::{CommandExt, ExitStatusExt},
    process::{Command, ExitStatus},
    time::{Duration, Instant},
};

use crate::system::{self, Cpu, Step};

/// What a process cost.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost {
    /// From before it began until it had ended.
    pub(crate) wall: Duration,
    pub(crate) cpu: Cpu,
    /// Its largest resident set, in KiB. The kernel's own figure at the end (`ru_maxrss`) has that of the process that began it,
    /// too; this one is read from the process just before it ends.
    pub(crate) peak: u64,
    pub(crate) status: ExitStatus,
}

/// Runs a command to its end.
#[allow(unsafe_code)]
pub(crate) fn launch(command: &mut Command) -> io::Result<Cost> {
    // SAFETY: a system call and nothing else between fork and exec.
    unsafe { command.pre_exec(system::trace_me) };
    let began = Instant::now();
    let pid = command.spawn()?.id() as libc::pid_t;
    let (mut is_traced, mut peak) = (false, 0);
    loop {
        let signal = match system::wait(pid)? {
            Step::Ended { status, cpu } => {
                let wall = began.elapsed();
                return Ok(Cost { wall, cpu, peak, status: ExitStatus::from_raw(status) });
            }
            Step::Exiting => {
                peak = high_water(pid)?;
                0
            }
            // The exec, and nothing that the program should see.
            Step::Stopped(libc::SIGTRAP) if !is_traced => {
                system::trace_exit(pid)?;
                is_traced = true;
                0
            }
            Step::Stopped(signal) => signal,
        };
        system::go_on(pid, signal)?;
    }
}

/// The largest resident set that a process had, in KiB.
fn high_water(pid: libc::pid_t) -> io::Result<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse().ok())
        .ok_or_else(|| io::Error::other("no VmHWM in /proc"))
}

impl std::fmt::Display for Cost {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            out,
            "wall {:.4} s, user {:.4} s, system {:.4} s, peak {:.1} MiB",
            self.wall.as_secs_f64(),
            self.cpu.user.as_secs_f64(),
            self.cpu.system.as_secs_f64(),
            self.peak as f64 / 1024.0
        )
    }
}
