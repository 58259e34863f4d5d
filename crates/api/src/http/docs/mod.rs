//! The documentation page at `/docs`: Swagger UI over the document, from this executable alone. Its files are kept packed, as they go
//! over the wire.

use std::{
    borrow::Cow,
    sync::{Arc, LazyLock},
};

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{self, ContentEncoding},
    web,
};
use kernel::{Code, Error};
use utoipa_swagger_ui::Config;

use crate::http::problem::Problem;

/// Swagger UI's own files need no settings: ours are in `docs.js`.
static SETTINGS: LazyLock<Arc<Config<'static>>> = LazyLock::new(Arc::default);

/// What takes the place of files of Swagger UI's, or is added to them.
const OWN: [(&str, &str, &str); 4] = [
    ("", "text/html; charset=utf-8", include_str!("index.html")),
    ("index.html", "text/html; charset=utf-8", include_str!("index.html")),
    ("docs.js", "text/javascript; charset=utf-8", include_str!("docs.js")),
    ("docs.css", "text/css; charset=utf-8", include_str!("docs.css")),
];

/// Serves the page.
pub(crate) fn configure(config: &mut web::ServiceConfig) {
    config.service(web::redirect("/docs", "/docs/")).service(web::resource("/docs/{file:.*}").get(file));
}

// The crate's own service for actix would copy each file for each request.
async fn file(request: HttpRequest) -> Result<HttpResponse, Problem> {
    let name = request.match_info().query("file");
    if let Some((_, kind, text)) = OWN.iter().find(|(own, ..)| *own == name) {
        let mut response = HttpResponse::Ok();
        response.content_type(*kind).insert_header((header::CACHE_CONTROL, "no-cache"));
        return Ok(response.body(*text));
    }
    let file = utoipa_swagger_ui::serve(name, SETTINGS.clone())
        .map_err(|error| Error::internal(error.to_string()))?
        .ok_or(Code::NotFound)?;
    let mut response = HttpResponse::Ok();
    response.content_type(file.content_type).insert_header((header::CACHE_CONTROL, "public, max-age=3600"));
    if file.gzpipped {
        // Nobody but a browser shows this page, and every browser unpacks.
        response.insert_header(ContentEncoding::Gzip);
    }
    Ok(match file.bytes {
        Cow::Borrowed(bytes) => response.body(bytes),
        Cow::Owned(bytes) => response.body(bytes),
    })
}
