#!/usr/bin/python3
"""Serves the page of this folder, and the client that it imports.

    scripts/build-js-client
    build/release/bin/reference_server --allow-origin http://127.0.0.1:8000 …
    examples/14_browser_client/serve.py [PORT] [CLIENT]      8000, and build/js/clients/js/dist; then open http://127.0.0.1:8000/

The page asks ws://127.0.0.1:9002/, or what its address says: /?server=ws://127.0.0.1:9003/
"""

import functools
import http.server
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
PREFIX = "/kingbolt-client/"


class Handler(http.server.SimpleHTTPRequestHandler):
    def __init__(self, *words, client, **more):
        self.client = client
        super().__init__(*words, directory=str(HERE), **more)

    def translate_path(self, path):
        if not path.startswith(PREFIX):
            return super().translate_path(path)
        name = pathlib.PurePosixPath(path[len(PREFIX):].partition("?")[0]).name  # files of one folder, and no way out of it
        return str(self.client / name)

    def log_message(self, *_):
        pass


def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8000
    client = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else HERE.parent.parent / "build/js/clients/js/dist"
    if not (client / "index.js").exists():
        sys.exit(f"{client} has no index.js: scripts/build-js-client makes it")
    with http.server.ThreadingHTTPServer(("127.0.0.1", port), functools.partial(Handler, client=client)) as server:
        print(f"listening on 127.0.0.1:{server.server_port}", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
