"""An app of streams over HTTP/1.1: `streams_server.py PORT`. `/events` never ends, `/zeros/N` sends N bytes,
`POST /count` says how many came, and how long an upload was when it broke off stands in `/broken`."""

import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

BLOCK = bytes(1 << 18)
broken = []


class Streams(BaseHTTPRequestHandler):
    """Streams both ways."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.path == "/events":
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            number = 0
            while True:
                event = f"data: {number}\n\n".encode()
                self.wfile.write(b"%x\r\n%s\r\n" % (len(event), event))
                self.wfile.flush()
                number += 1
                time.sleep(0.05)
        elif self.path.startswith("/zeros/"):
            left = int(self.path.split("/")[2])
            self.send_response(200)
            self.send_header("Content-Length", str(left))
            self.end_headers()
            while left:
                left -= self.wfile.write(BLOCK[: min(left, len(BLOCK))])
        else:
            self.text(str(broken))

    def do_POST(self):
        total = sum(map(len, self.blocks()))
        self.text(str(total))

    def blocks(self):
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            while size := int(self.rfile.readline() or b"0", 16):
                yield self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return
        left = total = int(self.headers["Content-Length"])
        while left:
            block = self.rfile.read(min(left, len(BLOCK)))
            if not block:
                broken.append(total - left)
                raise ConnectionError("the upload broke off")
            left -= len(block)
            yield block

    def text(self, text):
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_):
        pass


ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Streams).serve_forever()
