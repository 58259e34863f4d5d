//! The document's paths as a tree by segments, the same for all threads.

use std::collections::{BTreeSet, HashMap};

use serde_json::Value;

/// Every path, and what it takes.
#[derive(Default)]
pub(crate) struct Paths {
    next: HashMap<Box<str>, Paths>,
    /// What follows where any segment may stand.
    any: Option<Box<Paths>>,
    /// The path that ends here.
    here: Option<Path>,
}

struct Path {
    template: Box<str>,
    methods: BTreeSet<String>,
}

impl Paths {
    /// The paths of a document.
    pub(crate) fn of(document: &Value) -> Self {
        let mut root = Self::default();
        let paths = document.get("paths").and_then(Value::as_object);
        for (template, item) in paths.into_iter().flatten() {
            let methods = item.as_object().into_iter().flatten();
            let methods = methods.map(|(method, _)| method.to_uppercase()).collect();
            let template = template.as_str().into();
            root.put(Path { template, methods });
        }
        root
    }

    fn put(&mut self, path: Path) {
        let mut at = self;
        for segment in path.template.split('/') {
            at = if segment.starts_with('{') {
                at.any.get_or_insert_default()
            } else {
                at.next.entry(segment.into()).or_default()
            };
        }
        at.here = Some(path);
    }

    /// What a path takes; `None` where there is no such path.
    pub(crate) fn allow(&self, path: &str) -> Option<String> {
        let segments: Vec<&str> = path.split('/').collect();
        let mut found = Vec::new();
        self.find(&segments, &mut |path| found.push(path));
        // Two templates may be of one path, such as /courses/{course} and /courses/import: it takes what either does.
        let mut methods: BTreeSet<&str> = found
            .iter()
            .flat_map(|path| path.methods.iter().map(String::as_str))
            .collect();
        if methods.contains("GET") {
            methods.insert("HEAD");
        }
        (!methods.is_empty()).then(|| Vec::from_iter(methods).join(", "))
    }

    /// The template that a path is of, and takes this method; else one that does not.
    pub(crate) fn template(&self, method: &str, path: &str) -> Option<&str> {
        let segments: Vec<&str> = path.split('/').collect();
        let (mut exact, mut other) = (None, None);
        self.find(&segments, &mut |path| {
            let place = if path.methods.contains(method) {
                &mut exact
            } else {
                &mut other
            };
            place.get_or_insert(&*path.template);
        });
        exact.or(other)
    }

    /// Tells every template that fits, those with names before those with parameters.
    fn find<'a>(&'a self, segments: &[&str], tell: &mut impl FnMut(&'a Path)) {
        let Some((first, rest)) = segments.split_first() else {
            self.here.iter().for_each(tell);
            return;
        };
        if let Some(next) = self.next.get(*first) {
            next.find(rest, tell);
        }
        if let Some(any) = self.any.as_deref().filter(|_| !first.is_empty()) {
            any.find(rest, tell);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Paths;

    #[test]
    fn a_path_may_be_of_two_templates_and_names_come_first() {
        let paths = Paths::of(&json!({ "paths": {
            "/courses/{course}": { "get": {}, "patch": {} },
            "/courses/import": { "post": {} },
            "/courses/{course}/lessons": { "get": {} },
        } }));
        assert_eq!(
            paths.allow("/courses/import").as_deref(),
            Some("GET, HEAD, PATCH, POST")
        );
        assert_eq!(paths.allow("/courses/yoga/lessons").as_deref(), Some("GET, HEAD"));
        for nothing in [
            "",
            "/",
            "/courses",
            "/courses/",
            "/courses//lessons",
            "/courses/a/b",
        ] {
            assert_eq!(paths.allow(nothing), None, "{nothing}");
        }
        assert_eq!(paths.template("POST", "/courses/import"), Some("/courses/import"));
        assert_eq!(
            paths.template("PATCH", "/courses/import"),
            Some("/courses/{course}")
        );
        assert_eq!(
            paths.template("DELETE", "/courses/import"),
            Some("/courses/import")
        );
    }
}
