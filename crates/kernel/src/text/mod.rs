//! Text that people write: what of it can be seen, and the form in which two texts are compared.

mod fold;
mod visible;

pub use fold::{Piece, comparable_name, fold, pieces};
pub use visible::{is_blank, legible, one_line, trimmed, visible_line, visible_text};
