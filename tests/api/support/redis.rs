//! A Redis of one test's own.

use std::{
    net::TcpListener,
    process::{Child, Command, Stdio},
};

use super::{TempDir, eventually};

/// A Redis server that a test starts and stops.
pub struct Redis {
    port: u16,
    folder: TempDir,
    child: Option<Child>,
}

impl Redis {
    /// A Redis that does not run yet.
    pub fn stopped() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let folder = TempDir::new("redis");
        Self { port, folder, child: None }
    }

    pub async fn started() -> Self {
        let mut redis = Self::stopped();
        redis.start().await;
        redis
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Starts it, and waits until it accepts connections.
    pub async fn start(&mut self) {
        let server = std::env::var("PALESTRA_TEST_REDIS")
            .expect("PALESTRA_TEST_REDIS names a Redis server; `make test` sets it");
        let mut command = Command::new(server);
        command
            .args(["--bind", "127.0.0.1", "--port", &self.port.to_string()])
            .args(["--save", "", "--appendonly", "no"])
            .current_dir(&*self.folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        self.child = Some(command.spawn().unwrap());
        eventually("Redis", || async { tokio::net::TcpStream::connect(("127.0.0.1", self.port)).await.ok() })
            .await;
    }

    /// Kills it.
    pub fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.stop();
    }
}
