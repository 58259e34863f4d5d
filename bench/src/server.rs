//! The server under measurement: a process of its own in a folder of its own, seen from outside.

use std::{
    fs::{self, File},
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

use crate::{LIST, Refusal, client, client::Client, wait};

/// Linux counts processor time in hundredths of a second on every machine that we run on.
const TICKS_A_SECOND: f64 = 100.0;
/// More than any start takes, and any stop.
const PATIENCE: Duration = Duration::from_secs(60);

/// A folder below the system's temporary one; it goes when this is dropped.
pub struct Folder {
    path: PathBuf,
    database: Option<String>,
    settings: &'static [(&'static str, &'static str)],
}

impl Folder {
    /// An empty one.
    pub fn make() -> Result<Self, Refusal> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("palestra-bench-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path).map_err(|error| format!("{} cannot be made: {error}", path.display()))?;
        Ok(Self { path, database: None, settings: &[] })
    }

    /// Its server has these settings too.
    #[must_use]
    pub const fn with_settings(mut self, settings: &'static [(&'static str, &'static str)]) -> Self {
        self.settings = settings;
        self
    }

    /// Its server works with this database on PostgreSQL.
    #[must_use]
    pub fn with_database(mut self, url: &str) -> Self {
        self.database = Some(url.to_owned());
        self
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn log(&self) -> PathBuf {
        self.path.join("server.log")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.path));
    }
}

/// A server that answers. It is killed when this is dropped.
pub struct Server {
    child: Child,
    at: SocketAddr,
}

impl Server {
    /// Starts it, and tells how long it took until the first answer with 200.
    pub fn start(binary: &Path, folder: &Folder, demo: bool) -> Result<(Self, Duration), Refusal> {
        Self::start_with(binary, folder, demo, &[])
    }

    /// The same, with more settings.
    pub fn start_with(
        binary: &Path,
        folder: &Folder,
        demo: bool,
        settings: &[(&str, &str)],
    ) -> Result<(Self, Duration), Refusal> {
        let at = free_address()?;
        let log =
            File::create(folder.log()).map_err(|error| format!("{}: {error}", folder.log().display()))?;
        let mut command = Command::new(binary);
        // What is set for the developer's own server must not reach this one, nor a palestra.toml.
        for (name, _) in std::env::vars_os() {
            if name == "DATABASE_URL" || name.to_string_lossy().starts_with("PALESTRA_") {
                command.env_remove(name);
            }
        }
        command
            .arg("serve")
            .args(demo.then_some("--demo"))
            .current_dir(&folder.path)
            .env("PALESTRA_LISTEN", at.to_string())
            .env("PALESTRA_DATA_DIR", folder.path.join("data"))
            .env("PALESTRA_REQUESTS_PER_MINUTE", "0")
            .env("PALESTRA_LOGINS_PER_MINUTE", "0")
            .env("PALESTRA_GUESSES_PER_HOUR", "0")
            .env("PALESTRA_LOG", "warn")
            .envs(settings.iter().copied())
            .envs(folder.settings.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log);
        if let Some(url) = &folder.database {
            command.env("DATABASE_URL", url);
        }
        let began = Instant::now();
        let child =
            command.spawn().map_err(|error| format!("{} cannot be started: {error}", binary.display()))?;
        let mut server = Self { child, at };
        let request = client::get(LIST, None);
        let mut client = server.client();
        loop {
            if client.ask(&request).is_ok_and(|status| status == 200) {
                return Ok((server, began.elapsed()));
            }
            let ended = server.child.try_wait().map_err(|error| error.to_string())?;
            if ended.is_some() || began.elapsed() > PATIENCE {
                let said = fs::read_to_string(folder.log()).unwrap_or_default();
                return Err(format!("the server does not answer; it said:\n{said}"));
            }
            wait(Duration::from_millis(1));
        }
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.at
    }

    /// Someone who asks it.
    pub const fn client(&self) -> Client {
        Client::new(self.at)
    }

