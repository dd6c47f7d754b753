//! Accounts that lived in another program, taken in all at once.

use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::answer::Told;
use super::call::{Call, Outcome, Stop};
use crate::actions::account::import::{
    Batch, Effect, Entry, ImportError, Line, LineFault, UselessHash, import as act,
};
use crate::secret::Secret;
use crate::web::problem::Problem;

/// A person as another program had them.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ImportedPerson {
    /// Name for good; capitals become small letters.
    user_name: String,
    /// Where letters go.
    email: Option<String>,
    /// Name shown to people; the user name if left out.
    shown_name: Option<String>,
    /// Whether the address counts as proved; yes if left out.
    #[serde(default = "yes")]
    #[schema(default = true)]
    validated: bool,
    /// Hash of the password as Django or PHC writes it: PBKDF2, argon2id, bcrypt, scrypt; none, or one that begins
    /// with `!`, is no password.
    password_hash: Option<String>,
    /// `administrator` or `support`.
    office: Option<String>,
}

/// People as another program had them.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountsBody {
    /// The people.
    #[schema(min_items = 1, max_items = 500)]
    accounts: Vec<ImportedPerson>,
    /// Whether everything is done but writing.
    #[serde(default)]
    dry_run: bool,
    /// Whether nothing is imported when a hash cannot be used; else such people set a password by a reset link.
    #[serde(default)]
    refuse_useless_hashes: bool,
}

/// What came of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct AccountsImportedView {
    /// How many accounts were made, or would be.
    imported: usize,
    /// How many of them have a password.
    with_password: usize,
    /// Those whose hash cannot be used.
    to_reset: Vec<ToReset>,
}

/// A person who needs a reset link.
#[derive(Debug, Serialize, ToSchema)]
pub struct ToReset {
    /// Which of the accounts that were sent, as a JSON pointer.
    pointer: String,
    /// Why.
    detail: String,
}

const fn yes() -> bool {
    true
}

/// Makes accounts of people who lived elsewhere: all of them or none.
pub async fn import(call: Call, body: AccountsBody) -> Outcome<Told<AccountsImportedView>> {
    let line = |(number, person): (usize, ImportedPerson)| {
        let ImportedPerson { user_name, email, shown_name, validated, password_hash, office } = person;
        let password_hash = Secret::new(password_hash.unwrap_or_default());
        let entry = Entry { user_name, email, shown_name, validated, password_hash, office };
        Line { number, entry: Ok(entry) }
    };
    let batch = Batch {
        lines: (1..).zip(body.accounts).map(line).collect(),
        useless: if body.refuse_useless_hashes { UselessHash::Wrong } else { UselessHash::Reset },
        effect: if body.dry_run { Effect::None } else { Effect::Write },
    };
    let done = act(&call.app, &call.actor()?, batch, &|_| {}).await.map_err(refused)?;
    let to_reset = done.to_reset.iter();
    let to_reset =
        to_reset.map(|(number, why)| ToReset { pointer: place(*number), detail: why.to_string() }).collect();
    Ok(Told(AccountsImportedView { imported: done.accounts, with_password: done.with_password, to_reset }))
}

fn place(number: usize) -> String {
    format!("/accounts/{}", number.saturating_sub(1))
}

/// Says what is wrong with each, by its place; hashes are secrets.
fn refused(error: ImportError) -> Stop {
    let errors = match error {
        ImportError::Action(error) => return error.into(),
        ImportError::Empty => vec![json!({ "pointer": "/accounts", "detail": error.to_string() })],
        ImportError::Lines(faults) => {
            let fault = |(number, fault): &(usize, LineFault)| json!({ "pointer": place(*number), "detail": fault.to_string() });
            faults.iter().map(fault).collect()
        }
    };
    let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid-fields");
    Problem { members: vec![("errors", errors.into())], ..problem }.into()
}
