//! What people see. Each page is a file beside its template; all share one style sheet.

pub mod style;
pub mod trouble;
