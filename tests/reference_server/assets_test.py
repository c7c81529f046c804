"""The files of the dashboard, as the reference server hands them out: to everybody, and nothing but them."""

import http.client
import tempfile
import unittest
from pathlib import Path

from fixture import PATIENCE_SECONDS, ServerTest, unused_port

PAGE = "<!doctype html><title>page</title>"
SCRIPT = "'use strict';"


class Assets(ServerTest):
    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name) / "dashboard"
        self.folder.mkdir()
        for name, content in ("index.html", PAGE), ("app.js", SCRIPT), ("app.css", "a{}"), ("icon.svg", "<svg/>"), ("notes.txt", "private"):
            (self.folder / name).write_text(content)
        (self.folder.parent / "secret.js").write_text("private")
        (self.folder / "inner.js").mkdir()

    def ask(self, server, path, method="GET", **headers):
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_SECONDS)
        self.addCleanup(connection.close)
        connection.putrequest(method, path, skip_accept_encoding=True)  # the path as it is
        for name, value in headers.items():
            connection.putheader(name.replace("_", "-"), value)
        connection.endheaders()
        response = connection.getresponse()
        return response.status, response.headers, response.read().decode()

    def test_each_file_has_its_type_and_headers_that_keep_foreign_scripts_out(self):
        for transport in "native", "websocketpp":
            server = self.server(unused_port(), dashboard=str(self.folder), transport=transport)
            for path, type, content in (
                ("/", "text/html; charset=utf-8", PAGE),
                ("/?from=a.bookmark", "text/html; charset=utf-8", PAGE),
                ("/dashboard/app.js", "text/javascript; charset=utf-8", SCRIPT),
                ("/dashboard/app.css", "text/css; charset=utf-8", "a{}"),
                ("/dashboard/icon.svg", "image/svg+xml", "<svg/>"),
            ):
                status, headers, body = self.ask(server, path)
                self.assertEqual((status, headers["Content-Type"], body), (200, type, content), path)
                self.assertTrue(headers["Content-Security-Policy"].startswith("default-src 'self'; connect-src 'self' ws: wss:;"))
                self.assertEqual((headers["X-Content-Type-Options"], headers["Cache-Control"]), ("nosniff", "no-cache"))

    def test_who_has_a_file_already_is_told_so(self):
        server = self.server(unused_port(), dashboard=str(self.folder))
        tag = self.ask(server, "/dashboard/app.js")[1]["ETag"]
        self.assertEqual(self.ask(server, "/dashboard/app.js", If_None_Match=tag)[::2], (304, ""))
        self.assertEqual(self.ask(server, "/dashboard/app.css", If_None_Match=tag)[::2], (200, "a{}"))

    def test_files_are_read_and_no_more_than_that(self):
        server = self.server(unused_port(), dashboard=str(self.folder))
        status, headers, body = self.ask(server, "/", "HEAD")
        self.assertEqual((status, headers["Content-Length"], body), (200, str(len(PAGE)), ""))
        status, headers, _ = self.ask(server, "/", "POST")
        self.assertEqual((status, headers["Allow"]), (405, "GET, HEAD"))

    def test_nothing_else_of_the_file_system_is_reached(self):
        server = self.server(unused_port(), dashboard=str(self.folder))
        for path in (
            "/dashboard/notes.txt", "/dashboard/", "/dashboard", "/dashboard/index.html", "/dashboard/inner.js", "/app.js", "//",
            "/dashboard/../secret.js", "/dashboard/..%2fsecret.js", "/dashboard/%2e%2e/secret.js", "/dashboard//etc/passwd", "/dashboard/app.js/",
            "/dashboard/app.js%00", "/../secret.js",
        ):  # fmt: skip
            self.assertNotEqual(self.ask(server, path)[0], 200, path)

    def test_files_want_no_token_and_figures_do(self):
        secret = self.folder.parent / "secret"
        secret.write_text("a secret of this test, and at least 32 bytes long")
        server = self.server(unused_port(), dashboard=str(self.folder), jwt_alg="HS256", jwt_key_file=str(secret))
        self.assertEqual([self.ask(server, path)[0] for path in ("/", "/dashboard/app.js", "/stats", "/dashboard/nothing.js")], [200, 200, 401, 401])

    def test_without_a_dashboard_there_is_no_page(self):
        self.assertEqual(self.ask(self.server(unused_port()), "/")[0], 404)

    def test_a_folder_without_a_page_is_refused_by_name(self):
        (self.folder / "index.html").unlink()
        for folder in self.folder, self.folder / "nowhere":
            run = self.run_server("--dashboard", str(folder))
            self.assertEqual(run.returncode, 1)
            self.assertIn(f"--dashboard = {folder}", run.stderr)
            self.assertIn("scripts/build-dashboard", run.stderr)


if __name__ == "__main__":
    unittest.main()
