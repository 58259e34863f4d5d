//! The table of routes: a tree of path segments.

use std::collections::{BTreeSet, HashMap};

use actix_web::{FromRequest, Handler, Responder, http::Method};
use utoipa::openapi::HttpMethod;

use super::{Documented, Operations};

/// Every path, as a tree by segments, and which operation answers which method. The same for all threads.
#[derive(Default)]
pub(crate) struct Table {
    prefix: &'static str,
    operations: usize,
    root: Node,
}

#[derive(Default)]
struct Node {
    next: HashMap<Box<str>, Node>,
    /// What follows where any segment may stand.
    any: Option<Box<Node>>,
    /// The path that ends here.
    here: Option<Resource>,
}

struct Resource {
    template: Box<str>,
    parameters: Vec<Box<str>>,
    /// Which operation answers, by the order of their registration.
    methods: Vec<(Method, usize)>,
}

/// What a request asks for.
pub(crate) struct Found<'t, 'p> {
    resource: &'t Resource,
    values: Vec<&'p str>,
    /// Which operation answers; `None` where the path is known and the method is not.
    pub(crate) operation: Option<usize>,
}

impl<'t, 'p> Found<'t, 'p> {
    /// The path as the document writes it.
    pub(crate) fn template(&self) -> &'t str {
        &self.resource.template
    }

    /// The path's parameters, by name.
    pub(crate) fn parameters(&self) -> impl Iterator<Item = (&'t str, &'p str)> {
        let names = self.resource.parameters.iter().map(|name| &**name);
        names.zip(self.values.iter().copied())
    }
}

impl Table {
    fn put(&mut self, template: &str, method: Method) {
        let template = format!("{}{template}", self.prefix);
        let mut parameters = Vec::new();
        let mut at = &mut self.root;
        for segment in template.split('/').skip(1) {
            let parameter = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
            at = if let Some(name) = parameter {
                parameters.push(name.into());
                at.any.get_or_insert_default()
            } else {
                at.next.entry(segment.into()).or_default()
            };
        }
        let resource = at.here.get_or_insert_with(|| Resource {
            template: template.as_str().into(),
            parameters,
            methods: Vec::new(),
        });
        debug_assert_eq!(*resource.template, *template, "one path, two names for its parameters");
        resource.methods.push((method, self.operations));
    }

    /// The first path that takes the method, those with names before those with parameters; else the first at all.
    pub(crate) fn find<'t, 'p>(&'t self, method: &Method, path: &'p str) -> Option<Found<'t, 'p>> {
        let mut found = None;
        self.root.walk(path, &mut |resource, values| {
            let taken = resource.methods.iter().find(|(taken, _)| taken == method);
            let operation = taken.map(|(_, operation)| *operation);
            if operation.is_some() || found.is_none() {
                found = Some(Found { resource, values: values.to_vec(), operation });
            }
            operation.is_some()
        });
        found
    }

    /// What a path takes, for 405. Two templates may be of one path, such as `/courses/{course}` and `/courses/import`: it
    /// takes what either does.
    pub(crate) fn allow(&self, path: &str) -> String {
        let mut methods = BTreeSet::new();
        self.root.walk(path, &mut |resource, _| {
            methods.extend(resource.methods.iter().map(|(method, _)| method.as_str()));
            false
        });
        if methods.contains("GET") {
            methods.insert("HEAD");
        }
        Vec::from_iter(methods).join(", ")
    }
}

impl Node {
    /// Tells every path that fits and the values of its parameters, those with names before those with parameters, until
    /// one is taken.
    fn walk<'t, 'p>(&'t self, path: &'p str, accept: &mut impl FnMut(&'t Resource, &[&'p str]) -> bool) {
        if let Some(path) = path.strip_prefix('/') {
            self.descend(Some(path), &mut Vec::new(), accept);
        }
    }

    fn descend<'t, 'p>(
        &'t self,
        path: Option<&'p str>,
        values: &mut Vec<&'p str>,
        accept: &mut impl FnMut(&'t Resource, &[&'p str]) -> bool,
    ) -> bool {
        let Some(path) = path else {
            return self.here.as_ref().is_some_and(|resource| accept(resource, values));
        };
        let (segment, rest) = match path.split_once('/') {
            Some((segment, rest)) => (segment, Some(rest)),
            None => (path, None),
        };
        if let Some(next) = self.next.get(segment)
            && next.descend(rest, values, accept)
        {
            return true;
        }
        let Some(any) = self.any.as_deref().filter(|_| !segment.is_empty()) else {
            return false;
        };
        values.push(segment);
        let taken = any.descend(rest, values, accept);
        values.pop();
        taken
    }
}

impl Operations for Table {
    fn operation<D, H, A>(&mut self, _: H)
    where
        D: Documented,
        H: Handler<A>,
        H::Output: Responder + 'static,
        A: FromRequest + 'static,
    {
        for method in D::methods() {
            self.put(&D::path(), name(&method));
        }
        self.operations += 1;
    }

    fn scope(&mut self, prefix: &'static str, area: impl FnOnce(&mut Self)) -> &mut Self {
        let outer = std::mem::replace(&mut self.prefix, prefix);
        area(self);
        self.prefix = outer;
        self
    }
}

fn name(method: &HttpMethod) -> Method {
    match method {
        HttpMethod::Get => Method::GET,
        HttpMethod::Post => Method::POST,
        HttpMethod::Put => Method::PUT,
        HttpMethod::Patch => Method::PATCH,
        HttpMethod::Delete => Method::DELETE,
        HttpMethod::Head => Method::HEAD,
        HttpMethod::Options => Method::OPTIONS,
        HttpMethod::Trace => Method::TRACE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::default();
        for (method, template) in [
            (Method::GET, "/courses/{course}"),
            (Method::PATCH, "/courses/{course}"),
            (Method::POST, "/courses/import"),
            (Method::GET, "/courses/{course}/lessons/{lesson}"),
        ] {
            table.put(template, method);
            table.operations += 1;
        }
        table
    }

    fn found(table: &Table, method: Method, path: &str) -> Option<(String, Option<usize>)> {
        let found = table.find(&method, path)?;
        Some((found.template().to_owned(), found.operation))
    }

    #[test]
    fn a_path_may_be_of_two_templates_and_names_come_first() {
        let table = table();
        assert_eq!(table.allow("/courses/import"), "GET, HEAD, PATCH, POST");
        assert_eq!(table.allow("/courses/yoga/lessons/7"), "GET, HEAD");
        let import = Some(("/courses/import".to_owned(), Some(2)));
        assert_eq!(found(&table, Method::POST, "/courses/import"), import);
        let course = Some(("/courses/{course}".to_owned(), Some(1)));
        assert_eq!(found(&table, Method::PATCH, "/courses/import"), course);
        let neither = Some(("/courses/import".to_owned(), None));
        assert_eq!(found(&table, Method::DELETE, "/courses/import"), neither);
    }

    #[test]
    fn parameters_have_their_names_and_are_never_empty() {
        let table = table();
        let lesson = table.find(&Method::GET, "/courses/yoga/lessons/a%20b").unwrap();
        let parameters: Vec<_> = lesson.parameters().collect();
        assert_eq!(parameters, [("course", "yoga"), ("lesson", "a%20b")]);
        for nothing in
            ["", "/", "courses/yoga", "/courses", "/courses/", "/courses//lessons/7", "/courses/a/b"]
        {
            assert_eq!(found(&table, Method::GET, nothing), None, "{nothing}");
        }
    }
}
