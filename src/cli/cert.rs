//! `portcullis cert …`: the development authority and its certificate, and how to make clients trust them.

use std::path::Path;

use clap::Subcommand;
use serde_json::json;

use super::desk::{Desk, Exit};
use super::output::Table;
use crate::server::certificates::Certificates;
use crate::server::development::{self, DevelopmentFiles, Outcome};
use crate::server::reload::certificate_files;
use crate::server::tls;
use crate::time::{Clock as _, SystemClock};

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Says how to make this machine and its programs trust the development authority
    Trust,
    /// Makes the development authority and certificate, or renews them when their time has come
    Make,
    /// Shows the certificates in use: their hosts and when they end
    Show,
}

pub(super) fn run(verb: Verb, desk: &Desk) -> Result<(), Exit> {
    match verb {
        Verb::Trust => trust(desk),
        Verb::Make => make(desk),
        Verb::Show => show(desk),
    }
}

fn make(desk: &Desk) -> Result<(), Exit> {
    let config = desk.config()?;
    let directory = &config.tls.development;
    let hosts = development::hosts(&config);
    let made = development::ensure(directory, &hosts, SystemClock.now());
    let outcome = made.map_err(|error| Exit::Failed(error.into()))?;
    let files = DevelopmentFiles::of(directory);
    desk.output.record(&[
        ("authority", json!(files.authority.display().to_string())),
        ("certificate", json!(files.leaf.certificate.display().to_string())),
        ("key", json!(files.leaf.key.display().to_string())),
        ("hosts", json!(hosts.iter().map(AsRef::as_ref).collect::<Vec<&str>>())),
        (
            "outcome",
            json!(match outcome {
                Outcome::Kept => "kept what is there",
                Outcome::LeafMade => "made a certificate under the authority that is there",
                Outcome::AuthorityMade => "made an authority, which clients have to trust, and a certificate",
            }),
        ),
    ]);
    Ok(())
}

fn show(desk: &Desk) -> Result<(), Exit> {
    let config = desk.config()?;
    tls::install_provider();
    let unusable = |error: anyhow::Error| Exit::Unusable(error);
    let files = certificate_files(&config, SystemClock.now()).map_err(|error| unusable(error.into()))?;
    let read = Certificates::load(&files, &rustls::crypto::aws_lc_rs::default_provider());
    let certificates = read.map_err(|error| unusable(error.into()))?;
    let mut table = Table::of(&["file", "hosts", "ends"]);
    for certificate in certificates.all() {
        let names = &certificate.leaf.names;
        let hosts: Vec<String> = names
            .exact()
            .map(str::to_owned)
            .chain(names.parents().map(|parent| format!("*.{parent}")))
            .chain(names.addresses().map(|address| address.to_string()))
            .collect();
        let file = certificate.path.display().to_string();
        table.row(vec![json!(file), json!(hosts), json!(certificate.leaf.not_after.to_string())]);
    }
    desk.output.table(table);
    Ok(())
}

fn trust(desk: &Desk) -> Result<(), Exit> {
    let config = desk.config()?;
    let files = DevelopmentFiles::of(&config.tls.development);
    if !config.tls.certificates.is_empty() {
        return Err(Exit::Usage(
            "certificates are configured; nobody has to trust a development authority".into(),
        ));
    }
    if !files.authority.exists() {
        return Err(Exit::Failed(anyhow::anyhow!(
            "there is no development authority yet: `portcullis serve` or `portcullis cert make` makes it"
        )));
    }
    let authority = std::path::absolute(&files.authority).unwrap_or(files.authority);
    desk.output.document(&how(&authority));
    Ok(())
}

/// Each line works as printed. The authority can vouch for this gate's hosts only.
fn how(authority: &Path) -> String {
    let file = super::serve::quoted(authority);
    format!(
        r#"The development authority is {file}. It can vouch for this gate's own hosts only.

For this shell only
  curl              curl --cacert {file} …
  Python requests   export REQUESTS_CA_BUNDLE={file}
  pip               export PIP_CERT={file}
  git               GIT_SSL_CAINFO={file} git clone …
  Node.js           export NODE_EXTRA_CA_CERTS={file}
  most others       export SSL_CERT_FILE={file}

For the whole machine
  Debian, Ubuntu    sudo cp {file} /usr/local/share/ca-certificates/portcullis-development.crt
                    sudo update-ca-certificates
  Fedora, RHEL      sudo cp {file} /etc/pki/ca-trust/source/anchors/portcullis-development.pem
                    sudo update-ca-trust
  macOS             sudo security add-trusted-cert -d -r trustRoot -k /Library/Keychains/System.keychain {file}
  Windows           certutil -addstore -f ROOT authority.pem        (as administrator, with a copy of the file)

Browsers with a store of their own
  Firefox           Settings, Privacy & Security, View Certificates, Authorities, Import
  Chrome on Linux   certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n portcullis-development -i {file}

To take it back, remove the same file or entry and run the same command again.
"#
    )
}
