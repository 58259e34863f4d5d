//! The documentation page at `/docs`: Swagger UI over the document, from this executable alone. The page's files are kept
//! packed, as they go over the wire (`build.rs`).

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{self, ContentEncoding},
    web,
};
use kernel::Code;

use crate::http::problem::Problem;

/// A file of the page.
struct File {
    name: &'static str,
    content_type: &'static str,
    bytes: &'static [u8],
    packed: bool,
}

const FILES: [File; 5] = [
    File {
        name: "",
        content_type: "text/html; charset=utf-8",
        bytes: include_bytes!("index.html"),
        packed: false,
    },
    File {
        name: "start.js",
        content_type: "text/javascript",
        bytes: include_bytes!("start.js"),
        packed: false,
    },
    File {
        name: "swagger-ui-bundle.js",
        content_type: "text/javascript",
        bytes: include_bytes!(concat!(env!("OUT_DIR"), "/swagger-ui-bundle.js.gz")),
        packed: true,
    },
    File {
        name: "swagger-ui-standalone-preset.js",
        content_type: "text/javascript",
        bytes: include_bytes!(concat!(env!("OUT_DIR"), "/swagger-ui-standalone-preset.js.gz")),
        packed: true,
    },
    File {
        name: "swagger-ui.css",
        content_type: "text/css",
        bytes: include_bytes!(concat!(env!("OUT_DIR"), "/swagger-ui.css.gz")),
        packed: true,
    },
];

/// Serves the page.
pub(crate) fn configure(config: &mut web::ServiceConfig) {
    config
        .service(web::redirect("/docs", "/docs/"))
        .service(web::resource("/docs/{file:.*}").get(file));
}

async fn file(request: HttpRequest) -> Result<HttpResponse, Problem> {
    let name = request.match_info().query("file");
    let file = FILES.iter().find(|file| file.name == name);
    let file = file.ok_or(Code::NotFound)?;
    let mut response = HttpResponse::Ok();
    response
        .content_type(file.content_type)
        .insert_header((header::CACHE_CONTROL, "public, max-age=3600"));
    if file.packed {
        // Nobody but a browser shows this page, and every browser unpacks.
        response.insert_header(ContentEncoding::Gzip);
    }
    Ok(response.body(file.bytes))
}
