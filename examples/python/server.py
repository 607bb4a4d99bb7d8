# SPDX-License-Identifier: MIT
"""A small service: / says who and when it is, /upstream asks UPSTREAM over HTTPS.

server.py          serve on port 8000
server.py healthy  exit with 0 if it is well
"""
import http.server
import json
import os
import signal
import sys
import time
import urllib.request

PORT = 8000


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        status, text = self.answer()
        self.send_response(status)
        self.end_headers()
        self.wfile.write(text.encode())

    def answer(self):
        if self.path == "/healthz":
            return 200, "ok\n"
        if self.path == "/upstream" and "UPSTREAM" in os.environ:
            try:
                with urllib.request.urlopen(os.environ["UPSTREAM"], timeout=5) as answer:
                    return 200, f"{answer.status}\n"
            except OSError as error:
                return 502, f"{error}\n"
        if self.path == "/":
            return 200, json.dumps({"uid": os.getuid(), "zone": time.strftime("%Z")}) + "\n"
        return 404, "no such page\n"

    def log_message(self, form, *arguments):
        if self.path != "/healthz":
            super().log_message(form, *arguments)


def main():
    if sys.argv[1:] == ["healthy"]:
        urllib.request.urlopen(f"http://127.0.0.1:{PORT}/healthz", timeout=5)
        return
    server = http.server.ThreadingHTTPServer(("", PORT), Handler)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    server.serve_forever()


if __name__ == "__main__":
    main()
