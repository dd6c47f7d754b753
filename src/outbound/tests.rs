//! The guard against every kind of address, and the client against servers that misbehave.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Instant;

use proptest::prelude::*;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;

const NOT_PUBLIC: [&str; 48] = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.0.170",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.7",
    "203.0.113.7",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:8.8.8.8",
    "64:ff9b::7f00:1",
    "64:ff9b::808:808",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:2::1",
    "2001:10::1",
    "2001:20::1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "2002:a00:1::",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fec0::1",
    "ff02::1",
];

const PUBLIC: [&str; 8] = [
    "1.1.1.1",
    "8.8.8.8",
    "100.63.255.255",
    "100.128.0.0",
    "172.32.0.1",
    "198.20.0.1",
    "2606:4700::1111",
    "2a00:1450:4001::1",
];

fn url(text: &str) -> WebAddress {
    text.parse().unwrap()
}

///
#[test]
fn only_what_is_somebodys_place_on_the_internet_is_public() {
    for address in NOT_PUBLIC {
        assert!(!is_public(address.parse().unwrap()), "{address}");
    }
    for address in PUBLIC {
        assert!(is_public(address.parse().unwrap()), "{address}");
    }
}

proptest! {
    /// however an IPv4 address is dressed up as IPv6, it is not called by that name.
    #[test]
    fn no_dress_makes_an_address_public(bits in any::<u32>()) {
        let v4 = Ipv4Addr::from_bits(bits);
        let [a, b, c, d] = v4.octets().map(u16::from);
        let (high, low) = (a << 8 | b, c << 8 | d);
        for dressed in [
            v4.to_ipv6_mapped(),
            v4.to_ipv6_compatible(),
            Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, low),
            Ipv6Addr::new(0x64, 0xff9b, 1, 0, 0, 0, high, low),
            Ipv6Addr::new(0x2002, high, low, 0, 0, 0, 0, 1),
            Ipv6Addr::new(0x2001, 0, high, low, 0, 0, !high, !low),
        ] {
            prop_assert!(!is_public(IpAddr::V6(dressed)), "{dressed}");
        }
    }

    /// The library's own idea of these ranges agrees wherever it has one.
    #[test]
    fn what_the_library_knows_to_be_special_is_not_public(bits in any::<u32>(), wide in any::<u128>()) {
        let v4 = Ipv4Addr::from_bits(bits);
        let special = v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_multicast()
            || v4.is_broadcast() || v4.is_documentation() || v4.is_unspecified();
        prop_assert!(!(special && is_public(IpAddr::V4(v4))), "{v4}");
        let v6 = Ipv6Addr::from_bits(wide);
        let special = v6.is_loopback() || v6.is_multicast() || v6.is_unique_local()
            || v6.is_unicast_link_local() || v6.is_unspecified() || v6.to_ipv4().is_some();
        prop_assert!(!(special && is_public(IpAddr::V6(v6))), "{v6}");
    }
}

/// one private address among those of a name is enough.
#[test]
fn a_name_with_one_address_that_is_not_public_is_not_called() {
    let (name, nothing) = (url("https://example.com/"), Egress::default());
    let found = |all: &[&str]| -> Vec<SocketAddr> {
        all.iter().map(|ip| SocketAddr::new(ip.parse().unwrap(), 443)).collect()
    };
    assert!(guard::checked(&name, &found(&["1.1.1.1", "2606:4700::1111"]), &nothing).is_ok());
    for mixed in [&["1.1.1.1", "10.0.0.1"][..], &["::1", "1.1.1.1"], &["::ffff:127.0.0.1"]] {
        assert_eq!(guard::checked(&name, &found(mixed), &nothing), Err(Refused::NotPublic), "{mixed:?}");
    }
    let ten = Egress { networks: vec!["10.0.0.0/8".parse().unwrap()], origins: Vec::new() };
    assert!(guard::checked(&name, &found(&["1.1.1.1", "10.0.0.1", "::ffff:10.0.0.2"]), &ten).is_ok());
    assert!(guard::checked(&name, &found(&["10.0.0.1", "127.0.0.1"]), &ten).is_err());
    let named = Egress { networks: Vec::new(), origins: vec![url("https://example.com")] };
    assert!(guard::checked(&name, &found(&["127.0.0.1"]), &named).is_ok());
}

