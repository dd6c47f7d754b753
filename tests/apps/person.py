"""A person with a browser that runs no script: cookies, forms, redirects."""

import re
from html.parser import HTMLParser

import requests


class Forms(HTMLParser):
    """The forms of a page: where each goes, and what its fields hold."""

    def __init__(self, text):
        super().__init__()
        self.forms, self.text = [], text
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        held = dict(attributes)
        if tag == "form":
            self.forms.append((held.get("action", ""), {}))
        elif tag in ("input", "textarea", "select") and self.forms and held.get("name"):
            kind = held.get("type", "text")
            if kind not in ("checkbox", "radio") or "checked" in held:
                self.forms[-1][1][held["name"]] = held.get("value", "")


class Person:
    """Somebody in front of a gate."""

    def __init__(self, gate, name=None, password=None):
        self.gate, self.name, self.password = gate, name, password
        self.session = requests.Session()
        self.session.verify, self.session.trust_env = str(gate.authority), False
        self.session.headers.update({
            "Accept": "text/html", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "same-origin",
            "Accept-Language": "en", "Origin": gate.url,
        })
        self.page = None

    def get(self, path, **more):
        """Opens a page, by its path or whole address."""
        url = path if path.startswith("https:") else f"{self.gate.url}/.portcullis/{path}"
        self.page = self.session.get(url, timeout=30, **more)
        return self.page

    def post(self, path, data=None, **more):
        url = path if path.startswith("https:") else f"{self.gate.url}/.portcullis/{path}"
        self.page = self.session.post(url, data=data or {}, timeout=30, **more)
        return self.page

    def send(self, action, **fields):
        """Fills in the form of the open page that goes to an address ending so, and sends it."""
        forms = [one for one in Forms(self.page.text).forms if one[0].split("?")[0].endswith(action)]
        assert forms, f"no form goes to {action}:\n{self.page.text}"
        target, held = forms[0]
        held = {**held, **{name.replace("_", "-"): value for name, value in fields.items()}}
        return self.post(target if target.startswith("https:") else self.gate.url + target, held)

    def sign_in(self, name=None, password=None):
        self.get("sign-in?add=1")
        return self.send("sign-in", name=name or self.name, password=password or self.password)

    def says(self, *words):
        """The text of the open page, without its marks; each of the words stands in it."""
        text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", self.page.text))
        for word in words:
            assert word in text, f"{word!r} is not on {self.page.url} ({self.page.status_code}):\n{text}"
        return text
