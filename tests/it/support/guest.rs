//! A person's browser: keeps cookies by host, follows redirects from host to host, and fills in the forms of
//! the pages it is shown.

use std::collections::BTreeMap;

use super::answer::Answer;
use super::ask::{Ask, Over};
use super::gateway::Gateway;

/// The host of the gate's own pages.
pub(crate) const GATE: &str = "gate.test";

/// The session cookie.
pub(crate) const SESSION: &str = "__Host-portcullis";

/// Redirects that a browser follows before it gives up.
const PATIENT: usize = 20;

/// A browser in front of a gateway.
#[derive(Clone)]
pub(crate) struct Guest<'g> {
    gateway: &'g Gateway,
    /// Cookies by host and name.
    pub(crate) jar: BTreeMap<(String, String), String>,
    /// What it calls itself.
    pub(crate) agent: String,
    /// A host whose session cookie it does not keep.
    pub(crate) refuses: Option<&'static str>,
}

/// What the browser shows in the end.
pub(crate) struct Page {
    pub(crate) host: String,
    pub(crate) path: String,
    pub(crate) answer: Answer,
    /// Addresses that led here, the first one first.
    pub(crate) trail: Vec<String>,
}

/// A form of a page, with what it holds.
#[derive(Clone)]
pub(crate) struct Form {
    host: String,
    pub(crate) action: String,
    pub(crate) fields: Vec<(String, String)>,
}

impl<'g> Guest<'g> {
    pub(crate) fn of(gateway: &'g Gateway) -> Self {
        let agent = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";
        Self { gateway, jar: BTreeMap::new(), agent: agent.to_owned(), refuses: None }
    }

    /// Types an address.
    pub(crate) async fn open(&mut self, url: &str) -> Page {
        let (host, path) = parts(url);
        self.follow(Ask::get(&path).host(&host).header("sec-fetch-site", "none")).await
    }

    /// A page of the gate's own.
    pub(crate) async fn gate(&mut self, path: &str) -> Page {
        self.open(&format!("https://{GATE}/.portcullis/{path}")).await
    }

    /// Sends a form from the page it stood on.
    pub(crate) async fn send(&mut self, form: &Form) -> Page {
        self.send_from("same-origin", &format!("https://{}", form.host), form).await
    }

    /// Sends a form from wherever: `site` and `origin` are what the browser says of the page.
    pub(crate) async fn send_from(&mut self, site: &str, origin: &str, form: &Form) -> Page {
        let body = form.body();
        let ask = Ask::post(&form.action, body).host(&form.host);
        let ask = ask.header("content-type", "application/x-www-form-urlencoded").header("origin", origin);
        self.follow(ask.header("sec-fetch-site", site)).await
    }

    /// Signs in on whatever page asks for it.
    pub(crate) async fn sign_in_on(&mut self, page: &Page, name: &str, password: &str) -> Page {
        let form = page.form("/.portcullis/sign-in").with("name", name).with("password", password);
        self.send(&form).await
    }

    /// Signs in at the gate.
    pub(crate) async fn sign_in(&mut self, name: &str, password: &str) -> Page {
        let page = self.gate("sign-in?add=1").await;
        self.sign_in_on(&page, name, password).await
    }

    /// One request as the browser would send it, its cookies along, and no redirect followed.
    pub(crate) async fn ask(&mut self, ask: Ask) -> Answer {
        let host = ask.host.clone();
        let mine = self.jar.iter().filter(|((of, _), _)| *of == host);
        let crumbs: Vec<_> = mine.map(|((_, name), value)| format!("{name}={value}")).collect();
        let mut ask = ask.header("accept", "text/html,*/*;q=0.8").header("sec-fetch-mode", "navigate");
        ask = ask.header("user-agent", &self.agent);
        if !crumbs.is_empty() {
            ask = ask.header("cookie", &crumbs.join("; "));
        }
        let answer = ask.on(self.gateway.stream(&host, Over::H1).await, Over::H1).await;
        for set in answer.all("set-cookie") {
            self.keep(&host, set);
        }
        answer
    }

    async fn follow(&mut self, first: Ask) -> Page {
        let mut trail = Vec::new();
        let mut ask = first;
        for _ in 0..PATIENT {
            let (host, path) = (ask.host.clone(), ask.target.clone());
            trail.push(format!("https://{host}{path}"));
            let answer = self.ask(ask).await;
            let Some(to) = answer.header("location").filter(|_| (301..=308).contains(&answer.status)) else {
                return Page { host, path, answer, trail };
            };
            assert_eq!(answer.status, 303, "pages redirect with 303 only");
            let (host, path) = if to.starts_with('/') { (host, to.to_owned()) } else { parts(to) };
            ask = Ask::get(&path).host(&host).header("sec-fetch-site", "same-site");
        }
        panic!("redirected {PATIENT} times: {trail:#?}");
    }

