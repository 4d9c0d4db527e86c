//! What owners set of their company: its name, its locations, and whether its users have
//! to have a second factor.

use serde_json::{Value, json};
use tatami_core::account::checked_name;
use tatami_core::people::Company;
use tatami_core::problem::{Refusal, Violation};

use super::{Settings, Visitor};
use crate::Failure;
use crate::command::Decided;
use crate::ports::documents::DocumentWrite;

/// The most locations of a company.
pub const MOST_LOCATIONS: usize = 100;

/// A change of a company, for the audit trail.
struct Setting<'s> {
    action: &'s str,
    subject: String,
    old: Value,
    new: Value,
}

impl Settings<'_> {
    /// Gives the visitor's company another name.
    ///
    /// # Errors
    /// If the visitor may not, the name breaks a rule, or storage fails.
    pub async fn rename_company(self, visitor: &Visitor, name: &str) -> Result<(), Failure> {
        let name = &checked_name(name).map_err(invalid)?;
        self.set(visitor, |company| {
            let setting = Setting {
                action: "company.rename",
                subject: company.id.to_string(),
                old: json!(company.name),
                new: json!(name),
            };
            name.clone_into(&mut company.name);
            Ok((setting, Vec::new()))
        })
        .await
    }

    /// Sets whether the users of the visitor's company have to have a second factor.
    ///
    /// # Errors
    /// If the visitor may not or has none, or storage fails.
    pub async fn require_second_factor(
        self,
        visitor: &Visitor,
        is_required: bool,
    ) -> Result<(), Failure> {
        if is_required && !visitor.user.has_second_factor() {
            let first = "Turn on your own second factor first.";
            return Err(Refusal::Conflict(first.to_owned()).into());
        }
        self.set(visitor, |company| {
            let setting = Setting {
                action: "company.require-second-factor",
                subject: company.id.to_string(),
                old: json!(company.requires_second_factor),
                new: json!(is_required),
            };
            company.requires_second_factor = is_required;
            Ok((setting, Vec::new()))
        })
        .await
    }

    /// Makes a location of the visitor's company. It may do what the first one may.
    ///
    /// # Errors
    /// If the visitor may not, the name breaks a rule, there are too many, or storage
    /// fails.
    pub async fn add_location(self, visitor: &Visitor, name: &str) -> Result<(), Failure> {
        let name = checked_name(name).map_err(invalid)?;
        let first = visitor.company.locations.first();
        let first = first.ok_or(Refusal::NotFound("location"))?;
        let first = self.0.account(first).await?;
        let account = &self.0.accounts().another(&first, &name);
        self.set(visitor, |company| {
            if company.locations.len() >= MOST_LOCATIONS {
                let most = format!("A company has at most {MOST_LOCATIONS} locations.");
                return Err(Refusal::Conflict(most).into());
            }
            company.locations.push(account.id.clone());
            let setting = Setting {
                action: "location.add",
                subject: account.id.to_string(),
                old: Value::Null,
                new: json!(account.name),
            };
            Ok((setting, vec![DocumentWrite::put(account, None)?]))
        })
        .await
    }

    /// Changes the visitor's company, with the entry of the trail.
    async fn set(
        self,
        visitor: &Visitor,
        change: impl Fn(&mut Company) -> Result<(Setting<'static>, Vec<DocumentWrite>), Failure>,
    ) -> Result<(), Failure> {
        visitor.must_manage()?;
        let (id, change) = (visitor.company.id.as_str(), &change);
        self.0
            .change(id, || async move {
                let stored = self.people().stored::<Company>(id).await?;
                let mut stored = stored.ok_or(Refusal::NotFound("company"))?;
                let (setting, mut writes) = change(&mut stored.value)?;
                if setting.old == setting.new {
                    return Ok(Decided::nothing(()));
                }
                let mut entry = self
                    .people()
                    .entry(visitor, setting.action, &setting.subject);
                entry.old = Some(setting.old).filter(|old| !old.is_null());
                entry.new = Some(setting.new);
                writes.push(DocumentWrite::put(&stored.value, Some(stored.version))?);
                writes.push(DocumentWrite::put(&entry, None)?);
                Ok(Decided::change(self.people().commit(writes), ()))
            })
            .await?;
        Ok(())
    }
}

fn invalid(broken: Violation) -> Failure {
    Refusal::Invalid(vec![broken]).into()
}
