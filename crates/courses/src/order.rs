use std::{collections::HashSet, fmt::Display, hash::Hash};

use database::Tx;
use kernel::{Code, Error, FieldError, Result, Uuid};

use crate::store::order::{self, Children};

/// Chapters of a course, lessons of a chapter.
const MOST: i64 = 500;

/// The place of a new child at the end of its parent's.
pub(crate) async fn next(tx: &Tx, of: Children, parent_id: impl Into<Uuid>) -> Result<i64> {
    let (count, next) = order::room(tx, of, parent_id).await?;
    if count < MOST {
        Ok(next)
    } else {
        Err(Code::ListFull.into())
    }
}

/// Puts children in order: `wanted` has to be exactly the set of those that are there, each once.
pub(crate) async fn set<I: Copy + Eq + Hash + Display + Into<Uuid>>(
    tx: &Tx,
    of: Children,
    parent_id: impl Into<Uuid>,
    present: &[I],
    wanted: &[I],
    pointer: &str,
) -> Result<()> {
    let known: HashSet<I> = present.iter().copied().collect();
    let mut seen = HashSet::new();
    let mut reasons = Vec::new();
    for (index, id) in wanted.iter().enumerate() {
        let at = format!("{pointer}/{index}");
        if !known.contains(id) {
            reasons.push(FieldError::new(at, "not_a_child", "This does not belong here."));
        } else if !seen.insert(*id) {
            reasons.push(FieldError::new(at, "repeated", "This is named twice."));
        }
    }
    for id in present.iter().filter(|id| !seen.contains(id)) {
        reasons.push(FieldError::new(pointer, "missing", format!("{id} is missing.")));
    }
    if reasons.is_empty() {
        order::set(tx, of, parent_id, wanted).await
    } else {
        Err(Error::invalid(reasons))
    }
}
