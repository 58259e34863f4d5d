//! A wire to PostgreSQL that can be cut when the server has done what it was asked and says so.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream, tcp},
};

pub struct TcpProxy {
    url: String,
    cuts: Arc<AtomicBool>,
}

impl TcpProxy {
    /// Starts a proxy to the server of this database.
    pub async fn to(url: &str) -> Self {
        let (scheme, rest) = url.split_once("://").unwrap();
        let (place, database) = rest.split_once('/').unwrap();
        let server = place.rsplit_once('@').map_or(place, |(_, server)| server).to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let wire = Self {
            url: format!("{scheme}://{}/{database}", listener.local_addr().unwrap()),
            cuts: Arc::default(),
        };
        let cuts = wire.cuts.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(&server).await.unwrap();
                let ((from_client, to_client), (from_server, to_server)) =
                    (client.into_split(), server.into_split());
                let (never, cuts) = (Arc::default(), cuts.clone());
                tokio::spawn(async move {
                    tokio::select! {
                        () = carry(from_client, to_server, never) => (),
                        () = carry(from_server, to_client, cuts) => (),
                    }
                });
            }
        });
        wire
    }

    /// The URL of the database through the proxy.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Drops the next response, and closes its connection.
    pub fn drop_next_response(&self) {
        self.cuts.store(true, Ordering::SeqCst);
    }

    pub fn has_dropped(&self) -> bool {
        !self.cuts.load(Ordering::SeqCst)
    }
}

async fn carry(mut from: tcp::OwnedReadHalf, mut to: tcp::OwnedWriteHalf, cuts: Arc<AtomicBool>) {
    let mut bytes = vec![0; 65_536];
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        if cuts.swap(false, Ordering::SeqCst) || to.write_all(&bytes[..count]).await.is_err() {
            return;
        }
    }
}
