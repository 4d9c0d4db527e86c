//! Amounts as a language writes them. Integers all the way.

use tatami_core::money::Money;

use crate::Language;

impl Language {
    /// An amount, as people write it: `£1,234.50`, `1.234,50 £`.
    pub fn money(&'static self, money: Money) -> String {
        let minus = if money.minor < 0 { "-" } else { "" };
        let amount = self.minor(money.minor.unsigned_abs());
        self.money_form(minus, money.currency.sign(), &amount)
    }

    /// An amount without its currency, as it is typed in.
    pub fn bare(&'static self, money: Money) -> String {
        self.minor(money.minor.unsigned_abs())
    }

    /// The form of an amount, around its parts.
    pub fn money_form(&self, minus: &str, sign: &str, amount: &str) -> String {
        self.with(
            "money",
            &[("minus", minus), ("sign", sign), ("amount", amount)],
        )
    }

    /// Per cent as people write it: `10%`, `10 %`.
    pub fn percent(&self, number: u32) -> String {
        self.with("percent", &[("number", &number.to_string())])
    }

    /// How many digits must stand before the first separator.
    pub fn least_before_group(&'static self) -> usize {
        self.get("number-group-least").parse().unwrap_or(1)
    }

    fn minor(&'static self, minor: u64) -> String {
        let (whole, part) = (minor / 100, minor % 100);
        let mut digits = whole.to_string();
        if digits.len() >= 3 + self.least_before_group() {
            let mut at = digits.len();
            while at > 3 {
                at -= 3;
                digits.insert_str(at, self.get("number-group"));
            }
        }
        format!("{digits}{}{part:02}", self.get("number-decimal"))
    }
}

#[cfg(test)]
mod tests {
    use tatami_core::money::Currency::{Eur, Gbp};

    use super::*;

    #[test]
    fn amounts_are_written_as_the_language_does() {
        for (tag, minor, currency, written) in [
            ("en", 123_456_705, Gbp, "£1,234,567.05"),
            ("en", -50, Eur, "-€0.50"),
            ("de", 123_450, Gbp, "1.234,50\u{a0}£"),
            ("de", -5, Eur, "-0,05\u{a0}€"),
            ("fr", 1_234_550, Eur, "12\u{202f}345,50\u{a0}€"),
            ("es", 123_450, Eur, "1234,50\u{a0}€"),
            ("es", 1_234_550, Eur, "12.345,50\u{a0}€"),
            ("it", 1_000, Gbp, "10,00\u{a0}£"),
        ] {
            let language = Language::by_tag(tag).expect("a language");
            assert_eq!(language.money(Money::new(minor, currency)), written);
        }
    }

    #[test]
    fn english_amounts_are_those_of_the_core() {
        for minor in [0, 7, 100, 99_999, 100_000, -123_456_789] {
            let money = Money::new(minor, Gbp);
            assert_eq!(Language::english().money(money), money.to_string());
        }
    }
}
