//! Runs a program, and measures it: its time, or its memory.

use std::{
    fs, io,
    os::unix::process::{CommandExt, ExitStatusExt},
    process::{Command, ExitStatus},
    time::{Duration, Instant},
};

use crate::system::{self, Cpu, Step};

/// What a process took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost {
    /// From before it began until it had ended.
    pub(crate) wall: Duration,
    pub(crate) cpu: Cpu,
    pub(crate) status: ExitStatus,
}

/// Runs a command to its end.
pub(crate) fn launch(command: &mut Command) -> io::Result<Cost> {
    let began = Instant::now();
    let pid = command.spawn()?.id() as libc::pid_t;
    loop {
        if let Step::Ended { status, cpu } = system::wait(pid)? {
            let wall = began.elapsed();
            return Ok(Cost { wall, cpu, status: ExitStatus::from_raw(status) });
        }
    }
}

/// Runs a command to its end, and returns how it ended and the largest resident set that it had, in KiB.
///
/// The kernel's own figure at the end (`ru_maxrss`) has that of the process that began it, too; this one is read from the
/// process just before it ends. To be stopped there takes about a millisecond, so its time is not measured here.
#[allow(unsafe_code)]
pub(crate) fn peak(command: &mut Command) -> io::Result<(ExitStatus, u64)> {
    // SAFETY: a system call and nothing else between fork and exec.
    unsafe { command.pre_exec(system::trace_me) };
    let pid = command.spawn()?.id() as libc::pid_t;
    let (mut is_traced, mut peak) = (false, 0);
    loop {
        let signal = match system::wait(pid)? {
            Step::Ended { status, .. } => return Ok((ExitStatus::from_raw(status), peak)),
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
            "wall {:.4} s, user {:.4} s, system {:.4} s",
            self.wall.as_secs_f64(),
            self.cpu.user.as_secs_f64(),
            self.cpu.system.as_secs_f64()
        )
    }
}
