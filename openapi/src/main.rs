//! Prints the OpenAPI document that follows from the code: `make openapi` keeps it as `openapi.json`, which the server
//! carries, serves and enforces. The server itself does not contain what it takes to collect it.

use std::{error::Error, io::Write};

fn main() -> Result<(), Box<dyn Error>> {
    Ok(std::io::stdout().write_all(api::document()?.as_bytes())?)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_document_is_what_follows_from_the_code() {
        let kept = include_str!("../openapi.json");
        assert!(
            kept == api::document().unwrap(),
            "openapi/openapi.json is not what follows from the code: run `make openapi`, and read the diff"
        );
    }
}
