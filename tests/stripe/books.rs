//! What this Stripe knows: its objects, its events, and how both are made.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use kernel::Clock;
use serde_json::{Value, json};

/// The version in which objects are shown.
pub const VERSION: &str = "2026-10-28.endive";

/// A refusal, in Stripe's shape.
#[derive(Debug)]
pub struct Refusal {
    pub status: u16,
    pub error: Value,
    /// Whether the endpoint had begun its work: then the refusal is what the key gets from now on.
    pub kept: bool,
}

impl Refusal {
    /// Values that are not acceptable: nothing was begun.
    pub fn invalid(param: &str, message: &str) -> Self {
        let error = json!({ "type": "invalid_request_error", "param": param, "message": message });
        Self { status: 400, error, kept: false }
    }

    pub fn coded(param: &str, code: &str, message: &str) -> Self {
        let mut refusal = Self::invalid(param, message);
        refusal.error["code"] = json!(code);
        refusal.error["doc_url"] =
            json!(format!("https://stripe.com/docs/error-codes/{}", code.replace('_', "-")));
        refusal
    }

    /// The object is not in a state for this.
    pub fn state(code: Option<&str>, message: &str) -> Self {
        let mut error = json!({ "type": "invalid_request_error", "message": message });
        if let Some(code) = code {
            error["code"] = json!(code);
        }
        Self { status: 400, error, kept: true }
    }

    pub fn missing(status: u16, kind: &str, id: &str, param: &str) -> Self {
        let mut refusal = Self::coded(param, "resource_missing", &format!("No such {kind}: '{id}'"));
        refusal.status = status;
        refusal
    }
}

pub type Answer = Result<Value, Refusal>;

/// The parameters of a call.
pub struct Params(pub Value);

impl Params {
    /// Refuses what Stripe does not know: a misspelt parameter must not pass here.
    pub fn only(&self, known: &[&str]) -> Result<(), Refusal> {
        let names = self.0.as_object().into_iter().flatten().map(|(name, _)| name);
        let unknown =
            names.into_iter().find(|name| name.as_str() != "expand" && !known.contains(&name.as_str()));
        unknown.map_or(Ok(()), |name| {
            Err(Refusal::coded(name, "parameter_unknown", &format!("Received unknown parameter: {name}")))
        })
    }

    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str().filter(|text| !text.is_empty())
    }

    pub fn needed(&self, name: &str) -> Result<&str, Refusal> {
        self.text(name).ok_or_else(|| {
            Refusal::coded(name, "parameter_missing", &format!("Missing required param: {name}."))
        })
    }

    pub fn number(&self, name: &str) -> Result<Option<i64>, Refusal> {
        let read = |text: &str| {
            text.parse().map_err(|_| {
                Refusal::coded(name, "parameter_invalid_integer", &format!("Invalid integer: {text}"))
            })
        };
        self.text(name).map(read).transpose()
    }

    pub fn metadata(&self) -> Answer {
        metadata(self.0.get("metadata"))
    }
}

/// Checked as Stripe checks them.
pub fn metadata(given: Option<&Value>) -> Answer {
    let Some(given) = given.filter(|given| **given != json!("")) else {
        return Ok(json!({}));
    };
    let Some(map) = given.as_object().filter(|map| map.len() <= 50) else {
        return Err(Refusal::invalid("metadata", "Invalid hash of metadata"));
    };
    for (name, value) in map {
        let long = value.as_str().is_none_or(|value| value.chars().count() > 500);
        if name.chars().count() > 40 || long {
            return Err(Refusal::invalid(
                &format!("metadata[{name}]"),
                "Metadata keys can have up to 40 characters, values up to 500.",
            ));
        }
    }
    Ok(given.clone())
}

/// Everything, in the order of its making.
pub struct Books {
    pub clock: Arc<dyn Clock + Send + Sync>,
    pub objects: BTreeMap<String, Value>,
    order: Vec<String>,
    /// What a session keeps for the intent that it will make.
    pub kept: BTreeMap<String, Value>,
    /// Every event.
    pub events: Vec<Value>,
    /// Those that were not delivered yet.
    pub waiting: VecDeque<Value>,
    /// What caused the present change.
    pub request: Value,
    made: u32,
}

impl Books {
    pub fn new(clock: Arc<dyn Clock + Send + Sync>) -> Self {
        Self {
            clock,
            objects: BTreeMap::new(),
            order: Vec::new(),
            kept: BTreeMap::new(),
            events: Vec::new(),
            waiting: VecDeque::new(),
            request: nobody(),
            made: 0,
        }
    }

    pub fn now(&self) -> i64 {
        self.clock.now().timestamp()
    }

    pub fn name(&mut self, prefix: &str) -> String {
        self.made += 1;
        format!("{prefix}_double{:010}", self.made)
    }

    pub fn add(&mut self, object: Value) -> Value {
        let id = text(&object, "id");
        self.order.push(id.clone());
        self.objects.insert(id, object.clone());
        object
    }

    pub fn delete(&mut self, id: &str) {
        self.objects.remove(id).unwrap();
        self.order.retain(|known| known != id);
    }

    pub fn get(&self, id: &str, kind: &str) -> Answer {
        let found = self.objects.get(id).filter(|object| object["object"] == kind);
        found.cloned().ok_or_else(|| Refusal::missing(404, kind, id, "id"))
    }

