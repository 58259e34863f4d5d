//! The parameters of a query: read, and held to their schemas and to the rules across them.

use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use jsonschema::Validator;
use kernel::{Code, Error, FieldError};
use percent_encoding::percent_decode_str;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use utoipa::{
    IntoParams,
    openapi::{
        Required,
        path::{Parameter, ParameterIn},
    },
};
use validator::Validate;

use super::{
    Schemas, rules,
    schema::{self, Properties, Property},
    state,
};
use crate::http::{openapi::keepable, problem::Problem};

/// The query: every parameter known, once, and valid against its schema in the document.
pub struct Query<T>(pub T);

impl<T: DeserializeOwned + IntoParams + Validate + 'static> FromRequest for Query<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(read(request))
    }
}

fn read<T: DeserializeOwned + IntoParams + Validate + 'static>(
    request: &HttpRequest,
) -> Result<Query<T>, Problem> {
    let state = state(request)?;
    let properties = state
        .schemas
        .query::<T>(|| properties(&state.schemas, T::into_params(|| Some(ParameterIn::Query))))?;
    let validator = state.schemas.validator::<T>(|| object(&properties))?;
    let (value, mut reasons) = judge(request.query_string(), &properties, &validator)?;
    match T::deserialize(&value) {
        Ok(query) => {
            reasons.extend(
                rules::refusals(&query)
                    .into_iter()
                    .map(|reason| FieldError { pointer: parameter(&reason.pointer), ..reason }),
            );
            if reasons.is_empty() {
                return Ok(Query(query));
            }
        }
        Err(error) if reasons.is_empty() => {
            reasons.push(FieldError::new("?", "not_allowed", error.to_string()));
        }
        Err(_) => {}
    }
    Err(Error::invalid(reasons).into())
}

/// How a reason names a parameter.
pub(super) fn parameter(pointer: &str) -> String {
    format!("?{}", pointer.trim_start_matches('/'))
}

/// The query as its schema reads it, and every reason for which the schema refuses it.
pub(super) fn judge(
    query: &str,
    properties: &Properties,
    validator: &Validator,
) -> Result<(Value, Vec<FieldError>), Problem> {
    let mut value = Map::new();
    let mut reasons = Vec::new();
    for (name, text) in pairs(query)? {
        let at = parameter(&name);
        match properties.get(&name) {
            None => reasons.push(FieldError::new(at, "unknown_parameter", "There is no such parameter.")),
            Some(property) => {
                if value.insert(name, typed(property, text)).is_some() {
                    reasons.push(FieldError::new(at, "duplicate", "This parameter stands here twice."));
                }
            }
        }
    }
    let mut value = Value::Object(value);
    reasons.extend(schema::refusals(validator, &value, schema::MAX_REASONS, &parameter));
    schema::integers(&mut value);
    Ok((value, reasons))
}

/// The schemas of the parameters, and which are required, from the type's own documentation.
pub(super) fn properties(schemas: &Schemas, parameters: Vec<Parameter>) -> Properties {
    let property = |parameter: Parameter| {
        let mut schema = serde_json::to_value(&parameter.schema).unwrap_or_default();
        keepable(&mut schema);
        let property = Property {
            types: schemas.types(&schema),
            required: parameter.required == Required::True,
            schema,
        };
        (parameter.name, property)
    };
    parameters.into_iter().map(property).collect()
}

pub(super) fn object(properties: &Properties) -> Value {
    let schemas: Map<String, Value> =
        properties.iter().map(|(name, property)| (name.clone(), property.schema.clone())).collect();
    let required: Vec<&String> =
        properties.iter().filter(|(_, property)| property.required).map(|(name, _)| name).collect();
    json!({ "type": "object", "properties": schemas, "required": required, "additionalProperties": false })
}

/// A query is text; its schema says what the text stands for. What does not read as that stays text and is refused.
fn typed(property: &Property, text: String) -> Value {
    let is = |name: &str| property.types.iter().any(|known| known == name);
    if is("integer") {
        return text.parse::<i64>().map_or(Value::String(text), Value::from);
    }
    if is("boolean") {
        return text.parse::<bool>().map_or(Value::String(text), Value::from);
    }
    Value::String(text)
}

fn pairs(query: &str) -> Result<Vec<(String, String)>, Problem> {
    let broken =
        || Error::new(Code::MalformedRequest).detail("The query is not valid percent-encoded UTF-8.");
    let decode = |text: &str| -> Result<String, Problem> {
        let text = text.replace('+', " ");
        // The decoder would leave a `%` without two digits as it stands.
        let is_encoded = |rest: &str| {
            rest.as_bytes().get(..2).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
        };
        if !text.split('%').skip(1).all(is_encoded) {
            return Err(broken().into());
        }
        let decoded = percent_decode_str(&text).decode_utf8().map_err(|_| broken())?;
        Ok(decoded.into_owned())
    };
    let parts = query.split('&').filter(|part| !part.is_empty());
    parts
        .map(|part| {
            let (name, text) = part.split_once('=').unwrap_or((part, ""));
            Ok((decode(name)?, decode(text)?))
        })
        .collect()
}
