//! What people see. This is the table of all pages, one line each; a page is a file beside its template, and
//! the type that it takes says who may enter: `Visit` anybody, `SignedIn` a person, `Overseer` an office.

pub mod accounts;
pub mod answer;
pub mod api_docs;
pub mod arrive;
pub mod assets;
pub mod audit;
pub mod bans;
pub mod change_address;
pub mod choose;
pub mod code;
pub mod confirm_address;
pub mod delete_account;
pub mod device;
pub mod forgot_password;
pub mod form;
pub mod frame;
pub mod home;
pub mod invitation;
pub mod keys;
pub mod letters;
pub mod look;
pub mod organisations;
pub mod password_strength;
pub mod profile;
pub mod recover_account;
pub mod report_key;
pub mod reset_password;
pub mod running;
pub mod security;
pub mod sessions;
pub mod set_up;
pub mod sheet;
pub mod sign_in;
pub mod sign_out;
pub mod sign_up;
pub mod step_up;
pub mod style;
mod take_back;
pub mod trouble;
pub mod ui;
pub mod undo_change;
pub mod used;
pub mod validate;
pub mod visit;
pub mod webhooks;

use std::sync::Arc;

use axum::Router;
use axum::routing::{MethodRouter, get, post};

use crate::web::Reception;

/// Where people come out when they wanted nothing else.
pub const HOME: &str = "/.portcullis/";

/// One page.
pub struct Page {
    /// Its address.
    pub path: &'static str,
    /// What answers there.
    pub methods: MethodRouter<Arc<Reception>>,
}

const fn page(path: &'static str, methods: MethodRouter<Arc<Reception>>) -> Page {
    Page { path, methods }
}

