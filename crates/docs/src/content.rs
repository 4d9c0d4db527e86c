//! What the documentation is made from, and what is made of it once.

use tatami_api::Also;

use crate::documents::{self, Served};
use crate::explorer::{self, Listed};
use crate::search::Index;
use crate::site::{Filling, Site};
use crate::{Document, Table, llms};

/// What pages and descriptions are made from.
pub(crate) struct Content {
    pub(crate) filling: Filling,
    pub(crate) also: &'static [Also],
    pub(crate) documents: &'static [Document],
    pub(crate) tables: &'static [Table],
}

/// The site, made when it is first asked for.
pub(crate) struct Shown {
    pub(crate) site: Site,
    pub(crate) documents: Vec<Served>,
    /// The operations of each document.
    pub(crate) operations: Vec<Vec<Listed>>,
    pub(crate) index: Index,
}

impl Content {
    /// What is shown of it.
    pub(crate) fn shown(&self) -> Shown {
        let documents = documents::all(self);
        let site = Site::new(&self.filling_with(&documents));
        let operations = documents.iter().enumerate();
        let operations = operations.map(|(at, it)| explorer::listed(at, it, &it.value(self)));
        let operations: Vec<Vec<Listed>> = operations.collect();
        let index = Index::new(&site, documents::newest_operations(&documents, &operations));
        Shown {
            site,
            documents,
            operations,
            index,
        }
    }

    /// What pages are filled with, tables included.
    fn filling_with(&self, documents: &[Served]) -> Filling {
        let tables = self.tables.iter();
        let tables = tables.map(|table| (table.name, (table.make)()));
        let own = [
            ("documents", documents::table(documents)),
            ("texts", llms::table()),
        ];
        Filling {
            tables: tables.chain(own).collect(),
            ..self.filling.clone()
        }
    }
}
