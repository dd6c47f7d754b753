//! Which addresses may be called: public ones over TLS, and what the operator allowed beside them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use ipnet::{Ipv4Net, Ipv6Net};

use crate::model::egress::{Egress, WebAddress};

/// Why an address may not be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It speaks no TLS.
    #[error("must begin with https://")]
    Insecure,
    /// It leads, or may lead, into a network that is not public.
    #[error("leads to an address that is not public; the operator can allow it in `egress.allow`")]
    NotPublic,
    /// No certificate could be for this host.
    #[error("names a host that no certificate could be for")]
    Name,
}

/// IPv4 that is not somebody's place on the internet: the IANA registry of special purposes, what was given up,
/// and multicast.
const SPECIAL_4: [Ipv4Net; 16] = [
    net4([0, 0, 0, 0], 8),
    net4([10, 0, 0, 0], 8),
    net4([100, 64, 0, 0], 10),
    net4([127, 0, 0, 0], 8),
    net4([169, 254, 0, 0], 16),
    net4([172, 16, 0, 0], 12),
    net4([192, 0, 0, 0], 24),
    net4([192, 0, 2, 0], 24),
    net4([192, 31, 196, 0], 24),
    net4([192, 52, 193, 0], 24),
    net4([192, 88, 99, 0], 24),
    net4([192, 168, 0, 0], 16),
    net4([198, 18, 0, 0], 15),
    net4([198, 51, 100, 0], 24),
    net4([203, 0, 113, 0], 24),
    net4([224, 0, 0, 0], 3),
];

/// The only part of IPv6 that is given out to somebody. Loopback, mapped and translated IPv4, unique local, link
/// local and multicast all lie outside.
const GIVEN_OUT_6: Ipv6Net = net6([0x2000, 0, 0], 3);

/// And what lies inside it without being anybody's, or leads on into IPv4: protocol assignments with Teredo,
/// documentation, 6to4, AS112.
const SPECIAL_6: [Ipv6Net; 5] = [
    net6([0x2001, 0, 0], 23),
    net6([0x2001, 0xdb8, 0], 32),
    net6([0x2002, 0, 0], 16),
    net6([0x2620, 0x4f, 0x8000], 48),
    net6([0x3fff, 0, 0], 20),
];

const fn net4([a, b, c, d]: [u8; 4], length: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), length)
}

const fn net6([a, b, c]: [u16; 3], length: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0), length)
}

/// Whether an address is somebody's place on the public internet.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => !SPECIAL_4.iter().any(|net| net.contains(&address)),
        IpAddr::V6(address) => {
            GIVEN_OUT_6.contains(&address) && !SPECIAL_6.iter().any(|net| net.contains(&address))
        }
    }
}

/// What can be said of an address before its name is looked up; for whoever enters it.
///
/// # Errors
/// [`Refused`].
pub fn may_be_entered(url: &WebAddress, allowed: &Egress) -> Result<(), Refused> {
    if allowed.names(url) {
        return Ok(());
    }
    match url.ip() {
        Some(address) if allowed.holds(address) => Ok(()),
        Some(address) if !is_public(address) => Err(Refused::NotPublic),
        // A name may turn out to lie in a network that is allowed, but clear text is not sent on a guess.
        Some(_) | None if !url.is_secure() => Err(Refused::Insecure),
        Some(_) | None => Ok(()),
    }
}

/// Whether all addresses that a name has may be called. One that may not spoils the others: whoever answers for
/// the name would choose.
///
/// # Errors
/// [`Refused::NotPublic`].
pub(super) fn checked(url: &WebAddress, found: &[SocketAddr], allowed: &Egress) -> Result<(), Refused> {
    let may = |address: &SocketAddr| is_public(address.ip()) || allowed.holds(address.ip());
    if allowed.names(url) || found.iter().all(may) { Ok(()) } else { Err(Refused::NotPublic) }
}
