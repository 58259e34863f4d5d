//! JSON as people's tools write it: a byte order mark is passed over, and a member that stands twice in an object is reported at its place,
//! since nobody can know which of the two was meant.

use std::{
    cell::{Cell, RefCell},
    fmt,
};

use kernel::FieldError;
use serde::{
    Deserializer,
    de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Number, Value};

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
/// The most bytes of all places that are reported: names can be as long as the text, and each place has all of those above it.
const MAX_PLACES: usize = 64 * 1024;

/// A JSON text, and each member that stands in it again: at most so many.
pub(super) fn read(raw: &[u8], most: usize) -> serde_json::Result<(Value, Vec<FieldError>)> {
    let text = raw.strip_prefix(BYTE_ORDER_MARK).unwrap_or(raw);
    let repeated = RefCell::new(Vec::new());
    let room = Cell::new(MAX_PLACES);
    let place = Place { repeated: &repeated, most, room: &room, step: None };
    let mut source = serde_json::Deserializer::from_slice(text);
    let value = place.deserialize(&mut source)?;
    source.end()?;
    Ok((value, repeated.into_inner()))
}

/// Where a value stands: each step leads to the value that it stands in.
#[derive(Clone, Copy)]
struct Place<'a> {
    repeated: &'a RefCell<Vec<FieldError>>,
    most: usize,
    /// How many bytes of places are left.
    room: &'a Cell<usize>,
    step: Option<&'a Step<'a>>,
}

struct Step<'a> {
    within: Option<&'a Step<'a>>,
    name: Name<'a>,
}

enum Name<'a> {
    Member(&'a str),
    Item(usize),
}

impl Step<'_> {
    /// How long the pointer is at most.
    fn length(&self) -> usize {
        let name = match self.name {
            Name::Member(name) => 2 * name.len(),
            Name::Item(_) => 20,
        };
        self.within.map_or(0, Step::length) + name + 1
    }

    /// As a JSON pointer.
    fn write(&self, pointer: &mut String) {
        if let Some(within) = self.within {
            within.write(pointer);
        }
        pointer.push('/');
        match self.name {
            Name::Member(name) => pointer.push_str(&name.replace('~', "~0").replace('/', "~1")),
            Name::Item(index) => pointer.push_str(&index.to_string()),
        }
    }
}

impl Place<'_> {
    fn report_repeated(&self, step: &Step<'_>) {
        let mut repeated = self.repeated.borrow_mut();
        if repeated.len() >= self.most {
            return;
        }
        let mut pointer = String::new();
        if let Some(left) = self.room.get().checked_sub(step.length()) {
            self.room.set(left);
            step.write(&mut pointer);
        } else if !repeated.is_empty() {
            return;
        }
        let detail = match pointer.as_str() {
            "" => "A member stands twice in an object.",
            _ => "This member stands here twice.",
        };
        repeated.push(FieldError::new(pointer, "repeated_member", detail));
    }
}

impl<'de> DeserializeSeed<'de> for Place<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, source: D) -> Result<Value, D::Error> {
        source.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Place<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("number out of range"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut source: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        loop {
            let step = Step { within: self.step, name: Name::Item(items.len()) };
            let Some(item) = source.next_element_seed(Place { step: Some(&step), ..self })? else {
                return Ok(items.into());
            };
            items.push(item);
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut source: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some(name) = source.next_key::<String>()? {
            let step = Step { within: self.step, name: Name::Member(&name) };
            let value = source.next_value_seed(Place { step: Some(&step), ..self })?;
            if members.contains_key(&name) {
                self.report_repeated(&step);
            }
            members.insert(name, value);
        }
        Ok(members.into())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::read;

    #[test]
    fn it_reads_as_any_other_reader_and_passes_over_a_byte_order_mark() {
        for text in [r#"{"a":[1,-2,3.5,1e3,"\u00fc",null,true,{"b":{}}]}"#, "[]", "7", "\"text\"", "null"] {
            let plain: serde_json::Value = serde_json::from_str(text).unwrap();
            assert_eq!(read(text.as_bytes(), 9).unwrap(), (plain.clone(), Vec::new()));
            assert_eq!(read(format!("\u{feff}{text}").as_bytes(), 9).unwrap().0, plain);
        }
        for broken in ["", "{", "{} {}", "[1,]", "{\"a\":1,}", "\u{feff}", "\u{feff}\u{feff}{}", "1e999"] {
            assert!(read(broken.as_bytes(), 9).is_err(), "{broken}");
        }
        assert!(read(&[vec![b'['; 200], vec![b']'; 200]].concat(), 9).is_err());
    }

    #[test]
    fn a_repeated_member_is_told_at_its_place() {
        let (value, repeated) = read(br#"{"a":{"b/c":[{"x":1,"x":2,"x":3}]},"a~":1,"a~":1}"#, 9).unwrap();
        let places: Vec<&str> = repeated.iter().map(|reason| reason.pointer.as_str()).collect();
        assert_eq!(places, ["/a/b~1c/0/x", "/a/b~1c/0/x", "/a~0"]);
        assert_eq!(value["a"]["b/c"][0], json!({ "x": 3 }));
        assert_eq!(read(br#"{"a":1,"a":1,"b":1,"b":1}"#, 1).unwrap().1.len(), 1);
    }

    #[test]
    fn the_places_of_long_names_are_bounded() {
        let text = format!("{{\"{}\":{{{}\"\":0}}}}", "x".repeat(250_000), "\"\":0,".repeat(1_000));
        let (_, repeated) = read(text.as_bytes(), 1_000).unwrap();
        let places: Vec<&str> = repeated.iter().map(|reason| reason.pointer.as_str()).collect();
        assert_eq!(places, [""]);
    }
}
