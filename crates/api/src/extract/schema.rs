//! The document's own schemas, as what enforces them: a bound that is written down holds, and there is no other.

use std::{
    any::TypeId,
    collections::{BTreeMap, HashMap},
    sync::{Arc, PoisonError, RwLock},
};

use jsonschema::{ValidationError, Validator, error::ValidationErrorKind};
use kernel::{Error, FieldError, Result};
use serde_json::{Value, json};

use crate::document::{KEEPABLE, NOT_BLANK};

/// Validators for request bodies and queries, compiled when first used.
pub struct Schemas {
    components: Value,
    compiled: RwLock<HashMap<TypeId, Arc<Validator>>>,
    queries: RwLock<HashMap<TypeId, Arc<Properties>>>,
}

/// The parameters of a query: each one's schema, and whether it is required.
pub(super) type Properties = BTreeMap<String, (Value, bool)>;

impl Schemas {
    /// From the document's `components`.
    #[must_use]
    pub fn new(document: &Value) -> Self {
        let components = document.get("components").cloned().unwrap_or_default();
        Self {
            components,
            compiled: RwLock::default(),
            queries: RwLock::default(),
        }
    }

    /// The validator for a type, from a schema that may refer to the document's components.
    pub(super) fn validator<T: 'static>(&self, schema: impl FnOnce() -> Value) -> Result<Arc<Validator>> {
        let id = TypeId::of::<T>();
        if let Some(found) = self
            .compiled
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&id)
        {
            return Ok(found.clone());
        }
        let mut root = schema();
        if let Some(root) = root.as_object_mut() {
            root.insert("components".to_owned(), self.components.clone());
        }
        let compiled = jsonschema::options().should_validate_formats(true).build(&root);
        let compiled = Arc::new(compiled.map_err(|error| Error::internal(error.to_string()))?);
        self.compiled
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(id, compiled.clone());
        Ok(compiled)
    }

    /// The parameters of a type of query, read from its documentation once.
    pub(super) fn query<T: 'static>(&self, read: impl FnOnce() -> Properties) -> Arc<Properties> {
        let id = TypeId::of::<T>();
        if let Some(found) = self
            .queries
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&id)
        {
            return found.clone();
        }
        let properties = Arc::new(read());
        self.queries
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(id, properties.clone());
        properties
    }

    /// The schema of a component, for the type of a query parameter that refers to one.
    pub(super) fn resolve<'a>(&'a self, schema: &'a Value) -> &'a Value {
        let name = schema
            .get("$ref")
            .and_then(Value::as_str)
            .and_then(|path| path.rsplit('/').next());
        name.and_then(|name| self.components.get("schemas")?.get(name))
            .unwrap_or(schema)
    }
}

/// A reference to a component.
pub(super) fn component(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// Reasons of one refusal.
pub(super) const MOST_REASONS: usize = 50;

/// Every reason for which `value` is refused, up to so many.
pub(super) fn refusals(
    validator: &Validator,
    value: &Value,
    most: usize,
    place: impl Fn(&str) -> String,
) -> Vec<FieldError> {
    let mut reasons: Vec<FieldError> = Vec::new();
    for error in validator.iter_errors(value) {
        tell(&error, &place, &mut reasons);
        if reasons.len() >= most {
            break;
        }
    }
    // One error can have many: each unknown member.
    reasons.truncate(most);
    reasons
}

fn tell(error: &ValidationError<'_>, place: &dyn Fn(&str) -> String, reasons: &mut Vec<FieldError>) {
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
                Some(meant) => meant.iter().for_each(|error| tell(error, place, reasons)),
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
        ValidationErrorKind::Pattern { pattern } if pattern == NOT_BLANK => (
            "bad_format",
            "Not blank, and without the character U+0000.".to_owned(),
        ),
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
            if let Some(float) = number
                .as_f64()
                .filter(|float| float.fract() == 0.0 && float.abs() < EXACT)
            {
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
