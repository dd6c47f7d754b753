//! `[tls]`, `[[certificate]]` and `[[client_certificate]]`. What the PEM files hold is read by the server.

use super::file;
use super::notes::Notes;
use super::text;
use super::{CertificateFiles, ClientAuth, Tls};

/// Reads the certificates' places.
pub(super) fn tls(written: &file::File, notes: &mut Notes<'_>) -> Tls {
    let mut certificates = Vec::new();
    for (at, pair) in written.certificate.iter().enumerate() {
        certificates.push(CertificateFiles {
            certificate: notes.file(&format!("certificate[{at}].certificate"), &pair.certificate),
            key: notes.file(&format!("certificate[{at}].key"), &pair.key),
        });
    }
    Tls {
        certificates,
        development: notes.path("tls.development", &written.tls.development),
        allow_tls12: written.tls.allow_tls12,
        client_auth: client_auth(&written.client_certificate, notes),
    }
}

fn client_auth(written: &[file::ClientCertificate], notes: &mut Notes<'_>) -> Vec<ClientAuth> {
    let mut all: Vec<ClientAuth> = Vec::new();
    for (at, one) in written.iter().enumerate() {
        let key = format!("client_certificate[{at}]");
        let authorities = notes.file(&format!("{key}.authorities"), &one.authorities);
        let host_key = format!("{key}.host");
        let (star, name) = match one.host.strip_prefix("*.") {
            Some(rest) => ("*.", rest),
            None => ("", one.host.as_str()),
        };
        let Some(name) = text::host(name) else {
            notes.error(&host_key, format!("\"{}\" is not a host", one.host), text::HOST);
            continue;
        };
        let host = format!("{star}{name}").into();
        if all.iter().any(|other| other.host == host) {
            notes.error(&host_key, format!("\"{host}\" has client certificates twice"), "keep one of them");
        }
        all.push(ClientAuth { host, authorities, required: one.required });
    }
    all
}
