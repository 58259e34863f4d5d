//! The executable's size, and the time from nothing to the first answer.

use std::{fs, path::Path, time::Duration};

use serde_json::json;

use crate::{
    Refusal, milliseconds,
    report::{Figure, Goal, Report, number},
    say,
    server::{Folder, Server},
    statistics::{median, range},
};

const STARTS: usize = 7;

/// How large the executable is.
pub fn size(binary: &Path, report: &mut Report) -> Result<(), Refusal> {
    let file = fs::metadata(binary).map_err(|error| format!("{}: {error}", binary.display()))?;
    report.raw("size_bytes", json!(file.len()));
    #[expect(clippy::cast_precision_loss, reason = "no executable is that large")]
    let mib = file.len() as f64 / 1024.0 / 1024.0;
    report.add(Figure::new("size", "executable", mib, "MiB").goal(Goal::Below(40.0)));
    Ok(())
}

/// How long starts take: where the school is already, and in empty folders.
pub fn measure(
    binary: &Path,
    school: &Folder,
    made_in: Duration,
    report: &mut Report,
) -> Result<(), Refusal> {
    say("starting again where the school is already");
    let mut again = Vec::new();
    for _ in 0..STARTS {
        again.push(start(binary, school, true)?);
    }
    say("starting in empty folders");
    let mut first = Vec::new();
    for _ in 0..STARTS {
        first.push(start(binary, &Folder::make()?, false)?);
    }
    let figure = |name: &str, times: &[f64]| {
        let (least, most) = range(times);
        let note = format!("to the first answer; median of {STARTS}, {} to {}", number(least), number(most));
        Figure::new("start", name, median(times), "ms").note(note)
    };
    report.add(figure("start, school loaded before", &again).goal(Goal::Below(500.0)));
    report.add(figure("very first start, without the school", &first));
    let made_in = milliseconds(made_in);
    report.add(
        Figure::new("start", "very first start, with the school", made_in, "ms")
            .note("which it loads; measured once"),
    );
    report.raw("start_ms", json!({ "again": again, "first": first, "demo": made_in }));
    Ok(())
}

fn start(binary: &Path, folder: &Folder, demo: bool) -> Result<f64, Refusal> {
    let (server, took) = Server::start(binary, folder, demo)?;
    server.stop()?;
    Ok(milliseconds(took))
}
