//! The order of chapters in a course, and of lessons in a chapter.

mod model;
pub(crate) mod store;

use std::{collections::HashSet, fmt::Display, hash::Hash};

use database::Tx;
use kernel::{Code, Error, FieldError, Result};

pub(crate) use self::model::Parent;

/// The most chapters in a course, and the most lessons in a chapter.
const MAX_CHILDREN: i64 = 500;

/// The position of a new child behind its siblings.
pub(crate) async fn next_position(tx: &Tx, parent: Parent) -> Result<i64> {
    let siblings = store::siblings(tx, parent).await?;
    if siblings.count < MAX_CHILDREN { Ok(siblings.next) } else { Err(Code::ListFull.into()) }
}

/// Refuses an order that does not name exactly the present children, each once, with every reason. `pointer` is where the request
/// names them.
pub(crate) fn check_order<I: Copy + Eq + Hash + Display>(
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
    if reasons.is_empty() { Ok(()) } else { Err(Error::invalid(reasons)) }
}
