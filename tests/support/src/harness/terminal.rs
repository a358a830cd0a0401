//! A terminal as standard error.

use super::Program;

/// Opens a terminal of a number of columns as the program's standard error, and passes on what is written to it. Once that
/// holds a text, sends a signal.
const TERMINAL: &str = r#"
import fcntl, os, pty, struct, subprocess, sys, termios
columns, text, signal, *words = sys.argv[1:]
terminal, slave = pty.openpty()
fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, int(columns), 0, 0))
program = subprocess.Popen(words, stderr=slave)
os.close(slave)
seen = b""
while True:
    try:
        some = os.read(terminal, 65536)
    except OSError: # the end of a terminal
        break
    seen += some
    if text and text.encode() in seen:
        program.send_signal(int(signal))
        text = ""
sys.stderr.buffer.write(seen)
sys.exit(program.wait())
"#;

impl Program {
    /// The same with a terminal as standard error, which has that number of columns and is called `name` (`TERM`).
    #[must_use]
    pub fn on_terminal(self, columns: usize, name: &str) -> Self {
        self.signalled_on_terminal(columns, name, "", 0)
    }

    /// The same; it gets a signal once this text is on the terminal.
    #[must_use]
    pub fn signalled_on_terminal(
        mut self,
        columns: usize,
        name: &str,
        text: &str,
        signal: i32,
    ) -> Self {
        self.command.env("TERM", name);
        let (columns, signal) = (columns.to_string(), signal.to_string());
        self.within("python3", &["-c", TERMINAL, &columns, text, &signal])
    }
}

/// What a reader of the terminal sees in the end, scrolled off or not: lines, however many rows each takes. Only what the
/// program may use is known: line breaks, carriage returns and text.
pub fn shown(bytes: &str, columns: usize) -> Vec<String> {
    // Each row, and whether it continues the one before.
    let mut rows: Vec<(Vec<char>, bool)> = vec![(vec![], false)];
    let mut column = 0;
    for c in bytes.chars() {
        match c {
            '\r' => column = 0,
            '\n' => rows.push((vec![], false)),
            c => {
                assert!(!c.is_control(), "{c:?} in {bytes:?}");
                if column == columns {
                    rows.push((vec![], true));
                    column = 0;
                }
                let row = &mut rows.last_mut().unwrap().0;
                row.resize(row.len().max(column + 1), ' ');
                row[column] = c;
                column += 1;
            }
        }
    }
    let mut lines: Vec<String> = Vec::new();
    for (row, continues) in rows {
        match lines.last_mut().filter(|_| continues) {
            Some(line) => line.extend(row),
            None => lines.push(row.into_iter().collect()),
        }
    }
    lines.iter().map(|line| line.trim_end().to_owned()).filter(|line| !line.is_empty()).collect()
}
