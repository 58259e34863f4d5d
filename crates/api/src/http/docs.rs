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

static PAGE: LazyLock<Arc<Config<'static>>> = LazyLock::new(|| {
    let config = Config::from("/api/v1/openapi.json")
        .deep_linking(true)
        .display_request_duration(true)
        .persist_authorization(false);
    Arc::new(config)
});

/// Serves the page.
pub(crate) fn configure(config: &mut web::ServiceConfig) {
    config.service(web::redirect("/docs", "/docs/")).service(web::resource("/docs/{file:.*}").get(file));
}

// The crate's own service for actix would copy each file for each request.
async fn file(request: HttpRequest) -> Result<HttpResponse, Problem> {
    let name = request.match_info().query("file");
    let file = utoipa_swagger_ui::serve(name, PAGE.clone())
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
