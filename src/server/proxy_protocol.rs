//! The PROXY protocol, versions 1 and 2, as load balancers in front of us speak it. Only listed peers may
//! announce a client this way, and they must; every length is checked before it is believed.

use std::io;
use std::net::SocketAddr;

use proxy_header::{ParseConfig, Protocol, ProxyHeader, Tlv};
use tokio::io::{AsyncRead, AsyncReadExt};

const SIGNATURE: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";
/// Longest version 1 line, its CR LF included.
const LONGEST_LINE: usize = 107;
/// Most bytes of addresses and extensions that version 2 may carry here; usual ones need about 200.
const LONGEST_BODY: usize = 4096;

/// Why an announcement is not believed.
#[derive(Debug, thiserror::Error)]
pub enum AnnouncementError {
    /// The connection ended, or worse.
    #[error("the connection ended within the announcement")]
    Gone(#[from] io::Error),
    /// It is none, or its parts overrun each other.
    #[error("the announcement is malformed")]
    Malformed,
    /// It is longer than anything useful.
    #[error("the announcement is too long")]
    TooLong,
}

/// Reads exactly one announcement, byte for byte, and nothing of what follows it.
/// `None` when the peer speaks for itself (`LOCAL`, `UNKNOWN`).
///
/// # Errors
/// See [`AnnouncementError`]; the caller sets the deadline.
pub async fn read<IO>(io: &mut IO) -> Result<Option<SocketAddr>, AnnouncementError>
where
    IO: AsyncRead + Unpin,
{
    let mut text = vec![0; SIGNATURE.len()];
    io.read_exact(&mut text).await?;
    if text == SIGNATURE {
        let mut rest = [0; 4];
        io.read_exact(&mut rest).await?;
        let [_, _, high, low] = rest;
        let length = usize::from(u16::from_be_bytes([high, low]));
        if length > LONGEST_BODY {
            return Err(AnnouncementError::TooLong);
        }
        text.extend_from_slice(&rest);
        let head = text.len();
        text.resize(head + length, 0);
        io.read_exact(text.get_mut(head..).unwrap_or_default()).await?;
    } else if text.starts_with(b"PROXY ") {
        read_line(io, &mut text).await?;
    } else {
        return Err(AnnouncementError::Malformed);
    }
    announced(&text)
}

/// Version 1 has no length, so it is read byte by byte up to its line feed.
async fn read_line<IO>(io: &mut IO, text: &mut Vec<u8>) -> Result<(), AnnouncementError>
where
    IO: AsyncRead + Unpin,
{
    while text.last() != Some(&b'\n') {
        if text.len() >= LONGEST_LINE {
            return Err(AnnouncementError::TooLong);
        }
        text.push(io.read_u8().await?);
    }
    Ok(())
}

/// What a whole announcement says.
///
/// # Errors
/// When it is malformed anywhere, in extensions nobody asked for too.
pub fn announced(text: &[u8]) -> Result<Option<SocketAddr>, AnnouncementError> {
    let config = ParseConfig { include_tlvs: true, ..ParseConfig::default() };
    let (header, length) = ProxyHeader::parse(text, config).map_err(|_| AnnouncementError::Malformed)?;
    if length != text.len()
        || !header.tlvs().all(|extension| extension.is_ok_and(|extension| whole(&extension)))
    {
        return Err(AnnouncementError::Malformed);
    }
    match header.proxied_address() {
        None => Ok(None),
        Some(address) if address.protocol == Protocol::Stream => Ok(Some(address.source)),
        Some(_) => Err(AnnouncementError::Malformed),
    }
}

fn whole(extension: &Tlv<'_>) -> bool {
    match extension {
        Tlv::Ssl(inner) => inner.tlvs().all(|part| part.is_ok()),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn version_2(command: u8, family: u8, body: &[u8]) -> Vec<u8> {
        let length = u16::try_from(body.len()).unwrap().to_be_bytes();
        [&SIGNATURE[..], &[command, family], &length, body].concat()
    }

    const FOUR: [u8; 12] = [192, 0, 2, 7, 198, 51, 100, 1, 0x30, 0x39, 0x01, 0xBB];

    async fn given(text: &[u8]) -> (Result<Option<SocketAddr>, AnnouncementError>, Vec<u8>) {
        let mut reader = text;
        let result = read(&mut reader).await;
        (result, reader.to_vec())
    }

    #[tokio::test]
    async fn both_versions_announce_and_leave_what_follows_alone() {
        let lines: [&[u8]; 2] =
            [b"PROXY TCP4 192.0.2.7 198.51.100.1 12345 443\r\n", &version_2(0x21, 0x11, &FOUR)];
        for line in lines {
            let (found, rest) = given(&[line, b"\x16\x03\x01"].concat()).await;
            assert_eq!(found.unwrap(), Some("192.0.2.7:12345".parse().unwrap()));
            assert_eq!(rest, b"\x16\x03\x01");
        }
        assert_eq!(given(b"PROXY UNKNOWN\r\nGET").await.0.unwrap(), None);
        assert_eq!(given(&version_2(0x20, 0x00, b"")).await.0.unwrap(), None);
    }

    /// L4: an extension never reaches beyond the bytes announced for it.
    #[tokio::test]
    async fn an_extension_that_overruns_its_bounds_is_refused() {
        let with = |extension: &[u8]| version_2(0x21, 0x11, &[&FOUR[..], extension].concat());
        assert!(given(&with(&[0x05, 0, 2, 1, 2])).await.0.is_ok());
        for bad in [
            &[0x05, 0, 9, 1][..],
            &[0x05, 0],
            &[0x05],
            &[0x20, 0, 2, 1, 1],
            &[0x20, 0, 8, 1, 0, 0, 0, 0, 0x21, 0, 9],
        ] {
            let result = given(&with(bad)).await.0;
            assert!(matches!(result, Err(AnnouncementError::Malformed)), "{bad:?}: {result:?}");
        }
    }

    #[tokio::test]
    async fn what_is_no_announcement_is_refused() {
        let long = [b"PROXY TCP4 ".to_vec(), vec![b'1'; 200]].concat();
        let huge = [&SIGNATURE[..], &[0x21, 0x11, 0xff, 0xff]].concat();
        for bad in [
            b"GET / HTTP/1.1\r\n\r\n".to_vec(),
            b"PROXY TCP4 192.0.2.7 198.51.100.1 99999 443\r\n".to_vec(),
            b"PROXY TCP4 ::1 ::1 1 2\r\n".to_vec(),
            b"PROXY TCP4 192.0.2.7 198.51.100.1 1 2\n".to_vec(),
            version_2(0x31, 0x11, &FOUR),
            version_2(0x21, 0x12, &FOUR),
            version_2(0x21, 0x11, &[1, 2]),
            long,
            huge,
        ] {
            assert!(given(&bad).await.0.is_err(), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(text in proptest::collection::vec(any::<u8>(), 0..64), tail in any::<Vec<u8>>()) {
            let _ = announced(&text);
            let _ = announced(&[&SIGNATURE[..], &text].concat());
            let _ = announced(&[b"PROXY ".to_vec(), tail].concat());
        }
    }
}
