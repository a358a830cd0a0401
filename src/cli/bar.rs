//! A line at the bottom of the terminal that is drawn again and again, while other lines are printed above it.
//!
//! It has no colours and no escape sequences: only carriage returns and blanks.

use std::{
    fmt,
    fs::File,
    io::{self, Write},
    mem,
    os::fd::AsFd,
    sync::{Mutex, MutexGuard, OnceLock, PoisonError},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle, TermLike};

use super::unblocking;

/// How often it is drawn in a second at most.
const RATE: u8 = 10;

/// There is one run in a process.
static BAR: OnceLock<ProgressBar> = OnceLock::new();

/// What the terminal did not accept of the last drawing. The next one need not complete it, but a line that is printed
/// would be torn by what is drawn.
static UNWRITTEN: Mutex<Vec<u8>> = Mutex::new(Vec::new());

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Draws a bar of this length on standard error, with a text that is asked for at each drawing, for this many columns.
/// Nothing, if that is not a terminal on which a line can be drawn again.
pub(super) fn begin(length: u64, text: fn(usize) -> String) -> Option<&'static ProgressBar> {
    let is_dumb = std::env::var_os("TERM").is_none_or(|name| name.is_empty() || name == "dumb");
    let file = unblocking::terminal(io::stderr().as_fd()).filter(|_| !is_dumb)?;
    let screen = Screen { file, drawn: Mutex::default() };
    let target = ProgressDrawTarget::term_like_with_hz(Box::new(screen), RATE);
    let text = move |_: &ProgressState, out: &mut dyn fmt::Write| {
        // The blank after it must fit, too.
        let _ = out.write_str(&text(columns() - 1));
    };
    let style = ProgressStyle::with_template("{text} {wide_bar}").ok()?;
    let style = style.with_key("text", text).progress_chars("=> ");
    let bar = ProgressBar::with_draw_target(Some(length), target).with_style(style);
    Some(BAR.get_or_init(|| bar))
}

/// Prints something on the same terminal, whole lines, while the bar is hidden. What it gets is to be written first.
pub(super) fn aside<T>(print: impl FnOnce(&[u8]) -> T) -> T {
    let print = || print(&mem::take(&mut *lock(&UNWRITTEN)));
    match BAR.get() {
        Some(bar) if !bar.is_finished() => bar.suspend(print),
        _ => print(),
    }
}

/// The columns of the terminal; the last one stays free, or some terminals would begin a new line.
fn columns() -> usize {
    usize::from(console::Term::stderr().size().1.max(11) - 1)
}

/// A terminal on which one line is drawn. What it does not accept at once is not drawn: the run never waits for it.
struct Screen {
    file: File,
    drawn: Mutex<String>,
}

impl fmt::Debug for Screen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.file.fmt(f)
    }
}

impl TermLike for Screen {
    fn width(&self) -> u16 {
        u16::try_from(columns()).unwrap_or(u16::MAX)
    }

    fn move_cursor_up(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_down(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_right(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_left(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        self.write_str(&format!("{text}\n"))
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        lock(&self.drawn).push_str(text);
        Ok(())
    }

    fn clear_line(&self) -> io::Result<()> {
        self.write_str("\r")
    }

    fn flush(&self) -> io::Result<()> {
        let mut drawn = mem::take(&mut *lock(&self.drawn));
        // A line that is drawn covers the one before.
        if drawn == "\r" {
            drawn = format!("\r{}\r", " ".repeat(columns()));
        }
        let written = (&self.file).write(drawn.as_bytes()).unwrap_or_default();
        *lock(&UNWRITTEN) = drawn.split_off(written).into_bytes();
        Ok(())
    }
}
