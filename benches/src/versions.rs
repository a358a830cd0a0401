//! What figures depend on besides the code: the machine, and versions.

use std::{error::Error, fs, process::Command};

/// What counts of instructions depend on.
pub(crate) fn of_instructions() -> Result<Vec<String>, Box<dyn Error>> {
    let libc = said("getconf", &["GNU_LIBC_VERSION"])?;
    Ok(vec![
        said("rustc", &["--version"])?,
        openssl::version::version().to_owned(),
        libc,
        said("valgrind", &["--version"])?,
    ])
}

/// What times depend on.
pub(crate) fn of_times() -> Result<Vec<String>, Box<dyn Error>> {
    let info = fs::read_to_string("/proc/cpuinfo")?;
    let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let processors = std::thread::available_parallelism()?;
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease")?;
    let mut all = vec![
        format!("{processors} processors: {}", model.map_or("unknown", |(_, model)| model)),
        format!("Linux {}", kernel.trim()),
    ];
    all.extend(of_instructions()?);
    Ok(all)
}

fn said(program: &str, arguments: &[&str]) -> Result<String, Box<dyn Error>> {
    let output = Command::new(program).args(arguments).output();
    let output = output.map_err(|error| format!("{program}: {error}"))?;
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}
