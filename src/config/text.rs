//! Texts that mean a quantity or an address: "15m", "16MiB", "30/1m", hosts, networks. Pure.

use std::io::Read;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::num::NonZeroU32;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use idna::AsciiDenyList;
use ipnet::IpNet;
use jiff::{Span, SpanRelativeTo};

use crate::model::quota::Quota;

/// How to mend a duration.
pub(super) const DURATION: &str =
    "write a number with a unit, such as \"500ms\", \"30s\", \"15m\", \"2h\" or \"7d\"";
/// How to mend a size.
pub(super) const SIZE: &str =
    "write a number with a unit, such as \"512B\", \"64KiB\", \"16MiB\" or \"2GiB\"";
/// How to mend a quota.
pub(super) const QUOTA: &str = "write an amount and a time, such as \"30/1m\" or \"1000/1s\"";
/// How to mend a host.
pub(super) const HOST: &str =
    "write a host name or an address, such as \"app.example.com\", without scheme and path";
/// How to mend a network.
pub(super) const NETWORK: &str = "write an address or a network, such as \"10.0.0.0/8\" or \"fd00::/8\"";

/// Secrets and URLs fit into this.
const LONGEST_SECRET: u64 = 64 * 1024;

/// A duration in units of at most a week; a day has 24 hours. Never negative.
pub(super) fn duration(written: &str) -> Option<Duration> {
    let span: Span = written.parse().ok()?;
    let exact = span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()?;
    Duration::try_from(exact).ok()
}

/// Bytes.
pub(super) fn size(written: &str) -> Option<u64> {
    let digits = written.find(|c: char| !c.is_ascii_digit()).unwrap_or(written.len());
    let (amount, unit) = written.split_at_checked(digits)?;
    let factor: u64 = match unit.trim_start() {
        "B" => 1,
        "kB" | "KB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        "TiB" => 1 << 40,
        _ => return None,
    };
    amount.parse::<u64>().ok()?.checked_mul(factor)
}

/// So many in such a time.
pub(super) fn quota(written: &str) -> Option<Quota> {
    let (amount, per) = written.split_once('/')?;
    let amount: NonZeroU32 = amount.trim().parse().ok()?;
    let per = duration(per.trim()).filter(|per| !per.is_zero())?;
    Some(Quota { amount, per })
}

/// A network; a bare address is a network of its own.
pub(super) fn network(written: &str) -> Option<IpNet> {
    let bare = || written.parse::<IpAddr>().ok().map(IpNet::from);
    written.parse::<IpNet>().ok().map(|net| net.trunc()).or_else(bare)
}

/// A host as it is compared: lower-case ASCII (A-labels), one dot at the end taken off; IPv6 in brackets.
pub(super) fn host(written: &str) -> Option<Arc<str>> {
    if let Some(inner) = written.strip_prefix('[') {
        let address: Ipv6Addr = inner.strip_suffix(']')?.parse().ok()?;
        return Some(format!("[{address}]").into());
    }
    if let Ok(address) = written.parse::<IpAddr>() {
        return Some(match address {
            IpAddr::V4(address) => address.to_string().into(),
            IpAddr::V6(address) => format!("[{address}]").into(),
        });
    }
    let name = written.strip_suffix('.').unwrap_or(written);
    let ascii = idna::domain_to_ascii_cow(name.as_bytes(), AsciiDenyList::URL).ok()?;
    let label = |label: &str| {
        let plain = label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        plain && (1..=63).contains(&label.len()) && !label.starts_with('-') && !label.ends_with('-')
    };
    let numeric = ascii.rsplit('.').next().is_none_or(|last| last.bytes().all(|b| b.is_ascii_digit()));
    let good = ascii.len() <= 253 && ascii.split('.').all(label) && !numeric;
    good.then(|| ascii.to_ascii_lowercase().into())
}

/// A host with an optional port.
pub(super) fn host_and_port(written: &str) -> Option<(Arc<str>, Option<u16>)> {
    let bare_v6 = written.parse::<Ipv6Addr>().is_ok();
    let colon = written.rfind(':').filter(|at| !bare_v6 && *at > written.rfind(']').unwrap_or(0));
    match colon.and_then(|at| written.split_at_checked(at)) {
        None => Some((host(written)?, None)),
        Some((name, port)) => {
            let digits = port.strip_prefix(':')?;
            let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
            Some((host(name)?, Some(digits.parse().ok().filter(|_| plain)?)))
        }
    }
}

/// The address a compared host is, if it is one.
pub(super) fn address(host: &str) -> Option<IpAddr> {
    match host.strip_prefix('[') {
        Some(inner) => inner.strip_suffix(']')?.parse::<Ipv6Addr>().ok().map(IpAddr::V6),
        None => host.parse::<Ipv4Addr>().ok().map(IpAddr::V4),
    }
}

/// Opens a regular file; anything else could make the reader wait for ever.
pub(super) fn open(path: &Path) -> std::io::Result<std::fs::File> {
    if std::fs::metadata(path)?.is_file() {
        std::fs::File::open(path)
    } else {
        Err(std::io::Error::new(std::io::ErrorKind::InvalidInput, "it is not a regular file"))
    }
}

/// The first line of a regular file of bounded length.
pub(super) fn first_line(path: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    open(path)?.take(LONGEST_SECRET).read_to_string(&mut text)?;
    Ok(text.lines().next().unwrap_or_default().trim().to_owned())
}
