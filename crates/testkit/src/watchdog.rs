//! Clears up after a test process, however that ended.

use std::io;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Reads nothing until its input closes, which it does with the process that
/// holds the other end; then ends the server and removes its folder.
const SCRIPT: &str = r#"
trap '' INT TERM HUP
read -r _
if [ -f "$1/data/postmaster.pid" ]; then
    server=$(head -n 1 "$1/data/postmaster.pid")
    kill -QUIT "$server"
    tries=0
    while kill -0 "$server" 2>/dev/null && [ $((tries += 1)) -lt 100 ]; do sleep 0.05; done
fi
rm -rf "$1"
"#;

/// A process that outlives the tests by a moment.
pub struct Watchdog(Child);

impl Watchdog {
    /// Watches over the server in a folder.
    pub fn over(folder: &Path) -> io::Result<Self> {
        let mut command = Command::new("sh");
        command
            .args(["-c", SCRIPT, "watchdog"])
            .arg(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        Ok(Self(command.spawn()?))
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        // Whether it found anything to do does not matter.
        let _ = self.0.wait();
    }
}
