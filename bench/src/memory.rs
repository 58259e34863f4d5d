//! What stays in memory.

use std::{path::Path, time::Duration};

use serde_json::{Value, json};

use crate::{
    LEARNER, LIST, Refusal, client,
    report::{Figure, Goal, Report, number},
    say,
    server::{Folder, Server},
    throughput::Reads,
    wait,
};

const GOAL: Goal = Goal::Below(40.0);
const REST: Duration = Duration::from_secs(2);
const REQUESTS: usize = 1000;
const CONNECTIONS: usize = 8;

/// At rest, after public reads, and after reads of somebody who has logged in.
pub fn measure(binary: &Path, school: &Folder, report: &mut Report) -> Result<(), Refusal> {
    say("watching memory");
    let (server, _) = Server::start(binary, school, true)?;
    wait(REST);
    let idle = Memory::of(&server)?;
    report.add(idle.figure("resident, two seconds after the start").goal(GOAL));

    ask(&server, &[client::get(LIST, None)])?;
    let public = Memory::of(&server)?;
    report.add(public.figure("resident, after 1,000 public reads").goal(GOAL));

    let reads = Reads::of(&server, &server.client().token(LEARNER)?)?;
    ask(&server, &reads.all())?;
    let member = Memory::of(&server)?;
    report.add(member.figure("resident, after a login and 1,000 reads more"));
    let most = server.memory("VmHWM")?;
    report.add(Figure::new("memory", "most at any time", most, "MiB"));

    report.raw(
        "memory_mib",
        json!({ "idle": idle.json(), "public": public.json(), "member": member.json(), "most": most }),
    );
    server.stop()
}

/// A thousand requests in turn, over a few connections.
fn ask(server: &Server, requests: &[client::Request]) -> Result<(), Refusal> {
    let mut clients: Vec<_> = (0..CONNECTIONS).map(|_| server.client()).collect();
    for number in 0..REQUESTS.div_ceil(CONNECTIONS) {
        for (client, request) in
            clients.iter_mut().zip(requests.iter().cycle().skip(number * CONNECTIONS % requests.len()))
        {
            let status = client.ask(request).map_err(|error| format!("a read failed: {error}"))?;
            if status != 200 {
                return Err(format!("a read was answered with {status}"));
            }
        }
    }
    Ok(())
}

struct Memory {
    resident: f64,
    anonymous: f64,
}

impl Memory {
    fn of(server: &Server) -> Result<Self, Refusal> {
        Ok(Self { resident: server.memory("VmRSS")?, anonymous: server.memory("RssAnon")? })
    }

    fn figure(&self, name: &str) -> Figure {
        let note = format!("{} of it its own, the rest files, mostly the executable", number(self.anonymous));
        Figure::new("memory", name, self.resident, "MiB").note(note)
    }

    fn json(&self) -> Value {
        json!({ "resident": self.resident, "anonymous": self.anonymous })
    }
}