#[test]
fn whoever_enters_an_address_learns_at_once_what_can_be_known() {
    let nothing = Egress::default();
    for (text, answer) in [
        ("https://example.com/", Ok(())),
        ("https://1.1.1.1/", Ok(())),
        ("http://example.com/", Err(Refused::Insecure)),
        ("https://127.0.0.1/", Err(Refused::NotPublic)),
        ("http://127.0.0.1/", Err(Refused::NotPublic)),
        ("https://[::ffff:127.0.0.1]/", Err(Refused::NotPublic)),
    ] {
        assert_eq!(may_be_entered(&url(text), &nothing), answer, "{text}");
    }
}

/// A server on loopback that reads a request, answers so, and waits until it is left.
async fn server(answer: &'static [u8]) -> (WebAddress, Egress) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut head = [0; 4096];
            let _ = socket.read(&mut head).await;
            let _ = socket.write_all(answer).await;
            if answer.is_empty() {
                let _ = socket.read(&mut head).await;
            }
        }
    });
    let allowed = Egress { networks: vec!["127.0.0.0/8".parse().unwrap()], origins: Vec::new() };
    (url(&format!("http://{address}/hook?a=b")), allowed)
}

async fn called(url: &WebAddress, allowed: &Egress) -> Result<Reply, OutboundError> {
    let short = Duration::from_millis(300);
    let outbound = Outbound::with(Patience { connect: short, handshake: short, whole: 2 * short });
    let call = Call { url, method: Method::POST, headers: HeaderMap::new(), body: Bytes::from_static(b"{}") };
    outbound.call(call, allowed).await
}

#[tokio::test]
async fn an_answer_is_read_whole_and_a_redirect_is_an_answer() {
    let (url, allowed) = server(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await;
    let reply = called(&url, &allowed).await.unwrap();
    assert_eq!((reply.status, &reply.body[..], reply.is_success()), (200, &b"ok"[..], true));
    let (url, allowed) =
        server(b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n").await;
    assert_eq!(called(&url, &allowed).await.unwrap().status, 302);
}

/// what is not allowed is not even connected to, under whatever name.
#[tokio::test]
async fn nothing_is_sent_where_the_guard_says_no() {
    let (found, _) = server(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    let nothing = Egress::default();
    let refused = called(&found, &nothing).await;
    assert!(matches!(refused, Err(OutboundError::Refused(Refused::NotPublic))), "{refused:?}");
    for name in ["localhost", "2130706433", "0x7f000001", "127.1"] {
        let named = url(&format!("https://{name}:{}/", found.port()));
        let refused = called(&named, &nothing).await;
        let no = OutboundError::Refused(Refused::NotPublic);
        let unknown = matches!(refused, Err(OutboundError::Unknown(_)));
        assert!(
            unknown || refused.as_ref().err().map(ToString::to_string) == Some(no.to_string()),
            "{refused:?}"
        );
    }
}

#[tokio::test]
async fn each_way_to_fail_has_its_name() {
    let (url, allowed) = server(b"").await;
    let began = Instant::now();
    assert!(matches!(called(&url, &allowed).await, Err(OutboundError::Late)));
    assert!(began.elapsed() < Duration::from_secs(5));
    let (url, allowed) = server(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf").await;
    let cut = called(&url, &allowed).await;
    assert!(matches!(cut, Err(OutboundError::Exchange(ExchangeError::CutOff))), "{cut:?}");
    let (url, allowed) = server(b"SMTP?\r\n").await;
    let broken = called(&url, &allowed).await;
    assert!(matches!(broken, Err(OutboundError::Exchange(ExchangeError::Broken(_)))), "{broken:?}");
    let (url, allowed) = server(b"HTTP/1.1 200 OK\r\ncontent-length: 99999999\r\n\r\n").await;
    let long = called(&url, &allowed).await;
    assert!(
        matches!(long, Err(OutboundError::Exchange(ExchangeError::TooLong | ExchangeError::CutOff))),
        "{long:?}"
    );
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let nobody = called(&format!("http://{closed}/").parse().unwrap(), &allowed).await;
    assert!(matches!(nobody, Err(OutboundError::Unreachable(_))), "{nobody:?}");
    let secure = format!("https://{}/", url.authority()).parse().unwrap();
    let handshake = called(&secure, &allowed).await;
    assert!(matches!(handshake, Err(OutboundError::Handshake(_))), "{handshake:?}");
}
