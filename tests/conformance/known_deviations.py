"""Where a transport does something else than its case says, by transport and case, with one sentence each. A deviation that does not
occur any more is a failure too, so that this table stays true. docs/conformance.md shows it."""

KNOWN_DEVIATIONS = {
    "native": {},
    "websocketpp": {},
}
