//! The document's own schemas, as what enforces them: a bound that is written down holds, and there is no other.

use std::{
    any::TypeId,
    collections::{BTreeMap, HashMap},
    sync::{Arc, PoisonError, RwLock},
};

use chrono::{DateTime, Datelike, FixedOffset, Timelike};
use jsonschema::{ValidationError, Validator, error::ValidationErrorKind};
use kernel::{Error, FieldError, Result};
use lettre::{Address, message::Mailbox};
use serde::Deserialize;
use serde_json::{Map, Value, json, value::RawValue};

use crate::http::openapi::{KEEPABLE, NOT_BLANK};

/// Validators for request bodies and queries, compiled when first used.
pub struct Schemas {
    /// The components' schemas by name, as text: a tree of them would take up ten times as much.
    components: BTreeMap<String, Box<str>>,
    compiled: Cache<Validator>,
    queries: Cache<Properties>,
}

/// What is read of the document: never all of it at once, as a tree.
#[derive(Deserialize)]
struct Document<'a> {
    #[serde(borrow)]
    components: Components<'a>,
}

#[derive(Deserialize)]
struct Components<'a> {
    #[serde(borrow)]
    schemas: BTreeMap<String, &'a RawValue>,
}

/// The parameters of a query.
pub(super) type Properties = BTreeMap<String, Property>;

/// A parameter of a query.
pub(super) struct Property {
    /// Its schema.
    pub(super) schema: Value,
    /// The types that it may have, by its schema.
    pub(super) types: Vec<String>,
    /// Whether it has to be there.
    pub(super) required: bool,
}

impl Schemas {
    /// From the document's `components`.
    ///
    /// # Errors
    /// Where the text is no document.
    pub fn of(document: &str) -> serde_json::Result<Self> {
        let document: Document = serde_json::from_str(document)?;
        let text = |(name, schema): (String, &RawValue)| {
            // Without the spaces that are for people.
            let schema: Value = serde_json::from_str(schema.get())?;
            Ok((name, schema.to_string().into_boxed_str()))
        };
        let schemas = document.components.schemas.into_iter();
        Ok(Self {
            components: schemas.map(text).collect::<serde_json::Result<_>>()?,
            compiled: RwLock::default(),
            queries: RwLock::default(),
        })
    }

    /// The validator for a type, from a schema that may refer to the document's components.
    pub(super) fn validator<T: 'static>(&self, schema: impl FnOnce() -> Value) -> Result<Arc<Validator>> {
        cached(&self.compiled, TypeId::of::<T>(), || self.compile(schema()))
    }

    fn compile(&self, mut root: Value) -> Result<Validator> {
        let schemas = self.reachable(&root);
        if let Some(root) = root.as_object_mut() {
            root.insert("components".to_owned(), json!({ "schemas": schemas }));
        }
        let compiled = jsonschema::options()
            .should_validate_formats(true)
            .with_format("date-time", is_time)
            .with_format("email", is_address)
            .build(&root);
        compiled.map_err(|error| Error::internal(error.to_string()))
    }

    /// The parameters of a type of query, read from its documentation once.
    pub(super) fn query<T: 'static>(&self, read: impl FnOnce() -> Properties) -> Result<Arc<Properties>> {
        cached(&self.queries, TypeId::of::<T>(), || Ok(read()))
    }

    /// The types that a schema allows, itself or the component to which it refers.
    pub(super) fn types(&self, schema: &Value) -> Vec<String> {
        let named = named(schema).and_then(|name| self.component(name));
        match named.as_ref().unwrap_or(schema).get("type") {
            Some(Value::String(name)) => vec![name.clone()],
            Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            _ => Vec::new(),
        }
    }

    fn component(&self, name: &str) -> Option<Value> {
        serde_json::from_str(self.components.get(name)?).ok()
    }

    /// The components to which a schema refers, and those to which they do.
    fn reachable(&self, schema: &Value) -> Map<String, Value> {
        let mut found = Map::new();
        let mut names = references(schema);
        while let Some(name) = names.pop() {
            if !found.contains_key(&name)
                && let Some(schema) = self.component(&name)
            {
                names.extend(references(&schema));
                found.insert(name, schema);
            }
        }
        found
    }
}

/// An address to which mail can be sent: quoted names and numbers of hosts are none.
/// Blanks around it come from keyboards.
fn is_address(text: &str) -> bool {
    let text = kernel::trimmed(text);
    text.parse::<Address>().is_ok() && text.parse::<Mailbox>().is_ok()
}

/// RFC 3339 as both databases keep it and as it can be written again: no leap seconds, and a year of four digits in UTC.
fn is_time(text: &str) -> bool {
    let is_kept = |time: DateTime<FixedOffset>| {
        time.nanosecond() < 1_000_000_000 && (0..=9999).contains(&time.to_utc().year())
    };
    matches!(text.as_bytes().get(10), Some(b'T' | b't'))
        && DateTime::parse_from_rfc3339(text).is_ok_and(is_kept)
}

type Cache<T> = RwLock<HashMap<TypeId, Arc<T>>>;

/// What is cached for a type, or what `make` makes of it.
fn cached<T>(cache: &Cache<T>, id: TypeId, make: impl FnOnce() -> Result<T>) -> Result<Arc<T>> {
    let found = cache.read().unwrap_or_else(PoisonError::into_inner).get(&id).cloned();
    if let Some(found) = found {
        return Ok(found);
    }
    let made = Arc::new(make()?);
    cache.write().unwrap_or_else(PoisonError::into_inner).insert(id, made.clone());
    Ok(made)
}

