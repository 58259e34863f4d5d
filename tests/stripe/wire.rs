//! The HTTP of this Stripe: keys, faults, idempotency, and which path does what.

use std::{sync::Arc, time::Duration};

use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, http::StatusCode, web};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::{
    Fault, Kept, Room, Shared,
    books::{Answer, Books, Params, Refusal, VERSION, text},
    form::decode,
};

/// Every request to this Stripe.
pub async fn answer(shared: web::Data<Arc<Shared>>, request: HttpRequest, body: web::Bytes) -> HttpResponse {
    let (method, path) = (request.method().as_str(), request.path());
    let call = format!("{method} {path}");
    let sent = String::from_utf8_lossy(&body).into_owned();
    let params = Params(decode(if method == "GET" { request.query_string() } else { &sent }));
    if let Some(verb) = path.strip_prefix("/_test/") {
        return controlled(&shared, verb, &params);
    }
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    if !is_ours(header("authorization"), &shared.key) {
        let error =
            json!({ "type": "invalid_request_error", "message": "Invalid API Key provided: sk_test_****" });
        return refusal(401, error);
    }
    let fault = shared.room().begin(&call);
    match fault {
        Some(Fault::Status(status)) => {
            return builder(status).content_type("text/html").body("<h1>Sorry</h1>");
        }
        Some(Fault::Forbidden) => {
            let error = json!({ "type": "invalid_request_error", "code": "more_permissions_required", "message": "No." });
            return refusal(403, error);
        }
        Some(Fault::Refused) => {
            let error =
                json!({ "type": "invalid_request_error", "code": "account_invalid", "message": "No." });
            return refusal(400, error);
        }
        Some(Fault::Garbage) => return builder(200).content_type("application/json").body("{\"id\": "),
        Some(Fault::Hang) => tokio::time::sleep(Duration::from_secs(60)).await,
        _ => {}
    }
    let key = header("idempotency-key").filter(|_| method == "POST").map(str::to_owned);
    let print = format!("{call} {}", params.0);
    if let Some(key) = &key
        && let Some(done) = shared.room().replay(key, &print)
    {
        return done;
    }
    if let Some(Fault::Slow(time)) = fault {
        tokio::time::sleep(time).await;
    }
    let response = shared.room().act(method, path, &params, key.as_deref(), &print, fault, &shared.base);
    shared.wake.notify_one();
    response
}

fn is_ours(given: Option<&str>, key: &str) -> bool {
    let basic = format!("Basic {}", STANDARD.encode(format!("{key}:")));
    given.is_some_and(|given| given == format!("Bearer {key}") || given == basic)
}

impl Room {
    fn begin(&mut self, call: &str) -> Option<Fault> {
        self.books.tidy();
        self.calls.push(call.to_owned());
        let found =
            self.faults.iter_mut().find(|(prefix, left, _)| *left > 0 && call.starts_with(prefix.as_str()));
        found.map(|(_, left, fault)| {
            *left -= 1;
            *fault
        })
    }

