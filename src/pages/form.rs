//! What is wrong with a form, field by field: `form.html` says it above the form, where it takes the focus,
//! and once more at each field.

use super::visit::Visit;
use crate::actions::ActionError;
use crate::actions::password::PasswordRule;
use crate::store::Constraint;
use crate::web::problem_of;
use crate::words;

/// The fields that are wrong, by their ids, in order, and what is said of each.
#[derive(Debug, Clone, Default)]
pub struct Wrong(Vec<(&'static str, String)>);

impl Wrong {
    /// Only this field is wrong.
    pub fn only(field: &'static str, said: String) -> Self {
        Self(vec![(field, said)])
    }

    /// Adds a field.
    pub fn note(&mut self, field: &'static str, said: String) {
        self.0.push((field, said));
    }

    /// Goes on with what was parsed, or notes that this field is wrong, in these words of the catalogue.
    pub fn unless<T, E>(
        &mut self,
        parsed: Result<T, E>,
        visit: &Visit,
        field: &'static str,
        id: &str,
    ) -> Option<T> {
        if parsed.is_err() {
            self.note(field, words::text(visit.language, id));
        }
        parsed.ok()
    }

    /// What is wrong with a field.
    pub fn of(&self, field: &str) -> Option<&str> {
        self.0.iter().find(|(name, _)| *name == field).map(|(_, said)| said.as_str())
    }

    /// Whether nothing is wrong.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The label of a field, as a word of the catalogue.
    pub fn label(&self, field: &str) -> &'static str {
        match field {
            "user-name" => "field-user-name",
            "shown-name" => "field-shown-name",
            "email" => "field-email",
            "current" => "security-current",
            "name" => "keys-name",
            "credentials" => "credentials-column",
            "rights" => "keys-rights",
            "life" => "key-life",
            "networks" => "keys-networks",
            "overlap" => "key-overlap",
            "key" => "report-key",
            "who" => "sign-in-name",
            "code" => "field-code",
            _ => "field-password",
        }
    }

    /// All that is wrong.
    pub fn iter(&self) -> impl Iterator<Item = &(&'static str, String)> {
        self.0.iter()
    }
}

/// The field that an act turned down, with what is said of it; the error itself where no field is to blame.
///
/// # Errors
/// The error.
pub fn blame(visit: &Visit, error: ActionError) -> Result<Wrong, ActionError> {
    let (field, slug) = match &error {
        ActionError::Password(rule) => ("password", problem_of::of_password_rule(*rule)),
        ActionError::Taken(taken @ Constraint::UserName) => ("user-name", problem_of::of_constraint(*taken)),
        ActionError::Taken(taken @ Constraint::Email) => ("email", problem_of::of_constraint(*taken)),
        _ => return Err(error),
    };
    Ok(Wrong::only(field, detail(visit, slug)))
}

/// What a rule about passwords says.
pub fn of_password(visit: &Visit, rule: PasswordRule) -> String {
    detail(visit, problem_of::of_password_rule(rule))
}

/// The detail of a problem, to be said at a field.
pub fn detail(visit: &Visit, slug: &str) -> String {
    words::text(visit.language, &format!("problem-{slug}-detail"))
}