/// The component that a reference names.
fn named(schema: &Value) -> Option<&str> {
    schema.get("$ref")?.as_str()?.rsplit('/').next()
}

/// Every component to which something refers.
fn references(value: &Value) -> Vec<String> {
    let inner: Vec<String> = match value {
        Value::Array(items) => items.iter().flat_map(references).collect(),
        Value::Object(members) => members.values().flat_map(references).collect(),
        _ => Vec::new(),
    };
    let own = named(value).map(str::to_owned);
    own.into_iter().chain(inner).collect()
}

/// A reference to a component.
pub(super) fn component(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// Reasons of one refusal.
pub(super) const MAX_REASONS: usize = 50;

/// Every reason for which `value` is refused, up to so many.
pub(super) fn refusals(
    validator: &Validator,
    value: &Value,
    most: usize,
    place: &dyn Fn(&str) -> String,
) -> Vec<FieldError> {
    let mut reasons: Vec<FieldError> = Vec::new();
    for error in validator.iter_errors(value) {
        add_reasons(&error, place, &mut reasons);
        if reasons.len() >= most {
            break;
        }
    }
    // One error can have many: each unknown member.
    reasons.truncate(most);
    reasons
}

fn add_reasons(error: &ValidationError<'_>, place: &dyn Fn(&str) -> String, reasons: &mut Vec<FieldError>) {
    let at = error.instance_path().to_string();
    let deeper = |name: &str| place(&format!("{at}/{}", name.replace('~', "~0").replace('/', "~1")));
    match error.kind() {
        ValidationErrorKind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            reasons.push(FieldError::new(deeper(name), "required", "This is missing."));
        }
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            let unknown = unexpected.iter();
            reasons.extend(
                unknown
                    .map(|name| FieldError::new(deeper(name), "unknown_member", "There is no such member.")),
            );
        }
        ValidationErrorKind::OneOfNotValid { context } | ValidationErrorKind::AnyOf { context } => {
            // Null or something: the alternative that was meant is the one whose type is right.
            let is_other_type = |error: &ValidationError<'_>| {
                matches!(error.kind(), ValidationErrorKind::Type { .. })
                    && error.instance_path().to_string() == at
            };
            match context.iter().find(|errors| !errors.iter().any(is_other_type)) {
                Some(meant) => meant.iter().for_each(|error| add_reasons(error, place, reasons)),
                None => {
                    let detail = "A value of another type is expected.";
                    reasons.push(FieldError::new(place(&at), "wrong_type", detail));
                }
            }
        }
        kind => {
            let (code, detail) = wording(kind);
            reasons.push(FieldError::new(place(&at), code, detail));
        }
    }
}

fn wording(kind: &ValidationErrorKind) -> (&'static str, String) {
    match kind {
        ValidationErrorKind::MinLength { limit } => ("too_short", format!("At least {limit} characters.")),
        ValidationErrorKind::MaxLength { limit } => ("too_long", format!("At most {limit} characters.")),
        ValidationErrorKind::Minimum { limit } => ("too_small", format!("At least {limit}.")),
        ValidationErrorKind::Maximum { limit } => ("too_large", format!("At most {limit}.")),
        ValidationErrorKind::ExclusiveMinimum { limit } => ("too_small", format!("More than {limit}.")),
        ValidationErrorKind::ExclusiveMaximum { limit } => ("too_large", format!("Less than {limit}.")),
        ValidationErrorKind::MinItems { limit } => ("too_few", format!("At least {limit}.")),
        ValidationErrorKind::MaxItems { limit } => ("too_many", format!("At most {limit}.")),
        ValidationErrorKind::MaxProperties { limit } => ("too_many", format!("At most {limit} members.")),
        ValidationErrorKind::UniqueItems => ("duplicate", "Something stands here twice.".to_owned()),
        ValidationErrorKind::Enum { options } => ("not_allowed", format!("One of {options}.")),
        ValidationErrorKind::Format { format } => ("bad_format", format!("Not a valid {format}.")),
        ValidationErrorKind::Pattern { pattern } if pattern == KEEPABLE => {
            ("bad_character", "The character U+0000 cannot be kept.".to_owned())
        }
        ValidationErrorKind::Pattern { pattern } if pattern == NOT_BLANK => {
            ("bad_format", "Not blank, and without the character U+0000.".to_owned())
        }
        ValidationErrorKind::Pattern { pattern } => ("bad_format", format!("Must match {pattern}.")),
        ValidationErrorKind::PropertyNames { error } => wording(error.kind()),
        ValidationErrorKind::Type { .. } => ("wrong_type", "A value of another type is expected.".to_owned()),
        _ => ("not_allowed", "This value is not acceptable.".to_owned()),
    }
}

/// JSON has one kind of number: `4900.0` is an integer. What fits becomes one, so that serde takes it.
pub(super) fn integers(value: &mut Value) {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    match value {
        Value::Number(number) if number.is_f64() => {
            if let Some(float) = number.as_f64().filter(|float| float.fract() == 0.0 && float.abs() < EXACT) {
                #[expect(
                    clippy::cast_possible_truncation,
                    reason = "whole and below 2^53, by the filter above"
                )]
                let whole = float as i64;
                *value = whole.into();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(integers),
        Value::Object(members) => members.values_mut().for_each(integers),
        _ => {}
    }
}