    /// What a key got before; otherwise the key is taken.
    fn replay(&mut self, key: &str, print: &str) -> Option<HttpResponse> {
        match self.keys.get(key) {
            Some(kept) if kept.print != print => {
                let message = "Keys for idempotent requests can only be used with the same parameters they were first used with.";
                Some(refusal(400, json!({ "type": "idempotency_error", "message": message })))
            }
            Some(Kept { answer: None, .. }) => {
                let message = "There is currently another in-progress request using this Idempotent Key.";
                let error = json!({ "type": "idempotency_error", "code": "idempotency_key_in_use", "message": message });
                Some(refusal(409, error))
            }
            Some(Kept { answer: Some((status, body)), .. }) => {
                let mut response = builder(*status);
                response.insert_header(("idempotent-replayed", "true"));
                Some(response.content_type("application/json").body(body.clone()))
            }
            None => {
                let kept = Kept { print: print.to_owned(), answer: None };
                self.keys.insert(key.to_owned(), kept);
                None
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "one call, taken apart")]
    fn act(
        &mut self,
        method: &str,
        path: &str,
        params: &Params,
        key: Option<&str>,
        print: &str,
        fault: Option<Fault>,
        base: &str,
    ) -> HttpResponse {
        let request = self.books.name("req");
        self.books.request = json!({ "id": request, "idempotency_key": key });
        let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
        let done = route(&mut self.books, method, &parts, params, base);
        let (mut status, mut body, begun) = match done {
            Ok(object) => (200, object.to_string(), true),
            Err(refusal) => (refusal.status, json!({ "error": refusal.error }).to_string(), refusal.kept),
        };
        if let Some(Fault::BrokenAfter) = fault {
            (status, body) =
                (500, json!({ "error": { "type": "api_error", "message": "Sorry." } }).to_string());
        }
        if let Some(key) = key {
            let answer = Some((status, body.clone()));
            match begun {
                true => drop(self.keys.insert(key.to_owned(), Kept { print: print.to_owned(), answer })),
                false => drop(self.keys.remove(key)),
            }
        }
        if let Some(Fault::LostAfter) = fault {
            return builder(502).content_type("text/html").body("<h1>Bad gateway</h1>");
        }
        let mut response = builder(status);
        response.insert_header(("request-id", request)).insert_header(("stripe-version", VERSION));
        if status == 500 {
            response.insert_header(("stripe-should-retry", "false"));
        }
        response.content_type("application/json").body(body)
    }
}

fn route(books: &mut Books, method: &str, parts: &[&str], params: &Params, base: &str) -> Answer {
    let answer = match (method, parts) {
        ("GET", ["v1", "account"]) => Ok(json!({ "id": "acct_double", "object": "account" })),
        ("POST", ["v1", "customers"]) => books.create_customer(params),
        ("POST", ["v1", "customers", id]) => {
            books.update(id, "customer", params, &["email", "name", "description"])
        }
        ("GET", ["v1", "customers", id]) => books.get(id, "customer"),
        ("POST", ["v1", "payment_intents"]) => books.create_intent(params),
        ("POST", ["v1", "payment_intents", id]) => {
            books.update(id, "payment_intent", params, &["description"])
        }
        ("GET", ["v1", "payment_intents", id]) => books.get(id, "payment_intent"),
        ("POST", ["v1", "payment_intents", id, "confirm"]) => {
            params.only(&["payment_method", "return_url"])?;
            books.confirm(id, params.text("payment_method"))
        }
        ("POST", ["v1", "payment_intents", id, "cancel"]) => books.cancel(id, params),
        ("GET", ["v1", "payment_intents"]) => list(books, parts, "payment_intent", params, &["customer"]),
        ("POST", ["v1", "checkout", "sessions"]) => books.create_session(base, params),
        ("GET", ["v1", "checkout", "sessions", id]) => books.get(id, "checkout.session"),
        ("POST", ["v1", "checkout", "sessions", id, "expire"]) => books.expire(id, params),
        ("GET", ["v1", "checkout", "sessions"]) => {
            list(books, parts, "checkout.session", params, &["payment_intent", "customer"])
        }
        ("GET", ["v1", "charges", id]) => books.get(id, "charge"),
        ("GET", ["v1", "charges"]) => list(books, parts, "charge", params, &["payment_intent", "customer"]),
        ("POST", ["v1", "refunds"]) => books.create_refund(params),
        ("POST", ["v1", "refunds", id]) => books.update(id, "refund", params, &[]),
        ("GET", ["v1", "refunds", id]) => books.get(id, "refund"),
        ("GET", ["v1", "refunds"]) => list(books, parts, "refund", params, &["payment_intent", "charge"]),
        ("GET", ["v1", "disputes", id]) => books.get(id, "dispute"),
        ("POST", ["v1", "disputes", id, "close"]) => books.decide_dispute(id, "lost"),
        ("GET", ["v1", "disputes"]) => list(books, parts, "dispute", params, &["payment_intent", "charge"]),
        ("GET", ["v1", "events", id]) => {
            let found = books.events.iter().find(|event| event["id"] == *id).cloned();
            found.ok_or_else(|| Refusal::missing(404, "event", id, "id"))
        }
        ("GET", ["v1", "events"]) => {
            params.only(&["type", "limit"])?;
            let fits = |event: &&Value| params.text("type").is_none_or(|kind| event["type"] == kind);
            let limit = usize::try_from(params.number("limit")?.unwrap_or(10)).unwrap();
            let all: Vec<&Value> = books.events.iter().rev().filter(fits).collect();
            let data: Vec<&Value> = all.iter().copied().take(limit).collect();
            Ok(json!({ "object": "list", "url": "/v1/events", "has_more": all.len() > limit, "data": data }))
        }
        _ => {
            let message = format!("Unrecognized request URL ({method}: /{}).", parts.join("/"));
            let mut refusal = Refusal::state(None, &message);
            (refusal.status, refusal.kept) = (404, false);
            Err(refusal)
        }
    };
    books.expand(answer?, params)
}

fn list(books: &Books, parts: &[&str], kind: &str, params: &Params, by: &[&str]) -> Answer {
    params.only(&[by, &["limit", "starting_after", "ending_before"]].concat())?;
    books.list(&format!("/{}", parts.join("/")), kind, params, by)
}

/// What no client of Stripe's can do: the buyer, their bank, and the weather.
fn controlled(shared: &Shared, verb: &str, params: &Params) -> HttpResponse {
    let given = |name: &str| params.text(name).unwrap_or_default().to_owned();
    let id = given("id");
    let mut room = shared.room();
    room.books.request = super::books::nobody();
    let books = &mut room.books;
    let done: Answer = match verb {
        "pay" => books.pay(&id, &given("payment_method")),
        "settle" | "bounce" => {
            books.hear_of(&id, verb == "settle");
            books.get(&id, "checkout.session")
        }
        "abandon" => books.expire(&id, &Params(json!({}))),
        "settle-refund" | "fail-refund" => {
            if verb == "settle-refund" {
                books.settle_refund(&id);
            } else {
                books.fail_refund(&id);
            }
            books.get(&id, "refund")
        }
        "dispute" => books.open_dispute(&id, &given("reason"), &given("status")),
        "decide" => books.decide_dispute(&id, &given("status")),
        "hook" => {
            room.hook = Some((given("url"), given("secret")));
            Ok(json!({}))
        }
        _ => Err(Refusal::state(None, "no such verb")),
    };
    drop(room);
    shared.wake.notify_one();
    match done {
        Ok(object) => builder(200).content_type("application/json").body(object.to_string()),
        Err(refused) => refusal(refused.status, refused.error),
    }
}

fn refusal(status: u16, error: Value) -> HttpResponse {
    let mut response = builder(status);
    if let Some("idempotency_key_in_use") = error["code"].as_str() {
        response.insert_header(("stripe-should-retry", "true"));
    }
    response.insert_header(("request-id", format!("req_{}", text(&error, "type"))));
    response.content_type("application/json").body(json!({ "error": error }).to_string())
}

fn builder(status: u16) -> HttpResponseBuilder {
    HttpResponse::build(StatusCode::from_u16(status).unwrap())
}
