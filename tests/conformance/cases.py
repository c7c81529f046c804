"""The cases: functions with an id, registered when their module is imported, and what a case is given to work with."""

import contextlib
import dataclasses
import itertools

from raw_client import Connection, Failure, request


@dataclasses.dataclass
class Case:
    id: str  # "area/what", the parameters included
    says: str  # what must hold
    run: object  # called with a Target
    small: bool  # against the server with small limits
    alone: bool  # with nothing beside it, because it measures
    compression: bool  # only where the server compresses

    @property
    def area(self):
        return self.id.split("/")[0]


CASES = {}


def case(name, *, small=False, alone=False, compression=False, where=lambda **_: True, **parameters):
    """Registers a function for each combination of the parameters that is `where` it makes sense. `{parameter}` in the id and in the
    docstring stands for its value; a mapping's keys stand for its values."""

    def register(function):
        choices = [[(key, name, value) for name, value in pairs(values)] for key, values in parameters.items()]
        for combination in itertools.product(*choices):
            arguments = {key: value for key, _, value in combination}
            if not where(**arguments):
                continue
            words = {key: word for key, word, _ in combination}
            identity = name.format(**words)
            if identity in CASES:
                raise ValueError(f"two cases are called {identity}")
            run = lambda target, arguments=arguments: function(target, **arguments)  # noqa: E731
            CASES[identity] = Case(identity, " ".join(function.__doc__.split()).format(**words), run, small, alone, compression)
        return function

    def pairs(values):
        return values.items() if isinstance(values, dict) else [(value, value) for value in values]

    return register


@dataclasses.dataclass
class Target:
    """A server that echoes."""

    port: int
    pid: int
    max_message: int
    handshake_timeout: float

    def connect(self):
        """TCP only."""
        return Connection(self.port)

    @contextlib.contextmanager
    def open(self, *header_lines):
        """After a handshake."""
        with self.connect() as connection:
            connection.send(request(*header_lines))
            connection.expect_upgrade()
            yield connection

    def peak_memory(self):
        """The most that the process has ever had resident, in bytes."""
        with open(f"/proc/{self.pid}/status", encoding="ascii") as status:
            for line in status:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024
        raise Failure("no VmHWM in /proc")


def fails_with(target, codes, *pieces):
    """On a connection of its own: says the pieces, and expects to be failed with one of the codes."""
    with target.open() as connection:
        connection.expect_echo()
        for piece in pieces:
            connection.send(piece)
        connection.expect_close(*codes)
