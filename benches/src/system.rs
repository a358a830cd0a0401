//! System calls that the standard library does not have.
#![allow(unsafe_code)]

use std::{
    io,
    os::fd::{AsRawFd, BorrowedFd},
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

/// Waits until one of these is ready to be read, or to be written if its `bool` says so; a signal or the timeout end the wait, too.
pub(crate) fn poll(descriptors: &[(BorrowedFd<'_>, bool)], timeout: Option<Duration>) {
    let mut all: Vec<_> = descriptors
        .iter()
        .map(|(descriptor, writes)| libc::pollfd {
            fd: descriptor.as_raw_fd(),
            events: if *writes { libc::POLLIN | libc::POLLOUT } else { libc::POLLIN },
            revents: 0,
        })
        .collect();
    let timeout = timeout.map(|it| libc::timespec {
        tv_sec: it.as_secs() as libc::time_t,
        tv_nsec: it.subsec_nanos().into(),
    });
    let timeout = timeout.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
    // SAFETY: the array has that many elements, the descriptors are borrowed, the time lives until the call returns. Errors are
    // like a wait that ended early: the caller looks at every descriptor.
    unsafe { libc::ppoll(all.as_mut_ptr(), all.len() as libc::nfds_t, timeout, std::ptr::null()) };
}

static ENDED: AtomicBool = AtomicBool::new(false);

extern "C" fn end(_: libc::c_int) {
    ENDED.store(true, Ordering::Relaxed);
}

/// Lets SIGINT and SIGTERM only set what [`has_ended`] reads.
pub(crate) fn catch_signals() {
    for signal in [libc::SIGINT, libc::SIGTERM] {
        // SAFETY: the handler only stores into an atomic. No flag is set: a signal ends a wait.
        unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = end as extern "C" fn(libc::c_int) as libc::sighandler_t;
            libc::sigaction(signal, &action, std::ptr::null_mut());
        }
    }
}

/// Sends SIGTERM to a child that was not waited for.
pub(crate) fn terminate(child: u32) {
    // SAFETY: takes no pointers. The number is that of the child until it is waited for.
    unsafe { libc::kill(child as libc::pid_t, libc::SIGTERM) };
}

/// Whether SIGINT or SIGTERM has come.
pub(crate) fn has_ended() -> bool {
    ENDED.load(Ordering::Relaxed)
}

/// Processor time, of the program and of the kernel for it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cpu {
    pub(crate) user: Duration,
    pub(crate) system: Duration,
}

impl Cpu {
    fn of(usage: &libc::rusage) -> Self {
        let time = |it: libc::timeval| {
            Duration::from_secs(it.tv_sec as u64) + Duration::from_micros(it.tv_usec as u64)
        };
        Self { user: time(usage.ru_utime), system: time(usage.ru_stime) }
    }

    /// That of this process until now.
    pub(crate) fn own() -> Self {
        // SAFETY: all zeros are a value of the structure, which the call fills.
        let usage = unsafe {
            let mut usage: libc::rusage = std::mem::zeroed();
            libc::getrusage(libc::RUSAGE_SELF, &mut usage);
            usage
        };
        Self::of(&usage)
    }
}

/// Asks for this process to be traced by its parent, from its next exec on.
///
/// # Errors
/// If the system refuses.
pub(crate) fn trace_me() -> io::Result<()> {
    // SAFETY: takes no pointers.
    match unsafe { libc::ptrace(libc::PTRACE_TRACEME, 0, 0, 0) } {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

/// What a child did next; one that is not traced only ends.
pub(crate) enum Step {
    /// It is about to end, and its memory still exists.
    Exiting,
    Stopped(libc::c_int),
    Ended {
        status: libc::c_int,
        cpu: Cpu,
    },
}

/// Waits for what a child does next.
pub(crate) fn wait(pid: libc::pid_t) -> io::Result<Step> {
    let (mut status, mut usage) = (0, None);
    loop {
        // SAFETY: all zeros are a value of the structure; the call fills both.
        let waited = unsafe {
            let usage = usage.insert(std::mem::zeroed());
            libc::wait4(pid, &mut status, 0, usage)
        };
        if waited == pid {
            break;
        }
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
    if !libc::WIFSTOPPED(status) {
        let cpu = usage.as_ref().map(Cpu::of).unwrap_or_default();
        return Ok(Step::Ended { status, cpu });
    }
    Ok(match status >> 8 == libc::SIGTRAP | (libc::PTRACE_EVENT_EXIT << 8) {
        true => Step::Exiting,
        false => Step::Stopped(libc::WSTOPSIG(status)),
    })
}

/// Asks for a stop when this traced child, which is stopped, is about to end; it ends with its parent.
pub(crate) fn trace_exit(pid: libc::pid_t) -> io::Result<()> {
    let options = libc::PTRACE_O_TRACEEXIT | libc::PTRACE_O_EXITKILL;
    // SAFETY: takes no pointers; the options are a number.
    match unsafe { libc::ptrace(libc::PTRACE_SETOPTIONS, pid, 0, options) } {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

/// Continues a traced child that is stopped, with this signal unless it is 0.
pub(crate) fn go_on(pid: libc::pid_t, signal: libc::c_int) -> io::Result<()> {
    // SAFETY: takes no pointers.
    match unsafe { libc::ptrace(libc::PTRACE_CONT, pid, 0, signal) } {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}
