//! The conditional headers `If-Match` and `If-None-Match`.

use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header};
use kernel::{Code, Error};

use crate::http::problem::Problem;

/// `If-Match`, required: the versions that the client has seen; `None` is `*`, any.
#[derive(Clone, Debug)]
pub struct IfMatch(Option<Vec<String>>);

impl IfMatch {
    /// Whether the client has seen this version.
    #[must_use]
    pub fn accepts(&self, version: i64) -> bool {
        let version = version.to_string();
        // A tag may also name the content; a change looks at the version alone.
        self.0
            .as_ref()
            .is_none_or(|tags| tags.iter().any(|tag| tag.split('.').next() == Some(version.as_str())))
    }
}

impl FromRequest for IfMatch {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(read(request))
    }
}

fn read(request: &HttpRequest) -> Result<IfMatch, Problem> {
    if !request.headers().contains_key(header::IF_MATCH) {
        return Err(Code::PreconditionRequired.into());
    }
    let malformed = || Error::new(Code::MalformedRequest).detail("If-Match is not a list of entity tags.");
    let list = joined(request, header::IF_MATCH).ok_or_else(malformed)?;
    if list.trim() == "*" {
        return Ok(IfMatch(None));
    }
    let tags = entity_tags(&list).ok_or_else(malformed)?;
    // A weak tag never matches strongly (RFC 9110, 13.1.1); it is read and matches nothing.
    let strong = tags.into_iter().filter(|tag| !tag.weak).map(|tag| tag.opaque.to_owned());
    Ok(IfMatch(Some(strong.collect())))
}

/// Whether `If-None-Match` names this tag, compared weakly (RFC 9110, 13.1.2). What is no list names nothing.
pub(crate) fn none_match(request: &HttpRequest, etag: &str) -> bool {
    let Some(list) = joined(request, header::IF_NONE_MATCH) else {
        return false;
    };
    let current = entity_tags(etag).and_then(|tags| tags.first().map(|tag| tag.opaque));
    list.trim() == "*" || entity_tags(&list).unwrap_or_default().iter().any(|tag| Some(tag.opaque) == current)
}

/// A header that is a list, which may come in several lines.
fn joined(request: &HttpRequest, name: header::HeaderName) -> Option<String> {
    let lines: Result<Vec<&str>, _> =
        request.headers().get_all(name).map(header::HeaderValue::to_str).collect();
    Some(lines.ok()?.join(","))
}

#[derive(Debug, PartialEq, Eq)]
struct EntityTag<'a> {
    opaque: &'a str,
    weak: bool,
}

/// The tags of a list that has at least one (RFC 9110, 5.6.1 and 8.8.3). They are quoted, and may hold commas.
fn entity_tags(list: &str) -> Option<Vec<EntityTag<'_>>> {
    let mut tags = Vec::new();
    let mut rest = list.trim();
    while !rest.is_empty() {
        if !rest.starts_with(',') {
            let (weak, quoted) = rest.strip_prefix("W/").map_or((false, rest), |quoted| (true, quoted));
            let (opaque, after) = quoted.strip_prefix('"')?.split_once('"')?;
            if !opaque.bytes().all(|byte| byte.is_ascii_graphic()) {
                return None;
            }
            tags.push(EntityTag { opaque, weak });
            rest = after.trim_start();
        }
        match rest.strip_prefix(',') {
            Some(after) => rest = after.trim_start(),
            None if rest.is_empty() => {}
            None => return None,
        }
    }
    (!tags.is_empty()).then_some(tags)
}

#[cfg(test)]
mod tests {
    use super::{EntityTag, entity_tags};

    #[test]
    fn tags_may_hold_commas_and_lists_may_have_gaps() {
        let tag = |opaque, weak| EntityTag { opaque, weak };
        assert_eq!(entity_tags("\"3\""), Some(vec![tag("3", false)]));
        assert_eq!(entity_tags("\"a,b\" ,, W/\"\","), Some(vec![tag("a,b", false), tag("", true)]));
    }

    #[test]
    fn what_is_no_list_of_tags_is_refused() {
        for list in ["", ",", "3", "\"3", "\"3\" \"4\"", "\"a b\"", "*, \"3\"", "w/\"3\""] {
            assert_eq!(entity_tags(list), None, "{list}");
        }
    }
}
