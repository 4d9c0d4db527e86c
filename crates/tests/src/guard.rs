//! What clears up after a test process, however that ended.

use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

/// A shell that outlives the test process by a moment: when the pipe to it
/// closes, it kills the program and removes the data folder, so that a test
/// that was itself killed leaves nothing behind.
pub(crate) struct Guard {
    shell: Child,
    line: Option<ChildStdin>,
}

impl Guard {
    /// Guards a process, and the folder of its data.
    pub(crate) fn over(process: u32, data: Option<&Path>) -> Self {
        let mut shell = Command::new("sh")
            .args([
                "-c",
                r#"read -r _; kill -9 "$1" 2>/dev/null; [ -z "$2" ] || rm -rf "$2""#,
                "guard",
            ])
            .arg(process.to_string())
            .arg(data.map_or_else(PathBuf::new, Path::to_owned))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("a shell can be started");
        let line = shell.stdin.take();
        Self { shell, line }
    }

    /// Ends the guard without its doing anything.
    pub(crate) fn dismiss(&mut self) {
        // An error means that it ended before.
        let _ = self.shell.kill();
        let _ = self.shell.wait();
        self.line = None;
    }
}
