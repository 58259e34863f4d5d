//! The query of a list: which list it is, and where the page begins.

use std::{
    collections::BTreeMap,
    future::{Ready, ready},
};

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use kernel::{Cursor, CursorError, Error, FieldError, Limit, ListId};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use utoipa::{IntoParams, openapi::path::ParameterIn};
use validator::Validate;

use super::{
    query::{judge, object, parameter, properties},
    rules,
    schema::{Properties, Property},
    state,
};
use crate::http::problem::Problem;

/// The form of a cursor. What it says is for [`Cursor::decode`].
const CURSOR: &str = "^[A-Za-z0-9_-]{34,1200}$";

/// Which page of a list.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", default)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// How many rows a page has at most.
    #[param(minimum = 1, maximum = 100, default = 20)]
    limit: u64,
    /// Where the page begins: `nextCursor` of the page before, with the same filters and the same order. The first page where it is
    /// missing.
    #[param(
        pattern = "^[A-Za-z0-9_-]{34,1200}$",
        nullable = false,
        example = "3q2-7wAAAAABmMDeAABwAIAAAAAAAAABAAAGRGqkMHOA"
    )]
    cursor: Option<String>,
}

impl Default for PageQuery {
    fn default() -> Self {
        Self { limit: 20, cursor: None }
    }
}

/// What a list can be asked for beside the page.
pub trait Filter: DeserializeOwned + IntoParams + Validate + 'static {
    /// Whether a parameter that was given says what would hold without it.
    fn is_implied(&self, _parameter: &str) -> bool {
        false
    }
}

/// A list that is always shown as a whole, page by page.
#[derive(Deserialize, IntoParams, Validate)]
#[serde(deny_unknown_fields)]
pub struct Unfiltered {}

impl Filter for Unfiltered {}

/// The query of a list: every parameter known, once, and valid against its schema in the document; a cursor of this very list.
pub struct List<T = Unfiltered> {
    /// Which rows, in which order.
    pub filter: T,
    /// Which list it is, for the cursors of the page.
    pub list_id: ListId,
    /// Behind which row the page begins; at the beginning of the list where it is missing.
    pub after: Option<Cursor>,
    /// In front of which row the page ends, for lists that page backwards.
    pub before: Option<Cursor>,
    /// How many rows the page has at most.
    pub limit: Limit,
}

impl<T: Filter> FromRequest for List<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(read(request))
    }
}

fn read<T: Filter>(request: &HttpRequest) -> Result<List<T>, Problem> {
    let state = state(request)?;
    let parameters = || {
        let page = PageQuery::into_params(|| Some(ParameterIn::Query));
        [page, T::into_params(|| Some(ParameterIn::Query))].concat()
    };
    let known = state.schemas.query::<List<T>>(|| properties(&state.schemas, parameters()))?;
    let validator = state.schemas.validator::<List<T>>(|| object(&known))?;
    let (value, mut reasons) = judge(request.query_string(), &known, &validator)?;
    let mut values = match value {
        Value::Object(values) => values,
        _ => Map::new(),
    };
    let before = known.get("before").filter(is_position).and_then(|_| values.get("before"));
    let before = before.and_then(Value::as_str).map(str::to_owned);
    let page = ["limit", "cursor"].into_iter().filter_map(|name| values.remove_entry(name));
    // What is of another type was refused by its schema.
    let page = PageQuery::deserialize(Value::Object(page.collect())).unwrap_or_default();
    let PageQuery { limit, cursor } = page;
    if cursor.is_some() && before.is_some() {
        reasons.push(FieldError::new(
            parameter("before"),
            "with_cursor",
            "Give `cursor` or `before`, not both.",
        ));
    }
    let filter = match T::deserialize(Value::Object(values.clone())) {
        Ok(filter) => {
            let broken = rules::refusals(&filter).into_iter();
            reasons.extend(broken.map(|reason| FieldError { pointer: parameter(&reason.pointer), ..reason }));
            filter
        }
        Err(error) => {
            if reasons.is_empty() {
                reasons.push(FieldError::new("?", "not_allowed", error.to_string()));
            }
            return Err(Error::invalid(reasons).into());
        }
    };
    if !reasons.is_empty() {
        // Of a list that is none no cursor can be.
        return Err(Error::invalid(reasons).into());
    }
    let list_id = ListId::of(&request.path().to_ascii_lowercase(), &meaning(&filter, &values, &known));
    let decoded = |name: &str, text: Option<String>| {
        let cursor = text.map(|text| Cursor::decode(&text, list_id)).transpose();
        cursor.map_err(|error| Error::invalid(vec![refusal(name, error)]))
    };
    let (after, before) = (decoded("cursor", cursor)?, decoded("before", before)?);
    Ok(List { filter, list_id, after, before, limit: Limit::new(limit) })
}

fn refusal(name: &str, error: CursorError) -> FieldError {
    let (code, detail) = match error {
        CursorError::Malformed => {
            ("cursor_malformed", "This is no cursor: take `nextCursor` of a page as it is.")
        }
        CursorError::OtherList => (
            "cursor_of_other_list",
            "This cursor belongs to another list, another order or other filters: begin at the first page.",
        ),
    };
    FieldError::new(parameter(name), code, detail)
}

/// Whether a parameter says where a page is, and not which list it is of.
fn is_position(property: &&Property) -> bool {
    property.schema.get("pattern").is_some_and(|pattern| pattern == CURSOR)
}

/// What makes the list: each parameter that says something, in one spelling.
fn meaning(
    filter: &impl Filter,
    values: &Map<String, Value>,
    known: &Properties,
) -> BTreeMap<String, String> {
    let says_something = |(name, value): &(&String, &Value)| {
        let property = known.get(*name);
        let is_default = property.is_some_and(|property| property.schema.get("default") == Some(*value));
        !is_default
            && property.as_ref().is_none_or(|property| !is_position(property))
            && !filter.is_implied(name)
    };
    let spelt = |(name, value): (&String, &Value)| {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let is_id = known
            .get(name)
            .is_some_and(|property| property.schema.get("format").is_some_and(|f| f == "uuid"));
        (name.clone(), if is_id { text.to_ascii_lowercase() } else { text })
    };
    values.iter().filter(says_something).map(spelt).collect()
}
