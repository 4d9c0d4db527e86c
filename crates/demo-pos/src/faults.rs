//! Faults that the POS is started with, to see how the platform copes.

use std::str::FromStr;

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The answer takes 3 seconds.
    Slow,
    /// The request is carried out, and the answer takes 12 seconds.
    Late,
    /// The POS does not take requests.
    Down,
    /// The answer is not one of the contract; the request is not carried out.
    Nonsense,
    /// The answer is sent twice.
    Twice,
    /// Answers to later requests come first.
    OutOfOrder,
    /// The request is carried out, and the connection breaks before the answer.
    LoseAnswer,
    /// The request is refused as a conflict.
    Refuse,
}

const WORDS: [(&str, Fault); 8] = [
    ("slow", Fault::Slow),
    ("late", Fault::Late),
    ("down", Fault::Down),
    ("nonsense", Fault::Nonsense),
    ("twice", Fault::Twice),
    ("out-of-order", Fault::OutOfOrder),
    ("lose-answer", Fault::LoseAnswer),
    ("refuse", Fault::Refuse),
];

/// A fault of some requests.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Rule {
    fault: Fault,
    /// Of one operation; of all without it.
    operation: Option<String>,
    /// How many more times; always without it.
    times: Option<u32>,
}

/// The faults of a POS.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faults(Vec<Rule>);

impl FromStr for Faults {
    type Err = String;

    /// Reads a list of `KIND[=OPERATION][*TIMES]`, separated by commas.
    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty());
        parts.map(rule).collect::<Result<_, _>>().map(Self)
    }
}

fn rule(text: &str) -> Result<Rule, String> {
    let (rest, times) = match text.split_once('*') {
        Some((rest, times)) => {
            let number = times.trim().parse();
            let number = number.map_err(|_| format!("'{times}' is not a number of times"))?;
            (rest, Some(number))
        }
        None => (text, None),
    };
    let (word, operation) = match rest.split_once('=') {
        Some((word, operation)) => (word.trim(), Some(operation.trim().to_owned())),
        None => (rest.trim(), None),
    };
    let fault = WORDS.into_iter().find(|(known, _)| *known == word);
    let (_, fault) = fault.ok_or_else(|| {
        let known = WORDS.map(|(word, _)| word).join(", ");
        format!("'{word}' is not a fault; the faults are {known}")
    })?;
    Ok(Rule {
        fault,
        operation,
        times,
    })
}

impl Faults {
    /// What goes wrong with the next request of an operation.
    pub fn next(&mut self, operation: &str) -> Option<Fault> {
        let of = |rule: &&mut Rule| rule.operation.as_deref().is_none_or(|o| o == operation);
        let rule = self.0.iter_mut().filter(of).find(|r| r.times != Some(0))?;
        if let Some(times) = &mut rule.times {
            *times -= 1;
        }
        Some(rule.fault)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_of_an_operation_and_of_some_requests() {
        let faults = "slow=SearchOrders, lose-answer=RecordOrderPaymentById*1,refuse*2";
        let mut faults: Faults = faults.parse().expect("faults");
        assert_eq!(faults.next("SearchOrders"), Some(Fault::Slow));
        assert_eq!(
            faults.next("RecordOrderPaymentById"),
            Some(Fault::LoseAnswer)
        );
        assert_eq!(faults.next("RecordOrderPaymentById"), Some(Fault::Refuse));
        assert_eq!(faults.next("ListAreas"), Some(Fault::Refuse));
        assert_eq!(faults.next("ListAreas"), None);
        assert_eq!(faults.next("SearchOrders"), Some(Fault::Slow));
        assert_eq!("".parse(), Ok(Faults::default()));
        assert!("unheard".parse::<Faults>().is_err());
        assert!("slow*x".parse::<Faults>().is_err());
    }
}
