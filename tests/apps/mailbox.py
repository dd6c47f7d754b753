"""A real mail server for tests: takes letters, keeps them, and does what bad servers do when told to."""

import asyncio
import email
import email.policy
import re
import threading
import time

from aiosmtpd.controller import Controller

from gate import free_port, wait_until


class Letter:
    """A letter that arrived."""

    def __init__(self, to, message):
        self.to, self.message = to, message
        self.subject = message["Subject"]
        self.id = message["Message-ID"]
        self.text = message.get_body(("plain",)).get_content().replace("\r\n", "\n")
        self.html = message.get_body(("html",)).get_content()

    @property
    def links(self):
        """The links of the text, in their order."""
        return re.findall(r"https://\S+", self.text.split("\n-- \n")[0])

    def link(self, purpose):
        """The link to a page of the gate."""
        found = [link for link in self.links if f"/.portcullis/{purpose}/" in link]
        assert len(found) == 1, f"{purpose}: {self.text}"
        return found[0]


class Mailbox:
    """A server on a port of its own. `behave` is one of `take`, `refuse`, `later`, `drop` and `hang`."""

    def __init__(self, port=None, pause=0.0, **more):
        self.port = port or free_port()
        self.letters, self.behave, self.pause = [], "take", pause
        self.lock = threading.Lock()
        self.more = more
        self.controller = None

    def start(self):
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port, **self.more)
        self.controller.start()
        return self

    def stop(self):
        if self.controller:
            self.controller.stop()
            self.controller = None

    # What aiosmtpd calls.

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.behave == "refuse":
            return "550 5.1.1 There is nobody of that name"
        if self.behave == "later":
            return "451 4.3.0 Not now"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if self.pause:
            await asyncio.sleep(self.pause)
        if self.behave == "hang":
            await asyncio.sleep(3600)
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        with self.lock:
            self.letters.append(Letter(envelope.rcpt_tos, message))
        if self.behave == "drop":
            server.transport.abort()
            return "250 nobody hears this"
        return "250 OK"

    # What tests ask.

    def to(self, address, subject=None):
        """The letters to an address so far."""
        with self.lock:
            found = [letter for letter in self.letters if address in letter.to]
        return [letter for letter in found if subject is None or subject in letter.subject]

    def next(self, address, subject=None, after=0):
        """Waits for another letter to an address than the first `after` ones."""
        found = lambda: self.to(address, subject)[after:]
        return wait_until(f"a letter to {address}", found)[0]

    def none(self, address, seconds=3.0):
        """Whether nothing came to an address in the time that the post needs to look twice."""
        time.sleep(seconds)
        return not self.to(address)
