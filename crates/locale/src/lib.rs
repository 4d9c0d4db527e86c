//! What payers read, in their languages: the texts of pages and receipts, and how
//! amounts, dates and countries are written.
//!
//! A language is a file in `languages`, named by its tag. English has every text;
//! a test holds the others against it, and all of them against what is used.

mod choice;
mod language;
mod moment;
mod money;
#[cfg(test)]
mod tests;

pub use language::Language;
pub use moment::Moment;
