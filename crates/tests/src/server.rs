//! The program under test as a process.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::database::{self, Kind};
use crate::guard::Guard;
use crate::{PATIENCE, binary, number_in};

/// The key of the published samples, which the development account accepts.
pub const DEVELOPMENT_KEY: &str = "sk_sandbox_c8oLGaI__msxsXbpBDpdtwJEz_eIhfQoKHmedqgZPCdBx59zpKZLSk8OPLT0cZolbeuYJSBvzDVVsYvtpo5RkQ";

/// All keys of the published samples.
pub const PUBLISHED_KEYS: [&str; 5] = [
    DEVELOPMENT_KEY,
    "sk_sandbox_1WYDtq7yAdqhmQ7KEUAvPlCCRBYc9HTY9KOPJKZtfWkzsSISj1L8c4GG5l4pBB5Bj85hkJgTL9vmOmki5QnQfQ",
    "sk_sandbox_EtKXUrMCHU9Y7NCURtDRI9KEn0yqWDgy4JFUOeg0QNGRihcml31fxJURpfbdlx1D",
    "sk_sandbox_h9zJhmgbLD_XmHnj75sFtnLr0sEc3zbwcUoJDbSZXqZd0Ra2-fOpZU34d_Iu75BE",
    "sk_sandbox_kqCwRaWEsl9OM0xNSxh00eayT9k8hAqURGeNQseeV62rMxO5ZiZHub0-XRqkzPLfES2fVUl0seMOyujCIiYaMTaDyiBPf25b7W3Gr3oE0qbpTeM4MRuUMgtDt_scAEfJdqYBlBB_gt_31Bw7FihTISp2WIXXGeTD5WbwhdIhraIJVWR7jo2Hy-xKlBpK-lE8",
];

/// A running program with a data folder of its own. It is killed when dropped,
/// and when the test process ends in whatever way.
pub struct Tatami {
    data: TempDir,
    /// Where it stores, if that is not the folder.
    database: Option<String>,
    arguments: Vec<String>,
    child: Child,
    guard: Guard,
    base: String,
    metrics: String,
    said: Arc<Mutex<Vec<u8>>>,
}

/// How a program ended, and what it said.
#[derive(Debug)]
pub struct Exit {
    /// Its exit status.
    pub status: ExitStatus,
    /// Everything it wrote to standard output and standard error.
    pub output: String,
}

/// The server that the tests of one binary share, each with an account of its own.
pub fn shared() -> &'static Tatami {
    static SHARED: OnceLock<Tatami> = OnceLock::new();
    SHARED.get_or_init(Tatami::start)
}

/// Runs the program with `arguments` until it ends by itself. One that is still
/// running after [`PATIENCE`] is killed, which fails the test.
pub fn run<S: AsRef<std::ffi::OsStr>>(arguments: impl IntoIterator<Item = S>) -> Exit {
    run_with(arguments, &[])
}

/// The same with environment variables.
pub fn run_with<S: AsRef<std::ffi::OsStr>>(
    arguments: impl IntoIterator<Item = S>,
    environment: &[(&str, &str)],
) -> Exit {
    // What it writes to its own folder by default belongs nowhere else.
    let folder = tempfile::tempdir().expect("a folder to run in");
    let child = command()
        .args(arguments)
        .envs(environment.iter().copied())
        .current_dir(folder.path())
        .spawn()
        .expect("the program under test can be started");
    let guard = Guard::over(child.id(), None);
    let said = Arc::default();
    let mut running = Running { child, guard };
    let (_first, ears) = listen(&mut running.child, &said);
    let status = wait(&mut running.child);
    for ear in ears {
        // They end with the output; a panic in one would lack in the text.
        let _ = ear.join();
    }
    let output = text(&said);
    Exit { status, output }
}

struct Running {
    child: Child,
    guard: Guard,
}

impl Drop for Running {
    fn drop(&mut self) {
        end(&mut self.child);
        self.guard.dismiss();
    }
}

impl Tatami {
    /// Starts the program on a free port, a new data folder and a new database
    /// of the kind that `TATAMI_TEST_DATABASE` names.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// Starts it with more arguments after `serve`.
    pub fn start_with(arguments: &[&str]) -> Self {
        Self::start_on_kind(Kind::of_environment(), arguments)
    }

    /// Starts it on a new database of that kind, whatever the environment says.
    pub fn start_on_kind(kind: Kind, arguments: &[&str]) -> Self {
        Self::launch(new_folder(), database::new(kind), arguments)
    }

    /// Starts it on a folder that exists already, and what the arguments name.
    pub fn start_on(data: TempDir, arguments: &[&str]) -> Self {
        Self::launch(data, None, arguments)
    }

