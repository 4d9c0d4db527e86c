//! Forms that are shown again: what was typed, and what is wrong with it.

use http::StatusCode;
use tatami_core::card::could_hold_number;
use tatami_core::problem::{Refusal, Violation};
use tatami_engine::Failure;

use crate::PortalState;
use crate::fields::Fields;
use crate::frame::Notice;
use crate::pages::explained;

/// A form as it is shown.
pub(crate) struct Form<'f> {
    fields: &'f Fields,
    wrong: Wrong,
    /// What stands in fields that were not sent.
    usual: Vec<(&'static str, String)>,
    /// Whether texts that could hold the number of a card are left out.
    hides_numbers: bool,
    /// An idempotency key: a form that is sent twice makes one change.
    pub(crate) once: String,
}

/// What is wrong with a form.
#[derive(Default)]
pub(crate) struct Wrong {
    faults: Vec<(String, String)>,
    /// Sentences that belong to no field.
    others: Vec<String>,
    status: StatusCode,
}

impl Wrong {
    /// The faults of a form by a failure of the engine. `names` maps the beginning of the field
    /// names in violations to the names of form fields.
    pub(crate) fn of(failure: &Failure, names: &[(&str, &str)]) -> Self {
        let (status, others) = explained(failure);
        let amount = names.iter().find(|(prefix, _)| *prefix == "Amount");
        let broken = match (failure, amount) {
            (Failure::Refused(Refusal::Invalid(broken)), _) => broken,
            (Failure::Refused(Refusal::Amount(_)), Some((_, name))) => {
                let faults = others.into_iter().map(|rule| ((*name).to_owned(), rule));
                return Self {
                    faults: faults.collect(),
                    others: Vec::new(),
                    status,
                };
            }
            _ => return Self::said(status, others),
        };
        let mut wrong = Self {
            status,
            ..Self::default()
        };
        for violation in broken {
            let name = names
                .iter()
                .find(|(prefix, _)| violation.field.starts_with(prefix));
            match name {
                Some((_, name)) => wrong.add(name, &at_its_field(violation)),
                None => wrong.others.push(violation.rule.clone()),
            }
        }
        wrong
    }

    /// What belongs to no field.
    pub(crate) const fn said(status: StatusCode, others: Vec<String>) -> Self {
        Self {
            faults: Vec::new(),
            others,
            status,
        }
    }

    /// Adds a rule that a field breaks.
    pub(crate) fn add(&mut self, field: &str, rule: &str) {
        self.status = self.status.max(StatusCode::BAD_REQUEST);
        self.faults.push((field.to_owned(), rule.to_owned()));
    }

    /// Adds what else is wrong.
    pub(crate) fn join(&mut self, other: Self) {
        self.status = self.status.max(other.status);
        self.faults.extend(other.faults);
        self.others.extend(other.others);
    }

    #[cfg(test)]
    fn is_empty(&self) -> bool {
        self.faults.is_empty() && self.others.is_empty()
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    /// What is said above the form.
    pub(crate) fn notice(&self) -> Option<Notice> {
        let mut sentences = self.others.clone();
        if !self.faults.is_empty() {
            let check = "Check the fields that are marked below.";
            sentences.push(check.to_owned());
        }
        (!sentences.is_empty()).then(|| Notice::bad(sentences))
    }
}

/// A rule as it reads at its field, whose label is another than its name in the API.
fn at_its_field(violation: &Violation) -> String {
    let name = violation.field.rsplit('.').next().unwrap_or_default();
    let rest = violation.rule.strip_prefix("The ");
    let rest = rest.and_then(|rest| rest.strip_prefix(name)?.strip_prefix(' '));
    rest.map_or_else(|| violation.rule.clone(), |rest| format!("This {rest}"))
}

impl<'f> Form<'f> {
    pub(crate) fn new(state: &PortalState, fields: &'f Fields, wrong: Wrong) -> Self {
        Self {
            fields,
            wrong,
            usual: Vec::new(),
            hides_numbers: false,
            once: state.app.engine.documents().new_id(),
        }
    }

    /// The same for a form with a card: a number that was typed beside its field is not
    /// shown again.
    pub(crate) fn hiding_numbers(self) -> Self {
        Self {
            hides_numbers: true,
            ..self
        }
    }

    /// The same with what stands in fields that were not sent.
    pub(crate) fn with_usual(self, usual: Vec<(&'static str, String)>) -> Self {
        Self { usual, ..self }
    }

    /// What was typed into a field.
    pub(crate) fn get(&self, name: &str) -> &str {
        let was_sent = self.fields.all(name).next().is_some();
        let usual = self.usual.iter().find(|(field, _)| *field == name);
        let text = match usual {
            Some((_, usual)) if !was_sent => usual,
            _ => self.fields.get(name),
        };
        match self.hides_numbers && could_hold_number(text) {
            true => "",
            false => text,
        }
    }

    /// Whether a box was ticked, or an option chosen.
    pub(crate) fn has(&self, name: &str, value: &str) -> bool {
        self.fields.all(name).any(|given| given == value)
    }

    /// Whether something was typed into one of some fields, or is wrong with it.
    pub(crate) fn has_any_of(&self, names: &str) -> bool {
        let mut names = names.split(' ');
        names.any(|name| !self.get(name).is_empty() || !self.fault(name).is_empty())
    }

    /// What is wrong with a field; empty if nothing is.
    pub(crate) fn fault(&self, name: &str) -> &str {
        let faults = &self.wrong.faults;
        let found = faults.iter().find(|(field, _)| field == name);
        found.map_or("", |(_, rule)| rule)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_go_to_their_fields_and_the_others_above_the_form() {
        let broken = vec![
            Violation::new("Amount.Value", "The Amount must be greater than 0."),
            Violation::new("Details.Reference", "The Reference field is required."),
            Violation::new("ActionLink.Url", "The URL must be absolute."),
        ];
        let failure = Failure::from(Refusal::Invalid(broken));
        let names = [("Amount", "amount"), ("Details.Reference", "reference")];
        let wrong = Wrong::of(&failure, &names);
        assert_eq!(wrong.status(), StatusCode::BAD_REQUEST);
        let faults = [
            ("amount", "The Amount must be greater than 0."),
            ("reference", "This field is required."),
        ];
        let faults = faults.map(|(field, rule)| (field.to_owned(), rule.to_owned()));
        assert_eq!(wrong.faults, faults);
        assert_eq!(wrong.others, ["The URL must be absolute."]);
        let conflict = Failure::from(Refusal::Conflict("It is paid.".to_owned()));
        let wrong = Wrong::of(&conflict, &[("Amount", "amount")]);
        assert_eq!(wrong.status(), StatusCode::CONFLICT);
        assert!(Wrong::default().is_empty() && !wrong.is_empty());
    }
}
