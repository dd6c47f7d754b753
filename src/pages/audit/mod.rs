//! The audit trail: searched, taken out, checked. For those who hold an office, and for managers as far as
//! their organisation reaches; the acts decide.

pub mod export;
pub mod list;
pub mod verify;

use serde::Deserialize;

use super::sheet::{Form, Kind, Moment};
use crate::actions::audit::Search;
use crate::model::caller::RequestId;
use crate::web::fields::Fields;
use crate::words::Language;

/// The list.
pub const PATH: &str = "/.portcullis/audit";

/// What the address of the pages may carry.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    organisation: String,
    from: String,
    to: String,
    act: String,
    actor: String,
    subject: String,
    address: String,
    request: String,
    before: String,
}

impl Asked {
    /// What was asked for, by the names of the fields.
    fn pairs(&self) -> [(&'static str, &str); 8] {
        [
            ("from", &self.from),
            ("to", &self.to),
            ("act", &self.act),
            ("actor", &self.actor),
            ("subject", &self.subject),
            ("organisation", &self.organisation),
            ("address", &self.address),
            ("request", &self.request),
        ]
    }

    /// The same as the query of an address, with one more pair.
    fn query(&self, more: Option<(&str, &str)>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        self.pairs().iter().filter(|(_, value)| !value.is_empty()).for_each(|(name, value)| {
            query.append_pair(name, value);
        });
        if let Some((name, value)) = more {
            query.append_pair(name, value);
        }
        query.finish()
    }

    /// The form that asks, holding what was asked for, and the search it means; none where a field is wrong.
    fn search(&self, language: Language) -> (Form, Option<Search>) {
        let form = Form::get(language, "filter", PATH.to_owned(), "audit-search-button")
            .may("from", "audit-from", Kind::Moment)
            .may("to", "audit-to", Kind::Moment)
            .may("act", "audit-act", Kind::Line(100))
            .may("actor", "audit-actor", Kind::Line(100))
            .may("subject", "audit-subject", Kind::Line(200))
            .may("organisation", "fact-organisation", Kind::Line(63))
            .may("address", "audit-address", Kind::Line(45))
            .may("request", "audit-request", Kind::Line(32));
        let fields = Fields::read(self.query(None).as_bytes());
        let mut form = form.filled(&fields);
        let search = read(&mut form, &fields);
        (form, search)
    }
}

fn read(form: &mut Form, fields: &Fields) -> Option<Search> {
    let organisation = form.read_maybe(fields, "organisation", "field-slug-error");
    let from: Option<Option<Moment>> = form.read_maybe(fields, "from", "field-moment-error");
    let to: Option<Option<Moment>> = form.read_maybe(fields, "to", "field-moment-error");
    let address = form.read_maybe(fields, "address", "field-address-error");
    let request = match fields.text("request") {
        "" => Some(None),
        text => {
            let request = RequestId::parse(text).ok();
            if request.is_none() {
                form.blame("request", "field-request-error");
            }
            request.map(Some)
        }
    };
    let text = |name| Some(fields.text(name).to_owned()).filter(|text: &String| !text.is_empty());
    Some(Search {
        organisation: organisation?,
        from: from?.map(|at| at.0),
        to: to?.map(|at| at.0),
        act: text("act"),
        actor: text("actor"),
        subject: text("subject"),
        address: address?,
        request: request?,
    })
}