    /// Starts it on a PostgreSQL database that exists already, with a new folder.
    pub fn start_on_database(url: &str, arguments: &[&str]) -> Self {
        Self::launch(new_folder(), Some(url.to_owned()), arguments)
    }

    /// Lets no file of the program grow beyond so many bytes, or as far as they
    /// want: what it meets then is an error in the middle of a write, as when a
    /// disk is full.
    pub fn limit_files(&self, bytes: Option<u64>) {
        let limit = bytes.map_or("unlimited".to_owned(), |bytes| bytes.to_string());
        let limited = Command::new("prlimit")
            .args(["--pid", &self.child.id().to_string()])
            .arg(format!("--fsize={limit}:unlimited"))
            .status()
            .expect("prlimit can be started");
        assert!(limited.success(), "the limit was not set");
    }

    fn launch(data: TempDir, database: Option<String>, arguments: &[&str]) -> Self {
        let database_named = database.iter().flat_map(|url| ["--database", url]);
        let arguments: Vec<String> = database_named
            .chain(arguments.iter().copied())
            .map(str::to_owned)
            .collect();
        let said = Arc::default();
        let Serving {
            child,
            guard,
            base,
            metrics,
        } = serve(data.path(), &arguments, &said);
        Self {
            data,
            database,
            arguments,
            child,
            guard,
            base,
            metrics,
            said,
        }
    }

    /// What a subcommand needs to find this installation.
    pub fn place(&self) -> Vec<&str> {
        let data = self.data().to_str().expect("a plain path");
        let database = self.database.iter().flat_map(|url| ["--database", url]);
        ["--data", data].into_iter().chain(database).collect()
    }

    /// Everything it has stored: its files, and its database if that is elsewhere.
    pub fn stored(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut stored = files(self.data());
        if let Some(url) = &self.database {
            stored.push((PathBuf::from("the database"), database::dump(url)));
        }
        stored
    }

    /// `http://ADDR`, from the first line it printed.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Where it tells its metrics, from the second line it printed; empty if nowhere.
    pub fn metrics(&self) -> &str {
        &self.metrics
    }

    /// Its data folder.
    pub fn data(&self) -> &Path {
        self.data.path()
    }

    /// Everything it has written to standard output and standard error, earlier
    /// starts included.
    pub fn output(&self) -> String {
        text(&self.said)
    }

    /// Runs a subcommand on the same data folder and gives the last word of the
    /// line that starts with `label`.
    pub fn admin(&self, arguments: &[&str], label: &str) -> String {
        let exit = run(arguments.iter().copied().chain(self.place()));
        assert!(exit.status.success(), "{arguments:?}: {}", exit.output);
        word(&exit.output, label)
    }

    /// Kills it as a power cut would, and starts it again on the same folder.
    pub fn crash(&mut self) {
        self.kill9();
        self.again();
    }

    /// Stops it in good order, and starts it again on the same folder.
    pub fn restart(&mut self) {
        assert!(self.sigterm().success(), "{}", self.output());
        self.again();
    }

    /// Stops it in good order, and starts it again on the same data with other
    /// arguments.
    pub fn restart_with(&mut self, arguments: &[&str]) {
        let database = self.database.iter().flat_map(|url| ["--database", url]);
        let arguments = database.chain(arguments.iter().copied());
        self.arguments = arguments.map(str::to_owned).collect();
        self.restart();
    }

    /// The options that give another program the keys in this one's folder.
    pub fn keys(&self) -> Vec<String> {
        let key = |option: &str, file: &str| {
            let text = std::fs::read_to_string(self.data().join(file)).expect("a key");
            [option.to_owned(), text.trim().replace('\n', ",")]
        };
        [
            key("--installation-key", "installation.key"),
            key("--vault-key", "vault.key"),
        ]
        .concat()
    }

    /// Whatever a test did: no card number is in the data folder or the output.
    fn keeps_no_card_number(&self) {
        let said = number_in(self.output().as_bytes());
        assert_eq!(said, None, "a card number is in the output");
        for (path, bytes) in files(self.data()) {
            let held = number_in(&bytes);
            assert_eq!(held, None, "a card number is in {}", path.display());
        }
    }

    /// Kills it with SIGKILL.
    pub fn kill9(&mut self) {
        end(&mut self.child);
    }

    /// Sends SIGTERM and waits for the end.
    pub fn sigterm(&mut self) -> ExitStatus {
        self.stop("TERM")
    }

    /// Sends a signal by its name and waits for the end.
    pub fn stop(&mut self, name: &str) -> ExitStatus {
        self.signal(name);
        wait(&mut self.child)
    }

