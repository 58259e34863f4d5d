//! The pages of the folder `examples`, in development: to try things out, and no part of the API.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header,
    web::{self, Data},
};
use kernel::Code;

use crate::{config::Mode, http::problem::Problem, state::State};

const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
/// The files that are served, and no others.
const FILES: [(&str, &str); 3] = [("chat.html", HTML), ("chat.js", SCRIPT), ("client.js", SCRIPT)];

/// Serves them, unless this is production.
pub(crate) fn configure(environment: Mode, config: &mut web::ServiceConfig) {
    if environment == Mode::Development {
        config
            .service(web::redirect("/examples", "/examples/chat.html"))
            .service(web::redirect("/examples/", "/examples/chat.html"))
            .service(web::resource("/examples/{file}").to(file));
    }
}

async fn file(state: Data<State>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let asked = request.match_info().get("file");
    let known = FILES.iter().find(|(name, _)| Some(*name) == asked);
    let (name, kind) = known.ok_or(Code::NotFound)?;
    let path = state.config.examples_dir.join(name);
    let read = web::block(move || std::fs::read(path)).await;
    // An installation without the folder has no examples.
    let text = read.ok().and_then(Result::ok).ok_or(Code::NotFound)?;
    Ok(HttpResponse::Ok().insert_header((header::CONTENT_TYPE, *kind)).body(text))
}