    /// Keeps a cookie as a browser does; those named `__Host-` only when they are what the name promises.
    fn keep(&mut self, host: &str, set: &str) {
        let (pair, rest) = set.split_once(';').unwrap_or((set, ""));
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let has = |word: &str| rest.split(';').any(|one| one.trim().eq_ignore_ascii_case(word));
        if name.starts_with("__Host-") {
            assert!(has("Secure") && has("Path=/") && !rest.to_lowercase().contains("domain="), "{set}");
        }
        if self.refuses == Some(host) && name == SESSION {
            return;
        }
        let at = (host.to_owned(), name.to_owned());
        if has("Max-Age=0") {
            self.jar.remove(&at)
        } else {
            self.jar.insert(at, value.to_owned())
        };
    }

    /// The cookie of this name on this host.
    pub(crate) fn cookie(&self, host: &str, name: &str) -> Option<&str> {
        self.jar.get(&(host.to_owned(), name.to_owned())).map(String::as_str)
    }
}

impl Page {
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.answer.status, status, "{} {}\n{}", self.host, self.path, self.text());
        self
    }

    /// The page as written.
    pub(crate) fn text(&self) -> String {
        self.answer.text()
    }

    /// Whether these words stand on it, as a reader sees them.
    #[track_caller]
    pub(crate) fn says(&self, words: &str) -> bool {
        plain(&self.text()).contains(words)
    }

    #[track_caller]
    pub(crate) fn expect_words(self, words: &str) -> Self {
        assert!(self.says(words), "no {words:?} on {} {}:\n{}", self.host, self.path, self.text());
        self
    }

    /// The first form that goes to this address.
    #[track_caller]
    pub(crate) fn form(&self, action: &str) -> Form {
        let text = self.text();
        let wanted = format!("action=\"{action}\"");
        let found = text.split("<form ").skip(1).find(|form| {
            form.split('>').next().is_some_and(|head| head.contains(&wanted) || head.ends_with(&wanted))
        });
        let inner = found.and_then(|form| form.split("</form>").next());
        let Some(inner) = inner else { panic!("no form to {action} on {}:\n{text}", self.path) };
        Form { host: self.host.clone(), action: action.to_owned(), fields: fields(inner) }
    }

    /// What stands between two pieces of the source.
    #[track_caller]
    pub(crate) fn between(&self, from: &str, to: &str) -> String {
        let text = self.text();
        let rest = text.split_once(from).unwrap_or_else(|| panic!("no {from:?} in {text}")).1;
        plain(rest.split_once(to).expect("an end").0)
    }
}

impl Form {
    /// A form that no page showed.
    pub(crate) fn to(action: &str) -> Self {
        Self { host: GATE.to_owned(), action: action.to_owned(), fields: Vec::new() }
    }

    /// Fills in a field, or presses the button of this name.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.fields.retain(|(held, _)| held != name);
        self.and(name, value)
    }

    /// Says a field once more.
    pub(crate) fn and(mut self, name: &str, value: &str) -> Self {
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(held, _)| held == name).map(|(_, value)| value.as_str())
    }

    fn body(&self) -> String {
        let mut body = form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(&self.fields).finish()
    }
}

/// Host and path of an address; all hosts answer on the one port of the test.
fn parts(url: &str) -> (String, String) {
    let rest = url.strip_prefix("https://").unwrap_or_else(|| panic!("{url} leaves https"));
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    (host.to_owned(), format!("/{path}"))
}

/// Names and values of what a form holds; buttons say nothing before they are pressed.
fn fields(form: &str) -> Vec<(String, String)> {
    let mut all = Vec::new();
    let mut choice: Option<(String, Option<String>, Option<String>)> = None;
    for tag in form.split('<').skip(1) {
        let (head, after) = tag.split_once('>').unwrap_or((tag, ""));
        let of = |name: &str| attribute(head, name);
        if head.starts_with("input") {
            let Some(name) = of("name") else { continue };
            let box_or_circle = ["checkbox", "radio"].contains(&of("type").unwrap_or_default().as_str());
            if !box_or_circle || head.contains(" checked") {
                all.push((name, of("value").unwrap_or_default()));
            }
        } else if head.starts_with("textarea") {
            all.push((of("name").unwrap_or_default(), unescaped(after)));
        } else if head.starts_with("select") {
            choice = of("name").map(|name| (name, None, None));
        } else if let (true, Some((_, first, chosen))) = (head.starts_with("option"), &mut choice) {
            let value = of("value");
            if head.contains(" selected") {
                chosen.clone_from(&value);
            }
            *first = first.take().or(value);
        } else if head.starts_with("/select")
            && let Some((name, first, chosen)) = choice.take()
        {
            all.push((name, chosen.or(first).unwrap_or_default()));
        }
    }
    all
}

fn attribute(head: &str, name: &str) -> Option<String> {
    let (_, rest) = head.split_once(&format!(" {name}=\""))?;
    rest.split_once('"').map(|(value, _)| unescaped(value))
}

/// The text of a piece of a page.
fn plain(html: &str) -> String {
    let mut text = String::new();
    for piece in html.split('<') {
        text.push_str(piece.split_once('>').map_or(piece, |(_, after)| after));
    }
    unescaped(&text)
}

fn unescaped(text: &str) -> String {
    let marks = [("&#60;", "<"), ("&#62;", ">"), ("&#34;", "\""), ("&#39;", "'"), ("&#38;", "&")];
    marks.iter().fold(text.to_owned(), |text, (escaped, mark)| text.replace(escaped, mark))
}
