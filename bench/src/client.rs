//! A small HTTP/1.1 client: one connection that is kept alive, one request at a time, answers with a content-length.

use std::{
    io::{Error, ErrorKind, Read, Result, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use serde_json::{Value, json};

use crate::{PASSWORD, Refusal};

/// Longer than the server allows itself.
const PATIENCE: Duration = Duration::from_secs(40);

/// Bytes to send.
pub type Request = Vec<u8>;

/// A GET request.
pub fn get(path: &str, token: Option<&str>) -> Request {
    let authorization = token.map(|token| format!("authorization: Bearer {token}\r\n")).unwrap_or_default();
    format!("GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\naccept: application/json\r\n{authorization}\r\n")
        .into_bytes()
}

/// A request with a JSON body. `If-Match` accepts whatever version is there.
pub fn send(method: &str, path: &str, token: Option<&str>, body: &Value) -> Request {
    let authorization = token.map(|token| format!("authorization: Bearer {token}\r\n")).unwrap_or_default();
    let body = body.to_string();
    let length = body.len();
    format!(
        "{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\naccept: application/json\r\n{authorization}\
         content-type: application/json\r\nif-match: *\r\ncontent-length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

/// A POST request with JSON, and perhaps another header.
pub fn post(path: &str, header: Option<(&str, &str)>, body: &str) -> Request {
    let header = header.map(|(name, value)| format!("{name}: {value}\r\n")).unwrap_or_default();
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\naccept: application/json\r\n{header}\
         content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

/// A demo account logs in.
pub fn login(email: &str) -> Request {
    let body = json!({ "email": email, "password": PASSWORD }).to_string();
    post("/api/v1/auth/login", None, &body)
}

/// Asks one server over one connection, and over another one when that is broken.
pub struct Client {
    at: SocketAddr,
    stream: Option<TcpStream>,
    buffer: Vec<u8>,
}

impl Client {
    /// Nothing is connected yet.
    pub const fn new(at: SocketAddr) -> Self {
        Self { at, stream: None, buffer: Vec::new() }
    }

    /// The status of the answer, which has been read to its end.
    pub fn ask(&mut self, request: &[u8]) -> Result<u16> {
        self.exchange(request).map(|(status, _)| status)
    }

    /// The JSON of an answer with 200 or 201.
    pub fn json(&mut self, request: &[u8]) -> std::result::Result<Value, Refusal> {
        let first = || String::from_utf8_lossy(request).lines().next().unwrap_or_default().to_owned();
        let (status, body) = self.exchange(request).map_err(|error| format!("{}: {error}", first()))?;
        let body = self.buffer.get(body..).unwrap_or_default();
        if !matches!(status, 200 | 201) {
            return Err(format!("{} answers {status}: {}", first(), String::from_utf8_lossy(body)));
        }
        serde_json::from_slice(body).map_err(|error| format!("{}: {error}", first()))
    }

    /// The access token of a demo account.
    pub fn token(&mut self, email: &str) -> std::result::Result<String, Refusal> {
        let answer = self.json(&login(email))?;
        let token = answer.get("accessToken").and_then(Value::as_str).map(str::to_owned);
        token.ok_or_else(|| "the login answers without an access token".to_owned())
    }

    /// The status, and where in the buffer the body begins.
    fn exchange(&mut self, request: &[u8]) -> Result<(u16, usize)> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => {
                let stream = TcpStream::connect(self.at)?;
                stream.set_nodelay(true)?;
                stream.set_read_timeout(Some(PATIENCE))?;
                stream
            }
        };
        stream.write_all(request)?;
        let answer = read(&mut stream, &mut self.buffer)?;
        self.stream = Some(stream);
        Ok(answer)
    }
}

fn read(stream: &mut impl Read, buffer: &mut Vec<u8>) -> Result<(u16, usize)> {
    let broken = |what: &str| Error::new(ErrorKind::InvalidData, what.to_owned());
    buffer.clear();
    let mut chunk = [0; 16 * 1024];
    let mut head: Option<Head> = None;
    loop {
        let count = stream.read(&mut chunk)?;
        if count == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        buffer.extend_from_slice(chunk.get(..count).unwrap_or_default());
        if head.is_none() {
            head = Head::find(buffer).map_err(broken)?;
        }
        if let Some(head) = &head {
            match buffer.len().cmp(&head.end) {
                std::cmp::Ordering::Less => {}
                std::cmp::Ordering::Equal => return Ok((head.status, head.body)),
                std::cmp::Ordering::Greater => return Err(broken("the answer is longer than it says")),
            }
        }
    }
}

struct Head {
    status: u16,
    body: usize,
    end: usize,
}

impl Head {
    /// `None` where the head is not complete yet.
    fn find(bytes: &[u8]) -> std::result::Result<Option<Self>, &'static str> {
        let Some(length) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else {
            return Ok(None);
        };
        let text = std::str::from_utf8(bytes.get(..length).unwrap_or_default())
            .map_err(|_| "the head is not text")?;
        let mut lines = text.lines();
        let status =
            lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok()).ok_or("there is no status")?;
        let content_length = lines.find_map(|line| {
            let (name, value) = line.split_once(':')?;
            if name.eq_ignore_ascii_case("content-length") {
                value.trim().parse::<usize>().ok()
            } else {
                None
            }
        });
        let body = length + 4;
        Ok(Some(Self { status, body, end: body + content_length.ok_or("there is no content-length")? }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Arrives in pieces.
    struct Pieces(Vec<&'static [u8]>);

    impl Read for Pieces {
        fn read(&mut self, into: &mut [u8]) -> Result<usize> {
            if self.0.is_empty() {
                return Ok(0);
            }
            let piece = self.0.remove(0);
            into[..piece.len()].copy_from_slice(piece);
            Ok(piece.len())
        }
    }

    fn answer(pieces: &[&'static [u8]]) -> Result<(u16, Vec<u8>)> {
        let mut buffer = b"of the answer before".to_vec();
        let (status, body) = read(&mut Pieces(pieces.to_vec()), &mut buffer)?;
        Ok((status, buffer[body..].to_vec()))
    }

    #[test]
    fn an_answer_may_come_in_pieces() {
        let pieces: [&[u8]; 4] =
            [b"HTTP/1.1 503 Servi", b"ce\r\nContent-Length:  5\r\nx: y\r", b"\n\r\nab", b"cde"];
        assert_eq!(answer(&pieces).unwrap(), (503, b"abcde".to_vec()));
        assert_eq!(answer(&[b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"]).unwrap(), (200, Vec::new()));
    }

    #[test]
    fn an_answer_that_cannot_be_framed_is_an_error() {
        assert!(answer(&[b"HTTP/1.1 200 OK\r\n\r\n"]).is_err());
        assert!(answer(&[b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nab"]).is_err());
        assert!(answer(&[b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nab"]).is_err());
        assert!(answer(&[b"nonsense\r\n\r\n"]).is_err());
    }
}
