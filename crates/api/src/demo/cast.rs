//! The people and the courses of the demo school, once they are loaded.

use std::collections::HashMap;

use kernel::{Actor, CourseId, Error, LessonId, Result};

/// Where a course's parts ended up.
pub(super) struct Placed {
    pub(super) id: CourseId,
    pub(super) author: Actor,
    pub(super) lessons: HashMap<String, LessonId>,
}

/// The people of the school, and its courses.
#[derive(Clone, Copy)]
pub(super) struct Cast<'a> {
    pub(super) people: &'a HashMap<String, Actor>,
    pub(super) placed: &'a HashMap<String, Placed>,
}

impl Cast<'_> {
    pub(super) fn person(&self, name: &str) -> Result<Actor> {
        self.people.get(name).copied().ok_or_else(|| unknown(name))
    }

    pub(super) fn course(&self, title: &str) -> Result<&Placed> {
        self.placed.get(title).ok_or_else(|| unknown(title))
    }
}

pub(super) fn unknown(name: &str) -> Error {
    Error::internal(format!("the demo school does not know {name}"))
}
