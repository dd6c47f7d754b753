//! Times as operators type them.

use std::time::Duration;

use jiff::SpanRelativeTo;

use crate::actions::api_key::Life;
use crate::time::Timestamp;

/// Reads RFC 3339 (`2027-01-31T12:00:00Z`) or a date, which is its first moment in UTC.
pub(super) fn moment(text: &str) -> Result<Timestamp, String> {
    let wrong = "is neither a date as 2027-01-31 nor a time as 2027-01-31T12:00:00Z";
    let whole = if text.len() == 10 { format!("{text}T00:00:00Z") } else { text.to_owned() };
    let at: jiff::Timestamp = whole.parse().map_err(|_| wrong)?;
    Ok(Timestamp::from_millis(at.as_millisecond()))
}

/// Reads how long a key works: `90d` and the like, `never`, a date or a time.
pub(super) fn life(text: &str) -> Result<Life, String> {
    if text == "never" {
        return Ok(Life::Endless);
    }
    if let Ok(at) = moment(text) {
        return Ok(Life::Until(at));
    }
    let span: Result<jiff::Span, _> = text.parse();
    let exact = span.and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()));
    let exact = exact.ok().and_then(|exact| Duration::try_from(exact).ok()).filter(|life| !life.is_zero());
    exact
        .map(Life::For)
        .ok_or_else(|| "is neither 'never', nor a time such as 90d or 12h, nor a date".to_owned())
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

    #[test]
    fn a_life_is_a_time_a_date_or_no_end() {
        assert_eq!(life("never"), Ok(Life::Endless));
        assert_eq!(life("90d"), Ok(Life::For(Duration::from_secs(90 * 86_400))));
        assert_eq!(life("2027-01-31"), moment("2027-01-31").map(Life::Until));
        for bad in ["", "0d", "-5d", "90", "soon", "1y"] {
            assert!(life(bad).is_err(), "{bad}");
        }
    }
}
