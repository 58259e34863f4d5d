//! A client of one service: bounded in time, attempts and size.

use std::time::Duration;

use kernel::Environment;
use reqwest::{Client, Method, Request, RequestBuilder, StatusCode, header::HeaderMap, redirect};

/// For one call with all its attempts: our own client waits no longer than 30 s.
const CALL_TIMEOUT: Duration = Duration::from_secs(12);
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(5);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
const MAX_ATTEMPTS: u32 = 3;
/// The largest body that is read, in bytes.
const MAX_BODY: usize = 1 << 20;

/// A response, read to its end.
pub struct HttpResponse {
    /// Any status: the caller knows what a refusal means.
    pub status: StatusCode,
    /// The body.
    pub body: Vec<u8>,
    headers: HeaderMap,
}

impl HttpResponse {
    /// The value of a header, where it is there and text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Whether another attempt makes sense, by the conventions of HTTP: 429 or 5xx.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        self.status == StatusCode::TOO_MANY_REQUESTS || self.status.is_server_error()
    }
}

/// A client of one service.
pub struct HttpClient {
    service: &'static str,
    client: Client,
    environment: Environment,
}

impl HttpClient {
    /// A client of `service`, a name for the log. It connects when it is first used.
    ///
    /// # Errors
    /// Says why no client can be made, for the log.
    pub fn new(service: &'static str, environment: Environment) -> Result<Self, String> {
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(ATTEMPT_TIMEOUT)
            .user_agent(concat!("palestra/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| format!("no connections to {service} can be made: {error}"))?;
        Ok(Self { service, client, environment })
    }

    /// A request to be sent with [`HttpClient::send`].
    pub fn request(&self, method: Method, url: String) -> RequestBuilder {
        self.client.request(method, url)
    }

    /// Sends a request, again where the response `is_transient` or there is none, up to three times in 12 s.
    ///
    /// # Errors
    /// Says how the last attempt failed, for the log.
    pub async fn send(
        &self,
        request: RequestBuilder,
        is_transient: impl Fn(&HttpResponse) -> bool + Send,
    ) -> Result<HttpResponse, String> {
        let request = request.build().map_err(describe)?;
        let attempts = async {
            let mut failure = String::new();
            for attempt in 0..MAX_ATTEMPTS {
                if attempt > 0 {
                    tokio::time::sleep(self.backoff(attempt)).await;
                }
                let Some(copy) = request.try_clone() else {
                    return Err("a streamed body cannot be sent again".to_owned());
                };
                match self.attempt(copy).await {
                    Ok(response) if is_transient(&response) => {
                        failure = format!("{} answered {}", self.service, response.status);
                    }
                    Ok(response) => return Ok(response),
                    Err(error) => failure = error,
                }
            }
            Err(failure)
        };
        let response = tokio::time::timeout(CALL_TIMEOUT, attempts).await;
        response.unwrap_or_else(|_| Err(format!("{} did not answer in time", self.service)))
    }

    async fn attempt(&self, request: Request) -> Result<HttpResponse, String> {
        let mut response = self.client.execute(request).await.map_err(describe)?;
        let (status, headers) = (response.status(), response.headers().clone());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(describe)? {
            if body.len() + chunk.len() > MAX_BODY {
                return Err(format!("the response of {} is too large", self.service));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(HttpResponse { status, body, headers })
    }

    /// 0.2 s, then 0.4 s, each up to half longer, so that calls that failed together do not return together.
    fn backoff(&self, attempt: u32) -> Duration {
        let base = 100_u64 << attempt;
        let [random, ..] = self.environment.secret();
        Duration::from_millis(base + base * u64::from(random) / 512)
    }
}

/// Without the address, which may contain a secret.
fn describe(error: reqwest::Error) -> String {
    error.without_url().to_string()
}
