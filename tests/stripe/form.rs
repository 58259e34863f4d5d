//! `a[b][0][c]=x&d[]=y`, as Stripe's libraries send it.

use serde_json::{Map, Value};

/// The tree of a form; every leaf is text.
pub fn decode(text: &str) -> Value {
    let mut tree = Map::new();
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let name = unescape(name);
        let (first, rest) = name.split_once('[').unwrap_or((&name, ""));
        let mut path = vec![first];
        path.extend(rest.split('[').filter(|_| !rest.is_empty()).map(|part| part.trim_end_matches(']')));
        put(&mut tree, &path, unescape(value));
    }
    arrays(Value::Object(tree))
}

fn put(tree: &mut Map<String, Value>, path: &[&str], value: String) {
    let name = match path[0] {
        "" => tree.len().to_string(),
        name => name.to_owned(),
    };
    if path.len() == 1 {
        tree.insert(name, Value::String(value));
        return;
    }
    let branch = tree.entry(name).or_insert_with(|| Value::Object(Map::new()));
    if let Value::Object(branch) = branch {
        put(branch, &path[1..], value);
    }
}

/// What is numbered is a list.
fn arrays(value: Value) -> Value {
    let Value::Object(map) = value else { return value };
    let mut numbered: Vec<(usize, Value)> = Vec::new();
    for (name, value) in &map {
        match name.parse() {
            Ok(number) => numbered.push((number, value.clone())),
            Err(_) => {
                return Value::Object(map.into_iter().map(|(name, value)| (name, arrays(value))).collect());
            }
        }
    }
    if numbered.is_empty() {
        return Value::Object(map);
    }
    numbered.sort_by_key(|(number, _)| *number);
    Value::Array(numbered.into_iter().map(|(_, value)| arrays(value)).collect())
}

fn unescape(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut out, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        let hex = text.get(at + 1..at + 3).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match (bytes[at], hex) {
            (b'%', Some(byte)) => {
                out.push(byte);
                at += 2;
            }
            (b'+', _) => out.push(b' '),
            (byte, _) => out.push(byte),
        }
        at += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}
