//! How long passwords are. There are no rules about kinds of characters.

use crate::problem::Violation;

/// The shortest password, in characters.
pub const MIN_PASSWORD_CHARS: usize = 12;
/// The longest password, in characters.
pub const MAX_PASSWORD_CHARS: usize = 128;

/// Checks the length of a password that a user chooses. It is taken as it is: nothing is
/// cut off and no case is changed.
///
/// # Errors
/// With the rule that it breaks.
pub fn check_password_length(password: &str) -> Result<(), Violation> {
    let rule = match password.chars().count() {
        ..MIN_PASSWORD_CHARS => format!("have at least {MIN_PASSWORD_CHARS}"),
        MIN_PASSWORD_CHARS..=MAX_PASSWORD_CHARS => return Ok(()),
        _ => format!("have at most {MAX_PASSWORD_CHARS}"),
    };
    let rule = format!("The password must {rule} characters.");
    Err(Violation::new("Password", rule))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_is_counted_in_characters() {
        for (chars, is_taken) in [
            (0, false),
            (11, false),
            (12, true),
            (128, true),
            (129, false),
        ] {
            let checked = check_password_length(&"ü".repeat(chars));
            assert_eq!(checked.is_ok(), is_taken, "{chars}");
        }
    }
}
