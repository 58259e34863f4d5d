use std::time::Duration;

use kernel::Environment;
use reqwest::{Client, Method, RequestBuilder, StatusCode, redirect};

/// For one call with all its tries: the client of ours who waits has less patience than 30 s.
const PATIENCE: Duration = Duration::from_secs(12);
/// For one try.
const TRY: Duration = Duration::from_secs(5);
const TRIES: u32 = 3;
/// The largest answer that is read.
const ANSWER_LIMIT: usize = 1 << 20;

/// An answer, read to its end.
pub struct Answer {
    /// Of any kind: whoever asked knows what a refusal means.
    pub status: StatusCode,
    /// The body.
    pub body: Vec<u8>,
    headers: reqwest::header::HeaderMap,
}

impl Answer {
    /// A header, where it is there and text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// What most services mean to be tried again.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        self.status == StatusCode::TOO_MANY_REQUESTS || self.status.is_server_error()
    }
}

/// A service elsewhere, called with patience that ends.
pub struct Service {
    name: &'static str,
    client: Client,
    environment: Environment,
}

impl Service {
    /// A client; nothing is asked yet.
    ///
    /// # Errors
    /// In words, where no connections can be made at all.
    pub fn new(name: &'static str, environment: Environment) -> Result<Self, String> {
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .connect_timeout(Duration::from_secs(3))
            .timeout(TRY)
            .user_agent(concat!("palestra/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| format!("no connections to {name} can be made: {error}"))?;
        Ok(Self {
            name,
            client,
            environment,
        })
    }

    /// A request to be sent with [`Service::send`].
    pub fn request(&self, method: Method, url: String) -> RequestBuilder {
        self.client.request(method, url)
    }

    /// Sends a request until there is an answer that is none to try again, a few times at most.
    ///
    /// # Errors
    /// In words, for the log: that it did not answer, or what it answered at last.
    pub async fn send(
        &self,
        request: RequestBuilder,
        is_passing: impl Fn(&Answer) -> bool + Send,
    ) -> Result<Answer, String> {
        let request = request.build().map_err(in_words)?;
        let tries = async {
            let mut last = String::new();
            for attempt in 0..TRIES {
                if attempt > 0 {
                    tokio::time::sleep(self.pause(attempt)).await;
                }
                let Some(copy) = request.try_clone() else {
                    return Err("a body that streams cannot be sent again".to_owned());
                };
                match self.once(copy).await {
                    Ok(answer) if is_passing(&answer) => {
                        last = format!("{} answered {}", self.name, answer.status);
                    }
                    Ok(answer) => return Ok(answer),
                    Err(error) => last = error,
                }
            }
            Err(last)
        };
        let answer = tokio::time::timeout(PATIENCE, tries).await;
        answer.unwrap_or_else(|_| Err(format!("{} did not answer in time", self.name)))
    }

    async fn once(&self, request: reqwest::Request) -> Result<Answer, String> {
        let mut response = self.client.execute(request).await.map_err(in_words)?;
        let (status, headers) = (response.status(), response.headers().clone());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(in_words)? {
            if body.len() + chunk.len() > ANSWER_LIMIT {
                return Err(format!("the answer of {} is too large", self.name));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer {
            status,
            body,
            headers,
        })
    }

    /// 0.2 s, 0.4 s, each up to half longer, so that those who failed together do not return together.
    fn pause(&self, attempt: u32) -> Duration {
        let base = 100_u64 << attempt;
        let [byte, ..] = self.environment.secret();
        Duration::from_millis(base + base * u64::from(byte) / 512)
    }
}

/// Without its address: some are secrets.
fn in_words(error: reqwest::Error) -> String {
    error.without_url().to_string()
}

/// A body of the type `application/x-www-form-urlencoded`, in this order.
#[must_use]
pub fn form(pairs: &[(String, String)]) -> String {
    let pairs = pairs
        .iter()
        .map(|(name, value)| format!("{}={}", encoded(name), encoded(value)));
    pairs.collect::<Vec<_>>().join("&")
}

/// Text as one segment of a path, or one name or value of a query or form.
#[must_use]
pub fn encoded(text: &str) -> String {
    let encode = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(encode).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_keep_what_is_in_them() {
        let pairs = [
            ("a[b]".to_owned(), "x & y=1/é".to_owned()),
            ("c".to_owned(), String::new()),
        ];
        assert_eq!(form(&pairs), "a%5Bb%5D=x%20%26%20y%3D1%2F%C3%A9&c=");
    }
}