    /// Asks it to stop, and waits until it has.
    pub fn stop(mut self) -> Result<(), Refusal> {
        let asked = Command::new("kill").args(["-s", "TERM", &self.child.id().to_string()]).status();
        asked.map_err(|error| format!("the server cannot be stopped: {error}"))?;
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            match self.child.try_wait().map_err(|error| error.to_string())? {
                Some(status) if status.success() => return Ok(()),
                Some(status) => return Err(format!("the server ended with {status}")),
                None => wait(Duration::from_millis(1)),
            }
        }
        Err("the server does not stop".to_owned())
    }

    /// Ends it at once, as a power cut would.
    pub fn kill(mut self) -> Result<(), Refusal> {
        self.child.kill().map_err(|error| error.to_string())?;
        self.child.wait().map(drop).map_err(|error| error.to_string())
    }

    /// A line of /proc/PID/status, in MiB.
    pub fn memory(&self, name: &str) -> Result<f64, Refusal> {
        let text = proc(&format!("{}/status", self.child.id()))?;
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
        kib.map(|kib| kib / 1024.0).ok_or_else(|| format!("/proc does not tell {name}"))
    }

    /// Processor time that it has taken so far.
    pub fn cpu(&self) -> Result<Duration, Refusal> {
        cpu(&self.child.id().to_string(), 2)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if !matches!(self.child.try_wait(), Ok(Some(_))) {
            drop(self.child.kill());
            drop(self.child.wait());
        }
    }
}

/// Processor time that this program itself has taken so far.
pub fn own_cpu() -> Result<Duration, Refusal> {
    cpu("self", 2)
}

/// Processor time that a process and its children have taken so far, those that have ended included.
pub fn cpu_of_family(parent: u32) -> Result<Duration, Refusal> {
    let mut sum = cpu(&parent.to_string(), 4)?;
    let processes = fs::read_dir("/proc").map_err(|error| format!("/proc: {error}"))?;
    for name in processes.flatten().map(|entry| entry.file_name()) {
        let name = name.to_string_lossy();
        let child = name.bytes().all(|byte| byte.is_ascii_digit())
            && proc(&format!("{name}/status")).is_ok_and(|text| {
                let line = text.lines().find_map(|line| line.strip_prefix("PPid:"));
                line.is_some_and(|line| line.trim() == parent.to_string())
            });
        if child {
            sum += cpu(&name, 2).unwrap_or_default();
        }
    }
    Ok(sum)
}

/// How busy the machine is: to tell how much of that was not ours.
pub struct Machine {
    at: Instant,
    busy: f64,
    ours: Duration,
}

impl Machine {
    /// While no server runs.
    pub fn now() -> Result<Self, Refusal> {
        let text = proc("stat")?;
        let line = text.lines().next().unwrap_or_default();
        let fields: Vec<f64> =
            line.split_whitespace().skip(1).filter_map(|field| field.parse().ok()).collect();
        // user nice system idle iowait irq softirq steal
        let busy =
            fields.iter().take(8).enumerate().filter(|(at, _)| ![3, 4].contains(at)).map(|(_, ticks)| ticks);
        Ok(Self { at: Instant::now(), busy: busy.sum::<f64>() / TICKS_A_SECOND, ours: cpu("self", 4)? })
    }

    /// In cores, on average.
    pub fn others_since(&self, before: &Self) -> f64 {
        let ours = self.ours.saturating_sub(before.ours).as_secs_f64();
        let time = self.at.saturating_duration_since(before.at).as_secs_f64();
        ((self.busy - before.busy - ours) / time.max(0.01)).max(0.0)
    }
}

/// The first so many of: user time, system time, user time of children that have ended, system time of those.
fn cpu(process: &str, count: usize) -> Result<Duration, Refusal> {
    let text = proc(&format!("{process}/stat"))?;
    // The second field is the program's name in brackets, and may hold anything.
    let fields = text.rsplit_once(')').map(|(_, rest)| rest.split_whitespace()).into_iter().flatten();
    let times: Vec<f64> = fields.skip(11).take(count).filter_map(|field| field.parse().ok()).collect();
    if times.len() < count {
        return Err("/proc does not tell the processor time".to_owned());
    }
    Ok(Duration::from_secs_f64(times.iter().sum::<f64>() / TICKS_A_SECOND))
}

fn proc(path: &str) -> Result<String, Refusal> {
    fs::read_to_string(format!("/proc/{path}"))
        .map_err(|error| format!("/proc/{path}: {error}; this needs Linux"))
}

fn free_address() -> Result<SocketAddr, Refusal> {
    let found = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr());
    found.map_err(|error| format!("there is no free port: {error}"))
}
