//! The table, and the file of raw figures.

use std::{
    io::{Result, Write},
    path::{Path, PathBuf},
};

use serde_json::{Map, Value, json};

use crate::Options;

/// Above so many cores of work by others, figures of time are doubtful.
const OTHERS: f64 = 0.3;

/// What was promised.
#[derive(Clone, Copy)]
pub enum Goal {
    /// Less than this.
    Below(f64),
    /// This or less.
    AtMost(f64),
    /// This or more.
    AtLeast(f64),
}

impl Goal {
    fn is_met(self, value: f64) -> bool {
        match self {
            Self::Below(limit) => value < limit,
            Self::AtMost(limit) => value <= limit,
            Self::AtLeast(limit) => value >= limit,
        }
    }

    const fn limit(self) -> f64 {
        let (Self::Below(limit) | Self::AtMost(limit) | Self::AtLeast(limit)) = self;
        limit
    }
}

/// A line of the table.
pub struct Figure {
    group: &'static str,
    name: String,
    value: f64,
    unit: &'static str,
    goal: Option<Goal>,
    note: String,
}

impl Figure {
    /// A figure for information.
    pub fn new(group: &'static str, name: impl Into<String>, value: f64, unit: &'static str) -> Self {
        Self { group, name: name.into(), value, unit, goal: None, note: String::new() }
    }

    /// A figure that was promised.
    #[must_use]
    pub const fn goal(mut self, goal: Goal) -> Self {
        self.goal = Some(goal);
        self
    }

    /// What is good to know beside it.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    fn cells(&self) -> [String; 5] {
        let goal = match self.goal {
            Some(Goal::Below(limit)) => format!("< {}", with_unit(&limit.to_string(), self.unit)),
            Some(Goal::AtMost(limit)) => format!("<= {}", with_unit(&limit.to_string(), self.unit)),
            Some(Goal::AtLeast(limit)) => format!(">= {}", with_unit(&limit.to_string(), self.unit)),
            None => String::new(),
        };
        let verdict = match self.goal {
            Some(goal) if goal.is_met(self.value) => "ok",
            Some(_) => "MISSED",
            None => "",
        };
        let value = with_unit(&number(self.value), self.unit);
        [self.name.clone(), value, goal, verdict.to_owned(), self.note.clone()]
    }

    fn json(&self) -> Value {
        json!({
            "group": self.group,
            "name": self.name,
            "value": self.value,
            "unit": self.unit,
            "goal": self.goal.map(Goal::limit),
            "met": self.goal.map(|goal| goal.is_met(self.value)),
            "note": self.note,
        })
    }
}

/// Everything that was measured.
pub struct Report {
    binary: PathBuf,
    settings: Value,
    figures: Vec<Figure>,
    raw: Map<String, Value>,
    others: Option<f64>,
}

impl Report {
    /// Nothing was measured yet.
    pub fn new(binary: &Path, options: &Options) -> Self {
        let settings = json!({ "seconds": options.seconds, "rounds": options.rounds });
        Self { binary: binary.to_owned(), settings, figures: Vec::new(), raw: Map::new(), others: None }
    }

    /// A line more.
    pub fn add(&mut self, figure: Figure) {
        self.figures.push(figure);
    }

    /// For the file only.
    pub fn raw(&mut self, name: &str, value: Value) {
        self.raw.insert(name.to_owned(), value);
    }

    /// How many cores were busy with something else.
    pub const fn others(&mut self, cores: f64) {
        self.others = Some(cores);
    }

    /// The table, on standard output.
    pub fn print(&self) -> Result<()> {
        let mut out = std::io::stdout().lock();
        out.write_all(self.table().as_bytes())?;
        out.flush()
    }

    fn table(&self) -> String {
        let mut text = format!("\n{}, {} cores", self.binary.display(), cores());
        if let Some(others) = self.others {
            let doubt = if others > OTHERS { ": measure again when it rests" } else { "" };
            text.push_str(&format!(", other work took {} of them{doubt}", number(others)));
        }
        text.push('\n');
        let rows: Vec<_> = self.figures.iter().map(|figure| (figure.group, figure.cells())).collect();
        let mut widths = [0; 5];
        for (_, cells) in &rows {
            for (width, cell) in widths.iter_mut().zip(cells) {
                *width = cell.chars().count().max(*width);
            }
        }
        let [name_width, value_width, goal_width, verdict_width, _] = widths;
        let mut groups = Vec::new();
        for (group, _) in &rows {
            if !groups.contains(group) {
                groups.push(*group);
            }
        }
        for group in groups {
            text.push_str(&format!("\n{group}\n"));
            for (_, [name, value, goal, verdict, note]) in rows.iter().filter(|(of, _)| *of == group) {
                let line = format!(
                    "  {name:name_width$}  {value:>value_width$}  {goal:goal_width$}  {verdict:verdict_width$}  {note}"
                );
                text.push_str(line.trim_end());
                text.push('\n');
            }
        }
        let promised = self.figures.iter().filter_map(|figure| Some(figure.goal?.is_met(figure.value)));
        let (met, missed): (Vec<_>, Vec<_>) = promised.partition(|met| *met);
        text.push_str(&format!("\n{} goals met, {} missed\n", met.len(), missed.len()));
        text
    }

    /// Everything, into a file.
    pub fn write(&self, path: &Path) -> Result<()> {
        let all = json!({
            "binary": self.binary.display().to_string(),
            "cores": cores(),
            "others_cores": self.others,
            "settings": self.settings,
            "figures": self.figures.iter().map(Figure::json).collect::<Vec<_>>(),
            "raw": self.raw,
        });
        std::fs::write(path, format!("{all:#}\n"))
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn with_unit(number: &str, unit: &str) -> String {
    if unit.is_empty() { number.to_owned() } else { format!("{number} {unit}") }
}

/// About three digits that mean something.
pub fn number(value: f64) -> String {
    let decimals = match value.abs() {
        size if size.fract() == 0.0 => 0,
        size if size < 10.0 => 2,
        size if size < 100.0 => 1,
        _ => 0,
    };
    format!("{value:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_tells_which_goals_were_missed() {
        let mut report = Report {
            binary: "palestra".into(),
            settings: Value::Null,
            figures: Vec::new(),
            raw: Map::new(),
            others: Some(0.5),
        };
        report.add(Figure::new("size", "executable", 40.0, "MiB").goal(Goal::Below(40.0)));
        report.add(Figure::new("flood", "ratio", 2.0, "").goal(Goal::AtMost(2.0)).note("as it should"));
        report.add(Figure::new("size", "for information", 123.4, "ms"));
        let table = report.table();
        assert!(table.contains("other work took 0.50 of them: measure again when it rests"));
        assert!(table.contains("executable       40 MiB  < 40 MiB  MISSED\n"));
        assert!(table.contains("ratio                 2  <= 2      ok      as it should\n"));
        assert!(table.contains("for information  123 ms\n"));
        assert!(table.ends_with("\n1 goals met, 1 missed\n"));
        assert_eq!(table.matches("size\n").count(), 1);
    }
}