    /// An object that is named in a parameter.
    pub fn named(&self, id: &str, kind: &str) -> Answer {
        let found = self.objects.get(id).filter(|object| object["object"] == kind);
        found.cloned().ok_or_else(|| Refusal::missing(400, kind, id, kind))
    }

    pub fn at(&mut self, id: &str) -> &mut Value {
        self.objects.get_mut(id).unwrap()
    }

    /// An event about an object as it is now.
    pub fn emit(&mut self, kind: &str, id: &str) {
        let (event, object) = (self.name("evt"), self.objects[id].clone());
        let event = json!({
            "id": event, "object": "event", "api_version": VERSION, "created": self.now(), "livemode": false,
            "pending_webhooks": 1, "request": self.request, "type": kind, "data": { "object": object },
        });
        self.events.push(event.clone());
        self.waiting.push_back(event);
    }

    /// A page of what fits, newest first.
    pub fn list(&self, url: &str, kind: &str, params: &Params, by: &[&str]) -> Answer {
        let limit = params.number("limit")?.unwrap_or(10);
        if !(1..=100).contains(&limit) {
            return Err(Refusal::coded(
                "limit",
                "parameter_invalid_integer",
                "This value must be between 1 and 100.",
            ));
        }
        let fits = |object: &&Value| {
            object["object"] == kind
                && by.iter().all(|name| params.text(name).is_none_or(|value| object[*name] == value))
        };
        let newest = self.order.iter().rev().map(|id| &self.objects[id]).filter(fits);
        let found: Vec<&Value> = match params.text("starting_after") {
            Some(after) => newest.skip_while(|object| object["id"] != after).skip(1).collect(),
            None => newest.collect(),
        };
        let limit = usize::try_from(limit).unwrap();
        let data: Vec<&Value> = found.iter().copied().take(limit).collect();
        Ok(json!({ "object": "list", "url": url, "has_more": found.len() > limit, "data": data }))
    }

    /// Replaces names by what they name.
    pub fn expand(&self, mut object: Value, params: &Params) -> Answer {
        for path in params.0.get("expand").and_then(Value::as_array).into_iter().flatten() {
            let path: Vec<&str> = path.as_str().unwrap_or_default().split('.').collect();
            self.expand_path(&mut object, &path)?;
        }
        Ok(object)
    }

    fn expand_path(&self, object: &mut Value, path: &[&str]) -> Result<(), Refusal> {
        let Some((name, rest)) = path.split_first() else {
            return Ok(());
        };
        if *name == "data" && object["object"] == "list" {
            for item in object["data"].as_array_mut().into_iter().flatten() {
                self.expand_path(item, rest)?;
            }
            return Ok(());
        }
        let known = object.get(*name).is_some();
        if !known || object["object"].is_null() {
            return Err(Refusal::invalid("expand", &format!("This property cannot be expanded ({name}).")));
        }
        let found = object[*name].as_str().and_then(|id| self.objects.get(id)).cloned();
        if let Some(found) = found {
            object[*name] = found;
        }
        if object[*name].is_null() {
            return Ok(());
        }
        self.expand_path(&mut object[*name], rest)
    }

    pub fn create_customer(&mut self, params: &Params) -> Answer {
        params.only(&["email", "name", "metadata", "description", "phone"])?;
        let email = params.text("email");
        let is_public = |email: &str| {
            email.is_ascii() && email.split_once('@').is_some_and(|(_, domain)| domain.contains('.'))
        };
        if email.is_some_and(|email| !is_public(email)) {
            let message = format!("Invalid email address: {}", email.unwrap_or_default());
            return Err(Refusal::coded("email", "email_invalid", &message));
        }
        let metadata = params.metadata()?;
        let (id, created) = (self.name("cus"), self.now());
        self.add(json!({
            "id": id, "object": "customer", "address": null, "balance": 0, "created": created, "currency": null,
            "default_source": null, "delinquent": false, "description": params.text("description"), "email": email,
            "invoice_prefix": "DOUBLE", "invoice_settings": with_empty(json!({}), "custom_fields default_payment_method footer rendering_options"), "livemode": false,
            "metadata": metadata, "name": params.text("name"), "phone": params.text("phone"), "preferred_locales": [],
            "shipping": null, "tax_exempt": "none", "test_clock": null,
        }));
        self.emit("customer.created", &id);
        self.get(&id, "customer")
    }

    /// The few values that can be changed afterwards.
    pub fn update(&mut self, id: &str, kind: &str, params: &Params, known: &[&str]) -> Answer {
        self.get(id, kind)?;
        params.only(&[known, &["metadata"]].concat())?;
        let metadata = params.metadata()?;
        let object = self.at(id);
        for (name, value) in metadata.as_object().into_iter().flatten() {
            object["metadata"][name] = value.clone();
        }
        for name in known {
            if let Some(value) = params.text(name) {
                object[*name] = json!(value);
            }
        }
        self.get(id, kind)
    }
}

/// Of an event that no call caused.
pub fn nobody() -> Value {
    json!({ "id": null, "idempotency_key": null })
}

pub fn text(object: &Value, name: &str) -> String {
    object[name].as_str().unwrap_or_default().to_owned()
}

pub fn number(object: &Value, name: &str) -> i64 {
    object[name].as_i64().unwrap_or_default()
}

/// The same object with these values empty, which Stripe shows all the same.
pub fn with_empty(mut object: Value, names: &str) -> Value {
    for name in names.split_ascii_whitespace() {
        object[name] = Value::Null;
    }
    object
}
