#!/usr/bin/env python3
"""Runs the conformance cases against echo_server.

    conformance_test.py --server build/release/bin/echo_server --transport native [--only 'utf8/*']

Prints what failed, and exits with 1 if anything did.
"""

import argparse
import collections
import concurrent.futures
import contextlib
import fnmatch
import importlib
import signal
import sys
import time
import traceback

sys.dont_write_bytecode = True

from cases import CASES, Failure, Target  # noqa: E402
from harness import Listener  # noqa: E402
from known_deviations import KNOWN_DEVIATIONS  # noqa: E402

# In the order of the document.
for module in ("handshake", "handshake_refused", "framing", "fragmenting", "pings", "utf8", "closing", "sizes", "deflate_offers", "deflate"):
    importlib.import_module(module)

MIB = 1024 * 1024
LARGE = {"max_message": 16 * MIB, "handshake_timeout": 10.0}
SMALL = {"max_message": MIB, "handshake_timeout": 1.0}
AT_ONCE = 16


class Server(Listener):
    def __init__(self, binary, transport, limits):
        options = [f"--max-message={limits['max_message']}", f"--handshake-timeout={limits['handshake_timeout']}", "--ping-interval=3600"]
        if transport == "native":
            options.append("--compression")
        super().__init__([binary, "--port=0", f"--transport={transport}", *options], "echo_server")
        self.target = Target(self.port, self.pid, **limits)

    def check_end(self):
        """After all that it has been through it ends as it should."""
        with self.target.open() as connection:
            connection.expect_echo()
        self.signal(signal.SIGTERM)
        if (code := self.wait()) != 0:
            raise Failure(f"the server ended with {code}\n{self.log}")


def cases_for(transport):
    return [case for case in CASES.values() if transport == "native" or not case.compression]


def tables():
    """The two of docs/conformance.md: how many cases there are, and what deviates."""
    counts = {transport: collections.Counter(case.area for case in cases_for(transport)) for transport in KNOWN_DEVIATIONS}
    rows = ["| area | native | websocketpp |", "|---|---|---|"]
    rows += [f"| {area} | {count} | {counts['websocketpp'][area]} |" for area, count in counts["native"].items()]
    rows += [f"| all | {counts['native'].total()} | {counts['websocketpp'].total()} |", ""]
    deviations = [(transport, sentence) for transport, known in KNOWN_DEVIATIONS.items() for sentence in known.values()]
    rows += ["| transport | cases | what it does instead |", "|---|---|---|"]
    rows += [f"| {transport} | {n} | {sentence} |" for (transport, sentence), n in collections.Counter(deviations).items()]
    return "\n".join(rows + ([] if deviations else ["| none | 0 | |"])) + "\n"


def complaint_of(case, target):
    """Why a case failed; None when it did not."""
    try:
        case.run(target)
    except Exception as error:  # noqa: BLE001: of one case, and the others go on
        return str(error) if isinstance(error, Failure) else traceback.format_exc(limit=-3).strip()
    return None


def run(cases, targets):
    """{id: complaint or None}. Those that measure run first, one after the other."""
    told = {case.id: complaint_of(case, targets[case.small]) for case in cases if case.alone}
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        running = {case.id: pool.submit(complaint_of, case, targets[case.small]) for case in cases if not case.alone}
        return told | {identity: future.result() for identity, future in running.items()}


def report(transport, told, seconds):
    """Prints what is wrong; whether nothing is."""
    known = KNOWN_DEVIATIONS[transport]
    failed = {identity: words for identity, words in told.items() if words is not None and identity not in known}
    mended = [identity for identity, words in told.items() if words is None and identity in known]
    for identity, words in failed.items():
        print(f"FAILED {identity}: {CASES[identity].says}\n    " + words.replace("\n", "\n    "))
    for identity in mended:
        print(f"FAILED {identity}: is listed in known_deviations.py, and does not deviate")
    deviating = sum(words is not None for words in told.values()) - len(failed)
    print(f"{transport}: {len(told)} cases, {len(failed) + len(mended)} failed, {deviating} deviate as known; {seconds:.1f} s")
    return not failed and not mended


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--server", help="the binary of echo_server")
    parser.add_argument("--transport", choices=KNOWN_DEVIATIONS, default="native")
    parser.add_argument("--only", default="*", metavar="PATTERN", help="cases whose id matches")
    parser.add_argument("--list", action="store_true", help="say what the cases are, and run none")
    parser.add_argument("--tables", action="store_true", help="print what docs/conformance.md shows, and run none")
    arguments = parser.parse_args()

    cases = [case for case in cases_for(arguments.transport) if fnmatch.fnmatchcase(case.id, arguments.only)]
    if arguments.tables:
        print(tables(), end="")
        return 0
    if arguments.list:
        for case in cases:
            print(f"{case.id}: {case.says}")
        return 0
    if not arguments.server or not cases:
        parser.error("needs --server, and cases that match")

    begun = time.monotonic()
    with contextlib.ExitStack() as stack:
        servers = [stack.enter_context(Server(arguments.server, arguments.transport, limits)) for limits in (LARGE, SMALL)]
        told = run(cases, [server.target for server in servers])
        for server in servers:
            server.check_end()

    return 0 if report(arguments.transport, told, time.monotonic() - begun) else 1


if __name__ == "__main__":
    sys.exit(main())
