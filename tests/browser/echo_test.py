"""A real browser talks to echo_server, over both transports, with and without compression: text, binary, large, and an orderly end; and it
does not where the page is of another origin.

The page tells what it saw by a POST to a server of this test's own, so that nothing depends on how the browser is driven.
"""

import http.server
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "clients"))

from harness import Listener  # noqa: E402

FOLDER = Path(os.environ["KINGBOLT_EXAMPLES"])
BROWSER = os.environ["KINGBOLT_BROWSER"]
PATIENCE_SECONDS = 60

PAGE = """<!doctype html><title>echo</title><script>
const told = {echoed: 0, wrong: []};
const tell = () => fetch("/told", {method: "POST", body: JSON.stringify(told)});
const socket = new WebSocket("ws://127.0.0.1:" + location.search.slice(1));
socket.binaryType = "arraybuffer";
const event = JSON.stringify({agent: "agent-7", state: "busy \\u20ac \\u{1F600}"});
const sent = ["", "text", event.repeat(1000), new Uint8Array(0).buffer, Uint8Array.from({length: 70000}, (_, i) => i * i).buffer, "end"];
const same = (a, b) => typeof a === "string" ? a === b
    : b instanceof ArrayBuffer && a.byteLength === b.byteLength && new Uint8Array(a).every((x, i) => x === new Uint8Array(b)[i]);
socket.onopen = () => { told.extensions = socket.extensions; sent.forEach(m => socket.send(m)); };
socket.onmessage = ({data}) => {
    if (!same(sent[told.echoed], data)) told.wrong.push(told.echoed);
    if (++told.echoed === sent.length) socket.close(4444, "seen enough");
};
socket.onclose = ({code, reason, wasClean}) => { Object.assign(told, {code, reason, wasClean}); tell(); };
</script>"""


class Page(http.server.ThreadingHTTPServer):
    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answer)
        self.told = queue.Queue()


class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.answer(PAGE.encode())

    def do_POST(self):
        self.server.told.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.answer(b"")

    def answer(self, body):
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Browser(unittest.TestCase):
    def setUp(self):
        self.page = Page()
        threading.Thread(target=self.page.serve_forever, daemon=True).start()
        self.addCleanup(self.page.server_close)
        self.addCleanup(self.page.shutdown)

    def visit(self, *options, origin=None):
        options = (*options, "--allow-origin", origin or f"http://127.0.0.1:{self.page.server_port}")
        server = Listener([FOLDER / "echo_server", "--port", "0", *options], "echo_server")
        self.addCleanup(server.kill)
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
            command = [BROWSER, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                       "--disable-background-networking", "--no-proxy-server", f"--user-data-dir={profile}",
                       f"http://127.0.0.1:{self.page.server_port}/?{server.port}"]
            browser = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                return self.page.told.get(timeout=PATIENCE_SECONDS)
            finally:
                browser.kill()
                browser.wait()

    def check(self, told):
        self.assertEqual((told["echoed"], told["wrong"]), (6, []))
        self.assertEqual((told["code"], told["reason"], told["wasClean"]), (4444, "seen enough", True))

    def test_a_browser_gets_back_what_it_sends(self):
        for transport in ("native", "websocketpp"):
            told = self.visit("--transport", transport)
            self.check(told)
            self.assertEqual(told["extensions"], "")

    def test_a_browser_and_the_native_transport_compress(self):
        told = self.visit("--compression")
        self.check(told)
        self.assertIn("permessage-deflate", told["extensions"])

    def test_a_page_of_another_origin_does_not_come_in(self):
        for transport in ("native", "websocketpp"):
            told = self.visit("--transport", transport, origin=f"http://localhost:{self.page.server_port}")
            self.assertEqual((told["echoed"], told["code"], told["wasClean"]), (0, 1006, False))


if __name__ == "__main__":
    unittest.main()
