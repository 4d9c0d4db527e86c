//! The program, started for a task.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use crate::step::{WHOLE, cargo, run, target};

/// The key of the published samples.
pub const KEY: &str = "sk_sandbox_c8oLGaI__msxsXbpBDpdtwJEz_eIhfQoKHmedqgZPCdBx59zpKZLSk8OPLT0cZolbeuYJSBvzDVVsYvtpo5RkQ";

/// Where the program is, once it is built.
pub fn binary() -> PathBuf {
    let name = format!("tatami{}", std::env::consts::EXE_SUFFIX);
    target().join("debug").join(name)
}

/// Builds the program and its tests, as far as they are not there in their newest form.
///
/// # Errors
/// If it does not build.
pub fn build() -> Result<(), String> {
    run(cargo(&["build"]).args(WHOLE).arg("--all-targets"))
}

/// A running program with a data folder of its own.
pub struct Server {
    child: Child,
    data: PathBuf,
    /// `127.0.0.1:PORT`.
    pub address: String,
}

impl Server {
    /// Starts it.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn start(name: &str) -> Result<Self, String> {
        let data = target()
            .join("tasks")
            .join(format!("{name}-{}", std::process::id()));
        // Left over from a task that was killed under the same number.
        let _ = std::fs::remove_dir_all(&data);
        let mut child = Command::new(binary())
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(&data)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("{}: {error}", binary().display()))?;
        let mut line = String::new();
        if let Some(out) = child.stdout.take() {
            let mut lines = BufReader::new(out);
            // The line is checked below, whatever came of reading it.
            let _ = lines.read_line(&mut line);
            std::thread::spawn(move || lines.lines().map_while(Result::ok).for_each(drop));
        }
        let address = line.trim().strip_prefix("listening on http://");
        let address = address.map(str::to_owned).unwrap_or_default();
        let server = Self {
            child,
            data,
            address,
        };
        if server.address.is_empty() {
            return Err(format!("the program said {line:?} first"));
        }
        Ok(server)
    }

    /// `http://127.0.0.1:PORT`.
    pub fn base(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; the folder is only litter.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.data);
    }
}
