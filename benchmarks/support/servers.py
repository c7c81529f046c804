"""The servers that can be compared, by the name of their column: programs of the build folder and their first arguments.

Each is started as `PROGRAM ARGUMENTS PORT fanout|echo`, and says `port N` when it listens.
"""

import sys

KINGBOLT = {
    "kingbolt": ("fanout_server", "--transport", "native"),
    "kingbolt-websocketpp": ("fanout_server", "--transport", "websocketpp"),
}
# These take part when they are named.
VARIANTS = {
    "kingbolt-channels": ("fanout_server", "--transport", "native", "--channels"),
}
LIMIT = "bare"
PEERS = {
    "libwebsockets": ("peer_libwebsockets",),
    "websocketpp": ("peer_websocketpp",),
    "beast": ("peer_beast",),
    "ws": ("peer_ws",),
    "gorilla": ("peer_gorilla",),
    LIMIT: ("peer_bare",),
}
# These compress for those who ask for it, when started with --compression.
COMPRESSING = ("kingbolt", "ws", "gorilla")
SHARDING = ("kingbolt",)
# What they send is longer than what they are sent: their figures say what the envelope and the history cost.
ENVELOPING = ("kingbolt-channels",)
# These tell what they have allocated.
WITH_ALLOCATIONS = (*KINGBOLT, "websocketpp")


def takes_part(name, cell):
    """Can that server do what the cell asks for beside sending?"""
    if name in ENVELOPING and cell.load[0] != "fanout":
        return False
    return not (cell.publishes and name not in KINGBOLT or cell.compressed and name not in COMPRESSING or cell.shards and name not in SHARDING)


def commands(programs, names=None):
    """The command of each server that is built, or of those named; a peer that is not built is left out, and said."""
    found = {}
    for name, (program, *words) in {**KINGBOLT, **VARIANTS, **PEERS}.items():
        if name not in names if names is not None else name in VARIANTS:
            continue
        if (programs / program).exists():
            found[name] = (str(programs / program), *words)
        elif name in PEERS and name != LIMIT:
            print(f"{name} is not built: benchmarks/install-peers installs what it needs", file=sys.stderr)
        else:
            sys.exit(f"{programs / program} is missing: build the preset `release`")
    return found
