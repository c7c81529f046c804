"""An engine that says what a test has written down."""

import json
import socket
import threading

AGENT = {"id": "a-1", "pid": 1, "name": "one", "state": "idle", "cpu_percent": 0, "memory_bytes": 1, "threads": 1, "uptime_seconds": 1}


def result(value):
    return b'{"jsonrpc":"2.0","id":$ID,"result":' + json.dumps(value).encode() + b"}\n"


def error(code, message="out of luck"):
    return b'{"jsonrpc":"2.0","id":$ID,"error":{"code":%d,"message":%s}}\n' % (code, json.dumps(message).encode())


class ScriptedEngine:
    """Answers each method with what the test puts into `answers`; where that is a list, with one after the other, then with the last."""

    def __init__(self, **answers):
        self.answers = {method.replace("_", "."): answer for method, answer in answers.items()}
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _answer(self, request):
        answer = self.answers[request["method"]]
        if isinstance(answer, list):
            answer = answer.pop(0) if len(answer) > 1 else answer[0]
        return answer.replace(b"$ID", str(request["id"]).encode())

    def _serve(self):
        while True:
            try:
                connection, _ = self._listener.accept()
                with connection, connection.makefile("rb") as lines:
                    for line in lines:
                        connection.sendall(self._answer(json.loads(line)))
            except OSError:
                if self._listener.fileno() == -1:
                    return

    def close(self):
        self._listener.close()
