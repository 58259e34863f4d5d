//! A response, and what tests assert about it.

use reqwest::{Response, header::HeaderMap};
use serde_json::Value;

/// A response with its whole body.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Reply {
    pub async fn read(response: Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Self { status, headers, text: response.text().await.unwrap() }
    }

    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON in {self:?}"))
    }

    /// One value of the body, by JSON Pointer.
    #[track_caller]
    pub fn at(&self, pointer: &str) -> Value {
        self.json().pointer(pointer).cloned().unwrap_or_else(|| panic!("no {pointer} in {}", self.text))
    }

    #[track_caller]
    pub fn text_at(&self, pointer: &str) -> String {
        self.at(pointer)
            .as_str()
            .unwrap_or_else(|| panic!("no text at {pointer} in {}", self.text))
            .to_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Asserts the status, and the shape of the problem document if it is an error.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        if status >= 400 {
            assert_eq!(self.header("content-type"), "application/problem+json");
            let body = self.json();
            assert_eq!(body["status"], status);
            assert_eq!(body["requestId"].as_str(), Some(self.header("x-request-id")));
            assert!(body["code"].is_string() && body["title"].is_string() && body["type"] == "about:blank");
        }
        self
    }

    /// Asserts the status and the code of a problem.
    #[track_caller]
    pub fn expect_problem(self, status: u16, code: &str) -> Self {
        let reply = self.expect(status);
        assert_eq!(reply.at("/code"), code, "{}", reply.text);
        reply
    }

    /// The errors of a problem as `pointer code`, sorted.
    #[track_caller]
    pub fn errors(&self) -> Vec<String> {
        let body = self.json();
        let reasons = body["errors"].as_array().cloned().unwrap_or_default();
        let text = |reason: &Value| {
            format!("{} {}", reason["pointer"].as_str().unwrap(), reason["code"].as_str().unwrap())
        };
        let mut reasons: Vec<String> = reasons.iter().map(text).collect();
        reasons.sort();
        reasons
    }
}
