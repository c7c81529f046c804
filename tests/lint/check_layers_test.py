"""scripts/check-layers must be able to fail: each small tree here breaks one rule, or none."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

CHECK = sys.argv.pop(1)


def check(files):
    """Runs the check on a tree of {path: text}; returns its exit code and its lines."""
    with tempfile.TemporaryDirectory() as root:
        for path, text in files.items():
            file = Path(root, path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        run = subprocess.run([sys.executable, CHECK, root], capture_output=True, text=True, timeout=30)
        return run.returncode, run.stdout.splitlines() + run.stderr.splitlines()


class CheckLayers(unittest.TestCase):
    def accepts(self, path, text):
        code, lines = check({"include/kingbolt/core/error.hpp": "#pragma once\n", path: text})
        self.assertEqual((0, 1), (code, len(lines)), lines)

    def refuses(self, path, text, where_and_why):
        code, lines = check({"include/kingbolt/core/error.hpp": "#pragma once\n", path: text})
        self.assertEqual((1, 2), (code, len(lines)), lines)
        self.assertIn(where_and_why, lines[0])

    def test_downward_and_sideways_in_one_folder_pass(self):
        self.accepts("include/kingbolt/policy/on.hpp", "#include <kingbolt/core/error.hpp>\n#include <kingbolt/policy/slot.hpp>\n#include <vector>\n")
        self.accepts("include/kingbolt/hub.hpp", "#include <kingbolt/engine/journal.hpp>\n#include <kingbolt/hub/calls.hpp>\n")
        self.accepts("include/kingbolt/hub/calls.hpp", "#include <kingbolt/hub.hpp>\n")
        self.accepts("include/kingbolt/transport/native.hpp", "#include <kingbolt/engine/codec.hpp>\n#include <asio/ip/tcp.hpp>\n#include <sys/socket.h>\n")
        self.accepts("include/kingbolt/kingbolt.hpp", "#include <kingbolt/hub.hpp>\n")

    def test_upward_is_refused_with_its_line(self):
        self.refuses("include/kingbolt/policy/on.hpp", "#pragma once\n\n#include <kingbolt/engine/journal.hpp>\n",
                     "include/kingbolt/policy/on.hpp:3: includes point strictly downward: floor 2 may not include")
        self.refuses("include/kingbolt/core/a.hpp", "#include <kingbolt/concepts/clock.hpp>\n", "floor 0 may not include")
        self.refuses("include/kingbolt/engine/a.hpp", "#include <kingbolt/hub.hpp>\n", "floor 3 may not include")
        self.refuses("include/kingbolt/hub.hpp", "#include <kingbolt/transport/native.hpp>\n", "floor 4 may not include")
        self.refuses("include/kingbolt/hub.hpp", "  #  include <kingbolt/kingbolt.hpp>\n", "floor 4 may not include")

    def test_an_adapter_may_not_include_the_hub_or_another_adapter(self):
        self.refuses("include/kingbolt/testing/a.hpp", "#include <kingbolt/hub.hpp>\n", "testing/ is an adapter")
        self.refuses("include/kingbolt/testing/a.hpp", "#include <kingbolt/transport/native.hpp>\n", "testing/ is an adapter")
        self.refuses("src/websocketpp/server.cpp", "#include <kingbolt/hub.hpp>\n", "transport/ is an adapter")
        self.accepts("src/websocketpp/server.cpp", "#include <kingbolt/tls/server_context.hpp>\n#include <openssl/ssl.h>\n")
        self.refuses("src/websocketpp/server.cpp", "#include <kingbolt/compression/zlib.hpp>\n", "transport/ is an adapter")
        self.refuses("include/kingbolt/transport/native.hpp", "#include <kingbolt/tls/openssl.hpp>\n", "transport/ is an adapter")
        self.refuses("include/kingbolt/transport/native.hpp", "#include <openssl/ssl.h>\n", "may appear only in client, security, src/websocketpp, tls")

    def test_a_front_has_the_rules_of_its_folder(self):
        self.accepts("include/kingbolt/client.hpp", "#include <kingbolt/client/a.hpp>\n#include <kingbolt/system_seed.hpp>\n#include <rapidjson/reader.h>\n")
        self.refuses("include/kingbolt/client.hpp", "#include <kingbolt/hub.hpp>\n", "client/ is an adapter")
        self.refuses("include/kingbolt/hub.hpp", "#include <kingbolt/client.hpp>\n", "floor 4 may not include")
        self.refuses("include/kingbolt/engine/a.hpp", "#include <kingbolt/system_seed.hpp>\n", "floor 3 may not include")

    def test_the_umbrella_leaves_the_adapters_out(self):
        self.refuses("include/kingbolt/kingbolt.hpp", "#include <kingbolt/testing/a.hpp>\n", "the umbrella leaves the adapters out")

    def test_a_dependency_stays_in_its_folder(self):
        self.accepts("src/websocketpp/server.cpp", "#include <websocketpp/server.hpp>\n#include <kingbolt/transport/websocketpp.hpp>\n")
        self.refuses("include/kingbolt/transport/a.hpp", "#include <websocketpp/server.hpp>\n", "may appear only in src/websocketpp")
        self.accepts("include/kingbolt/protocol/a.hpp", "#include <rapidjson/document.h>\n")
        self.refuses("include/kingbolt/engine/a.hpp", "#include <rapidjson/document.h>\n", "may appear only in client, protocol")
        self.refuses("include/kingbolt/transport/a.hpp", "#include <rapidjson/document.h>\n", "may appear only in client, protocol")
        self.accepts("include/kingbolt/security/a.hpp", "#include <openssl/evp.h>\n#include <rapidjson/reader.h>\n#include <jwt-cpp/jwt.h>\n")
        self.refuses("include/kingbolt/transport/a.hpp", "#include <jwt-cpp/jwt.h>\n", "may appear only in security")
        self.accepts("include/kingbolt/compression/detail/a.hpp", "#include <zlib.h>\n")
        self.refuses("include/kingbolt/transport/a.hpp", "#include <zlib.h>\n", "may appear only in compression")
        self.refuses("include/kingbolt/engine/a.hpp", "#include <boost/asio.hpp>\n", "neither std nor a dependency")
        self.refuses("include/kingbolt/engine/a.hpp", "#include <sys/socket.h>\n", "system headers may appear only in")

    def test_asio_starts_on_floor_4_but_not_in_the_hub(self):
        self.accepts("include/kingbolt/circuit_breaker.hpp", "#include <asio/awaitable.hpp>\n")
        self.refuses("include/kingbolt/hub.hpp", "#include <asio.hpp>\n", "hub.hpp has no Asio")
        self.refuses("include/kingbolt/hub/calls.hpp", "#include <asio/post.hpp>\n", "hub.hpp has no Asio")
        self.refuses("include/kingbolt/engine/a.hpp", "#include <asio/io_context.hpp>\n", "Asio starts on floor 4")

    def test_what_the_tables_do_not_know_is_refused(self):
        self.refuses("include/kingbolt/attic/a.hpp", "#pragma once\n", "belongs to no floor")
        self.refuses("include/kingbolt/hub.hpp", "#include <kingbolt/attic/a.hpp>\n", "is in no folder of the table")
        self.refuses("src/novel/a.cpp", "#pragma once\n", "belongs to no floor")
        self.refuses("include/kingbolt/core/a.hpp", '#include "error.hpp"\n', "a relative path hides the floor")
        self.refuses("src/websocketpp/server.cpp", '#include "../hub.hpp"\n', "a relative path hides the floor")

    def test_an_empty_tree_is_an_error(self):
        self.assertEqual(1, check({"README.md": ""})[0])


if __name__ == "__main__":
    unittest.main()
