//! `[pages]`: name, logo and colour of the gate's own pages, and where people find help.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use http::Uri;

use super::brand::{Brand, Rgb};
use super::file;
use super::notes::Notes;
use super::text;
use crate::model::email::Email;
use crate::model::shown_name::ShownName;
use crate::secret::token::sha256;

/// How the gate's own pages look.
#[derive(Debug, Clone)]
pub struct Pages {
    /// Name of the service.
    pub name: Arc<str>,
    /// Its logo, in place of the gate's.
    pub logo: Option<Arc<Logo>>,
    /// Its colour, in place of the gate's.
    pub brand: Option<Brand>,
    /// Where people find help.
    pub support: Option<Support>,
}

/// A logo.
#[derive(Debug, PartialEq, Eq)]
pub struct Logo {
    /// SVG or PNG.
    pub form: LogoForm,
    /// The file.
    pub content: Vec<u8>,
    /// Its SHA-256.
    pub digest: [u8; 32],
}

/// Forms of pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogoForm {
    /// Lines and shapes.
    Svg,
    /// Points.
    Png,
}

/// Where people find help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Support {
    /// As it is shown.
    pub shown: Arc<str>,
    /// As it is followed.
    pub link: Arc<str>,
}

/// Largest logo, in bytes.
const LARGEST: u64 = 256 * 1024;

/// Reads `[pages]`.
pub(super) fn pages(written: &file::Pages, notes: &mut Notes<'_>) -> Pages {
    let name = written.name.parse::<ShownName>().unwrap_or_else(|error| {
        notes.error("pages.name", format!("`pages.name` {error}"), "write the name of your service");
        ShownName::default()
    });
    Pages {
        name: name.into(),
        logo: written.logo.as_deref().and_then(|written| logo(written, notes)).map(Arc::new),
        brand: written.colour.as_deref().and_then(|written| brand(written, notes)),
        support: written.support.as_deref().and_then(|written| support(written, notes)),
    }
}

fn brand(written: &str, notes: &mut Notes<'_>) -> Option<Brand> {
    let Some(colour) = Rgb::parse(written) else {
        let what = format!("`pages.colour` is not a colour: \"{written}\"");
        notes.error("pages.colour", what, "write it as \"#1f5fbf\"");
        return None;
    };
    match Brand::of(colour) {
        Ok(brand) => Some(brand),
        Err(wrong) => {
            // Rounded down, so that 4.49 is not told as the 4.5 that it misses.
            let ratio = (wrong.ratio * 10.0).floor() / 10.0;
            let what = format!(
                "text in {colour} cannot be read: its contrast is {ratio:.1} to 1, and 4.5 is needed"
            );
            notes.error("pages.colour", what, format!("\"{}\" is near it and can be read", wrong.near));
            None
        }
    }
}

fn support(written: &str, notes: &mut Notes<'_>) -> Option<Support> {
    let shown: Arc<str> = written.trim().into();
    if let Ok(email) = shown.parse::<Email>() {
        return Some(Support { link: format!("mailto:{}", email.as_str()).into(), shown });
    }
    let url = shown.parse::<Uri>().ok().filter(|url| {
        matches!(url.scheme_str(), Some("https" | "http")) && url.host().is_some_and(|host| !host.is_empty())
    });
    if url.is_none() {
        let what = format!("`pages.support` is neither an e-mail address nor a URL: \"{written}\"");
        let mend = "write it as \"help@example.com\" or \"https://help.example.com\"";
        notes.error("pages.support", what, mend);
    }
    url.map(|_| Support { link: shown.clone(), shown })
}

fn logo(written: &str, notes: &mut Notes<'_>) -> Option<Logo> {
    let path = notes.file("pages.logo", written);
    if !notes.looks() {
        return None;
    }
    let content = content(&path).ok()?;
    let form = form_of(&content);
    if content.len() as u64 > LARGEST || form.is_none() {
        let what = format!("`pages.logo` is no SVG or PNG of at most 256 KiB: {}", path.display());
        notes.error("pages.logo", what, "name a picture of one of these forms, and of that size at most");
        return None;
    }
    form.map(|form| Logo { form, digest: sha256(&content), content })
}

fn content(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut content = Vec::new();
    text::open(path)?.take(LARGEST + 1).read_to_end(&mut content)?;
    Ok(content)
}

/// The form by the first bytes, whatever the name of the file says.
fn form_of(content: &[u8]) -> Option<LogoForm> {
    if content.starts_with(b"\x89PNG\r\n\x1a\n") {
        return Some(LogoForm::Png);
    }
    let text = std::str::from_utf8(content).ok()?.trim_start_matches('\u{feff}').trim_start();
    (text.starts_with('<') && text.contains("<svg")).then_some(LogoForm::Svg)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::parse_str;

    fn read(text: &str) -> Result<Pages, String> {
        parse_str(text).map(|loaded| loaded.config.pages).map_err(|problems| problems.to_string())
    }

    #[test]
    fn a_colour_that_cannot_be_read_is_told_with_one_that_can() {
        let told = read("[pages]\ncolour = \"#ffcc00\"\n").unwrap_err();
        assert!(told.contains("its contrast is 1.3 to 1") && told.contains("is near it"), "{told}");
        let near = told.split("help: ").nth(1).and_then(|rest| rest.split('"').nth(1));
        let near = near.unwrap_or_else(|| panic!("{told}"));
        assert!(read(&format!("[pages]\ncolour = \"{near}\"\n")).unwrap().brand.is_some());
        assert!(read("[pages]\ncolour = \"red\"\n").is_err());
    }

    #[test]
    fn help_is_an_address_or_a_url() {
        let link = |text: &str| read(&format!("[pages]\nsupport = {text:?}\n")).map(|pages| pages.support);
        assert_eq!(&*link("help@example.com").unwrap().unwrap().link, "mailto:help@example.com");
        assert_eq!(&*link("https://example.com/help").unwrap().unwrap().link, "https://example.com/help");
        for bad in ["", "somebody", "javascript:alert(1)", "ftp://example.com", "https:///x"] {
            assert!(link(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_logo_is_known_by_its_content() {
        assert_eq!(form_of(b"\x89PNG\r\n\x1a\nrest"), Some(LogoForm::Png));
        assert_eq!(form_of(b"<?xml version=\"1.0\"?>\n<svg xmlns=\"x\"/>"), Some(LogoForm::Svg));
        for bad in [&b""[..], b"GIF89a", b"<html></html>", b"\xff\xfe<svg", b"svg"] {
            assert_eq!(form_of(bad), None);
        }
    }
}