/// Every page.
pub fn table() -> Vec<Page> {
    vec![
        page("/.portcullis/", get(home::show)),
        page("/.portcullis/sign-in", get(sign_in::show).post(sign_in::sign_in)),
        page("/.portcullis/continue", post(sign_in::take_up)),
        page("/.portcullis/arrive", get(arrive::arrive)),
        page("/.portcullis/sign-out", get(sign_out::ask).post(sign_out::sign_out)),
        page("/.portcullis/step-up", get(step_up::show).post(step_up::confirm)),
        page("/.portcullis/choose", get(choose::show).post(choose::choose)),
        page("/.portcullis/accounts", get(accounts::list::show)),
        page("/.portcullis/archived-names", get(accounts::archive::ask).post(accounts::archive::release)),
        page("/.portcullis/new-person", get(accounts::new::ask_person).post(accounts::new::person)),
        page("/.portcullis/new-service", get(accounts::new::ask_service).post(accounts::new::service)),
        page("/.portcullis/accounts/{name}", get(accounts::show::show)),
        page("/.portcullis/accounts/{name}/sessions", post(accounts::show::end_session)),
        page(
            "/.portcullis/accounts/{name}/keys/{id}",
            get(accounts::deed::ask_key).post(accounts::deed::revoke_key),
        ),
        page("/.portcullis/accounts/{name}/{deed}", get(accounts::deed::ask).post(accounts::deed::act)),
        page("/.portcullis/organisations", get(organisations::list::show)),
        page(
            "/.portcullis/new-organisation",
            get(organisations::deed::ask_new).post(organisations::deed::new),
        ),
        page("/.portcullis/organisations/{slug}", get(organisations::show::show)),
        page(
            "/.portcullis/organisations/{slug}/rename",
            get(organisations::deed::ask_rename).post(organisations::deed::rename),
        ),
        page(
            "/.portcullis/organisations/{slug}/close",
            get(organisations::deed::ask_close).post(organisations::deed::close),
        ),
        page(
            "/.portcullis/organisations/{slug}/new-platform",
            get(organisations::deed::ask_platform).post(organisations::deed::add_platform),
        ),
        page(
            "/.portcullis/organisations/{slug}/platforms/{platform}",
            get(organisations::deed::ask_remove_platform).post(organisations::deed::remove_platform),
        ),
        page(
            "/.portcullis/organisations/{slug}/new-space",
            get(organisations::spaces::ask_new).post(organisations::spaces::new),
        ),
        page(
            "/.portcullis/organisations/{slug}/spaces/{space}",
            get(organisations::spaces::ask_rename).post(organisations::spaces::rename),
        ),
        page(
            "/.portcullis/organisations/{slug}/spaces/{space}/remove",
            get(organisations::spaces::ask_remove).post(organisations::spaces::remove),
        ),
        page(
            "/.portcullis/organisations/{slug}/new-grant",
            get(organisations::grants::ask_new).post(organisations::grants::new),
        ),
        page(
            "/.portcullis/organisations/{slug}/grants/{id}",
            get(organisations::grants::ask_revoke).post(organisations::grants::revoke),
        ),
        page(
            "/.portcullis/organisations/{slug}/members/{name}",
            get(organisations::grants::ask_leave).post(organisations::grants::leave),
        ),
        page("/.portcullis/webhooks", get(webhooks::list::show)),
        page("/.portcullis/new-webhook", get(webhooks::new::ask).post(webhooks::new::create)),
        page("/.portcullis/webhooks/{webhook}", get(webhooks::show::show)),
        page("/.portcullis/webhooks/{webhook}/deliveries/{delivery}", post(webhooks::show::resend)),
        page("/.portcullis/webhooks/{webhook}/{deed}", get(webhooks::deed::ask).post(webhooks::deed::act)),
        page(
            "/.portcullis/organisations/{slug}/invite",
            get(organisations::invitations::ask).post(organisations::invitations::invite),
        ),
        page("/.portcullis/organisations/{slug}/invitations", get(organisations::invitations::list)),
        page(
            "/.portcullis/organisations/{slug}/invitations/{id}",
            get(organisations::invitations::show).post(organisations::invitations::change),
        ),
        page("/.portcullis/audit", get(audit::list::show)),
        page("/.portcullis/audit/verify", get(audit::verify::show)),
        page("/.portcullis/audit/export/{ending}", get(audit::export::download)),
        page("/.portcullis/upstreams", get(running::upstreams::show)),
        page("/.portcullis/certificates", get(running::certificates::show)),
        page("/.portcullis/configuration", get(running::configuration::show)),
        page("/.portcullis/validation", get(running::validation::show).post(running::validation::set)),
        page("/.portcullis/explain", get(running::explain::show)),
        page("/.portcullis/bans", get(bans::show).post(bans::lift)),
        page("/.portcullis/letters", get(letters::list::show).post(letters::list::test)),
        page("/.portcullis/letters/{id}", get(letters::one::show).post(letters::one::again)),
        page("/.portcullis/look", post(look::choose)),
        page("/.portcullis/set-up", get(set_up::show).post(set_up::complete)),
        page("/.portcullis/set-up/{token}", get(set_up::follow)),
        page("/.portcullis/forgot-password", get(forgot_password::show).post(forgot_password::ask)),
        page("/.portcullis/invitation", get(invitation::show).post(invitation::accept)),
        page("/.portcullis/invitation/{token}", get(invitation::follow)),
        page("/.portcullis/invited-sign-up", post(invitation::sign_up)),
        page("/.portcullis/sign-up", get(sign_up::show).post(sign_up::sign_up)),
        page("/.portcullis/sign-up/code", get(code::show).post(code::complete)),
        page("/.portcullis/sign-up/send-code", post(code::send_again)),
        page("/.portcullis/reset-password", get(reset_password::show).post(reset_password::reset)),
        page("/.portcullis/reset-password/{token}", get(reset_password::follow)),
        page("/.portcullis/password-strength", post(password_strength::judge)),
        page("/.portcullis/validate", get(validate::show).post(validate::validate)),
        page("/.portcullis/validate/{token}", get(validate::follow)),
        page("/.portcullis/send-validation", get(validate::ask).post(validate::send)),
        page("/.portcullis/delete-account", get(delete_account::show).post(delete_account::delete)),
        page("/.portcullis/delete-account/{token}", get(delete_account::follow)),
        page("/.portcullis/recover-account", get(recover_account::show).post(recover_account::recover)),
        page("/.portcullis/recover-account/{token}", get(recover_account::follow)),
        page("/.portcullis/change-address", post(change_address::request)),
        page("/.portcullis/change-address/resend", post(change_address::resend)),
        page("/.portcullis/change-address/cancel", post(change_address::cancel)),
        page("/.portcullis/confirm-address", get(confirm_address::show).post(confirm_address::confirm)),
        page("/.portcullis/confirm-address/{token}", get(confirm_address::follow)),
        page("/.portcullis/undo-change", get(undo_change::show).post(undo_change::undo)),
        page("/.portcullis/undo-change/{token}", get(undo_change::follow)),
        page("/.portcullis/profile", get(profile::show).post(profile::rename)),
        page("/.portcullis/security", get(security::show).post(security::change)),
        page("/.portcullis/sessions", get(sessions::show).post(sessions::end)),
        page("/.portcullis/keys", get(keys::list::show)),
        page("/.portcullis/keys/new", get(keys::new::ask).post(keys::new::create)),
        page("/.portcullis/keys/report", get(report_key::lead)),
        page("/.portcullis/keys/{id}", get(keys::one::show)),
        page("/.portcullis/keys/{id}/rotate", post(keys::one::rotate)),
        page("/.portcullis/keys/{id}/revoke", post(keys::one::revoke)),
        page("/.portcullis/report-key", get(report_key::show).post(report_key::report)),
        page("/.portcullis/api/", get(api_docs::show)),
        page("/.portcullis/assets/{name}", get(assets::serve)),
    ]
}

/// The pages as a guest of the walk.
pub fn router(reception: Arc<Reception>) -> Router {
    let empty = Router::new();
    let all = table().into_iter().fold(empty, |router, page| router.route(page.path, page.methods));
    all.with_state(reception)
}