    /// Sends a signal by its name.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .args(["-s", name, &self.child.id().to_string()])
            .status()
            .expect("signals can be sent");
        assert!(sent.success(), "SIG{name} was not sent");
    }

    /// Starts it again on the same folder, after its end.
    pub fn again(&mut self) {
        self.guard.dismiss();
        let serving = serve(self.data.path(), &self.arguments, &self.said);
        (self.child, self.guard) = (serving.child, serving.guard);
        (self.base, self.metrics) = (serving.base, serving.metrics);
    }
}

impl Drop for Tatami {
    fn drop(&mut self) {
        end(&mut self.child);
        self.guard.dismiss();
        if !std::thread::panicking() {
            self.keeps_no_card_number();
        }
    }
}

fn new_folder() -> TempDir {
    tempfile::tempdir().expect("a folder for the data")
}

/// The files of a folder with what is in them.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            let bytes = std::fs::read(&path).expect("a readable file");
            found.push((path, bytes));
        }
    }
    found
}

fn command() -> Command {
    let mut command = Command::new("sh");
    command
        // Beyond a limit of files, a write is an error and not the end.
        .args(["-c", r#"trap '' XFSZ; exec "$0" "$@""#])
        .arg(binary())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("TATAMI_") {
            command.env_remove(name);
        }
    }
    // Tests ask again and again rather than sleep. An argument overrides this.
    command.env("TATAMI_RATE_PER_KEY", "0");
    command
}

/// A program that listens.
struct Serving {
    child: Child,
    guard: Guard,
    base: String,
    metrics: String,
}

fn serve(data: &Path, arguments: &[String], said: &Arc<Mutex<Vec<u8>>>) -> Serving {
    let mut child = command()
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(data)
        .args(arguments)
        .spawn()
        .expect("the program under test can be started");
    let guard = Guard::over(child.id(), Some(data));
    let (first, _) = listen(&mut child, said);
    let line = first.recv_timeout(PATIENCE).unwrap_or_default();
    let Some(base) = line.strip_prefix("listening on ") else {
        end(&mut child);
        panic!(
            "the first line is not 'listening on …' but {line:?}: {}",
            text(said)
        );
    };
    let metrics = match arguments.iter().any(|argument| argument == "off") {
        true => String::new(),
        false => first.recv_timeout(PATIENCE).unwrap_or_default(),
    };
    Serving {
        child,
        guard,
        base: base.trim().to_owned(),
        metrics: metrics
            .strip_prefix("metrics on ")
            .unwrap_or_default()
            .trim()
            .to_owned(),
    }
}

/// Collects what a child says, in threads that end when it does; gives its
/// lines on standard output.
fn listen(
    child: &mut Child,
    said: &Arc<Mutex<Vec<u8>>>,
) -> (Receiver<String>, Vec<JoinHandle<()>>) {
    let (tell, first) = channel();
    let mut ears = Vec::new();
    if let Some(out) = child.stdout.take() {
        let said = Arc::clone(said);
        ears.push(std::thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                write(&said, line.as_bytes());
                // Only the first ones are waited for.
                let _ = tell.send(line);
            }
        }));
    }
    if let Some(mut err) = child.stderr.take() {
        let said = Arc::clone(said);
        ears.push(std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(read @ 1..) = err.read(&mut buffer) {
                lock(&said).extend_from_slice(&buffer[..read]);
            }
        }));
    }
    (first, ears)
}

fn lock(said: &Mutex<Vec<u8>>) -> std::sync::MutexGuard<'_, Vec<u8>> {
    said.lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn write(said: &Mutex<Vec<u8>>, line: &[u8]) {
    let mut said = lock(said);
    said.extend_from_slice(line);
    said.push(b'\n');
}

fn text(said: &Mutex<Vec<u8>>) -> String {
    String::from_utf8_lossy(&lock(said)).into_owned()
}

fn word(output: &str, label: &str) -> String {
    output
        .lines()
        .find(|line| line.starts_with(label))
        .and_then(|line| line.split_whitespace().next_back())
        .unwrap_or_else(|| panic!("no line starts with {label:?}: {output}"))
        .to_owned()
}

/// Waits for a child's end, which must come by itself.
fn wait(child: &mut Child) -> ExitStatus {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match child.try_wait().expect("a child can be waited for") {
            Some(status) => return status,
            None if Instant::now() > deadline => {
                end(child);
                panic!("the program did not end within {PATIENCE:?}");
            }
            None => std::thread::park_timeout(Duration::from_millis(5)),
        }
    }
}

fn end(child: &mut Child) {
    // An error means that it ended before.
    let _ = child.kill();
    let _ = child.wait();
}
