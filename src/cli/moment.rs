//! Times as operators type them.

use crate::time::Timestamp;

/// Reads RFC 3339 (`2027-01-31T12:00:00Z`) or a date, which is its first moment in UTC.
pub(super) fn moment(text: &str) -> Result<Timestamp, String> {
    let wrong = "is neither a date as 2027-01-31 nor a time as 2027-01-31T12:00:00Z";
    let whole = if text.len() == 10 { format!("{text}T00:00:00Z") } else { text.to_owned() };
    let at: jiff::Timestamp = whole.parse().map_err(|_| wrong)?;
    Ok(Timestamp::from_millis(at.as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_begin_at_midnight_in_utc() {
        assert_eq!(moment("2027-01-31").unwrap().to_string(), "2027-01-31T00:00:00.000Z");
        assert_eq!(moment("2027-01-31T01:00:00+01:00").unwrap().to_string(), "2027-01-31T00:00:00.000Z");
        for bad in ["", "tomorrow", "2027-13-01", "2027-01-31T12:00:00"] {
            assert!(moment(bad).is_err(), "{bad}");
        }
    }
}
