"""GET /metrics of the reference server: judged by promtool, its values by what was done to the server, its documents by what it says."""

import http.client
import json
import os
import re
import subprocess
import time
import unittest
from pathlib import Path

import security_test
from fixture import PATIENCE_SECONDS, SUBPROTOCOL, Client, unused_port
from harness import Failure
from security_test import bearer, token

ROOT = Path(__file__).resolve().parent.parent.parent
PROMTOOL = os.environ["KINGBOLT_PROMTOOL"]
SERIES = re.compile(r"(?P<name>[a-z_]+)(?:\{(?P<labels>.*)\})? (?P<value>\S+)")
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
METRIC = re.compile(r"\bkingbolt_[a-z_]+\b")


class Page:
    """What a scrape has brought."""

    def __init__(self, text):
        self.text = text
        self.types = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE))
        self.series = {}
        for line in text.splitlines():
            if not line.startswith("#"):
                match = SERIES.fullmatch(line)
                assert match, line
                self.series[match["name"], frozenset(LABEL.findall(match["labels"] or ""))] = float(match["value"])

    def value(self, name, **labels):
        return self.series[name, frozenset(labels.items())]

    def family_of(self, name):
        """`x` for the series `x_bucket` of a histogram."""
        return name if name in self.types else re.sub(r"_(bucket|sum|count)$", "", name)

    def labels(self, family):
        """The names of the labels of its series, without what every histogram has."""
        return {label for (name, labels) in self.series if self.family_of(name) == family for label, _ in labels} - {"le"}

    def values_of(self, family, label):
        return {value for (name, labels) in self.series if self.family_of(name) == family for key, value in labels if key == label}


class MetricsTest(security_test.SecurityTest):
    def get(self, server, path="/metrics", method="GET", headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_SECONDS)
        self.addCleanup(connection.close)
        connection.request(method, path, headers=bearer(token()) if headers is None else headers)
        return connection.getresponse()

    def scrape(self, server):
        response = self.get(server)
        self.assertEqual(response.status, 200)
        self.assertEqual(response.headers["Content-Type"], "text/plain; version=0.0.4; charset=utf-8")
        return Page(response.read().decode())

    def scrape_until(self, server, what, holds):
        end = time.monotonic() + PATIENCE_SECONDS
        while not holds(page := self.scrape(server)):
            if time.monotonic() > end:
                raise Failure(f"no {what} on the page:\n{page.text}")
            time.sleep(0.05)
        return page


class Access(MetricsTest):
    def test_the_page_wants_a_token_as_the_statistics_do(self):
        server = self.guarded()
        refused = self.get(server, headers={})
        self.assertEqual((refused.status, refused.headers["WWW-Authenticate"]), (401, 'Bearer realm="kingbolt"'))
        self.assertEqual(self.get(server, headers=bearer(token(lives=-60))).status, 401)
        self.assertEqual(self.get(server).status, 200)

    def test_where_nobody_is_asked_for_a_token_nobody_is_here_and_only_get_is_answered(self):
        server = self.server(unused_port())
        self.assertEqual(self.get(server, headers={}).status, 200)
        refused = self.get(server, method="POST", headers={})
        self.assertEqual((refused.status, refused.headers["Allow"]), (405, "GET"))


class Values(MetricsTest):
    def test_the_page_says_what_has_happened(self):
        async def talk(client):
            first = await self.ask(client, type="subscribe", id=1, topic="system.clients")
            await self.ask(client, type="unsubscribe", id=2, topic="system.clients")
            position = {key: first["sub"][key] for key in ("epoch", "seq")}
            again = await self.ask(client, type="subscribe", id=3, topic="system.clients", **position)
            lost = await self.ask(client, type="subscribe", id=4, topic="system.engine", epoch="of another server", seq=7)
            await self.ask(client, type="call", id=5, method="agents.list")
            await self.ask(client, type="refresh", id=6, token="nonsense")
            return again["sub"]["recovered"], lost["sub"]["recovered"]

        engine = self.engine()
        server = self.server(engine.port, jwt_alg="HS256", jwt_key_file=self.secret, allow_query_token=True, ping_interval="200ms",
                             breaker_threshold="2", breaker_open_for="600s")
        stays = Client("websockets", f"{server.url}?access_token={token()}")
        self.addCleanup(stays.kill)
        stays.wait_open()
        stays.ask(type="subscribe", topic="agents.*")
        stays.wait_event("agent's status")
        self.assertEqual(self.run_client(server, talk, bearer(token()), subprotocols=[SUBPROTOCOL]), (True, False))
        self.assertEqual(self.status(server, bearer("x.y.z"))[0], 401)
        self.assertEqual(self.status(server)[0], 401)
        self.assertEqual(self.status(server, bearer(token()), origin="http://evil.example")[0], 403)

        def settled(page):
            gone = page.value("kingbolt_connections_closed_total", cause="client_close", upgraded="yes") == 1
            return gone and page.value("kingbolt_ping_rtt_seconds_count") > 2

        page = self.scrape_until(server, "client that has left and answered ping", settled)
        value = page.value
        self.assertEqual(value("kingbolt_connections", state="open"), 1)
        self.assertEqual(value("kingbolt_upgrades_total"), 2)
        self.assertEqual(value("kingbolt_upgrades_rejected_total", cause="unauthenticated"), 2)
        self.assertEqual(value("kingbolt_upgrades_rejected_total", cause="origin_refused"), 1)
        self.assertEqual(value("kingbolt_authentication_failures_total", stage="upgrade", reason="refused"), 1)
        self.assertEqual(value("kingbolt_authentication_failures_total", stage="upgrade", reason="missing"), 1)
        self.assertEqual(value("kingbolt_authentication_failures_total", stage="refresh", reason="refused"), 1)
        self.assertEqual(value("kingbolt_authentications_total", stage="upgrade"), 2)
        self.assertEqual(value("kingbolt_connections_closed_total", cause="client_close", upgraded="yes"), 1)
        self.assertGreater(self.scrape(server).value("kingbolt_connections_closed_total", cause="http_request", upgraded="no"), 0)
        self.assertEqual(value("kingbolt_messages_received_total"), 7)
        self.assertGreater(value("kingbolt_messages_sent_total"), 7)
        self.assertGreater(value("kingbolt_received_bytes_total"), 500)
        self.assertGreater(value("kingbolt_sent_bytes_total"), 500)
        self.assertGreater(value("kingbolt_publications_total"), 0)
        self.assertEqual(value("kingbolt_history_lookups_total", result="hit"), 1)
        self.assertEqual(value("kingbolt_history_lookups_total", result="miss"), 1)
        self.assertGreater(value("kingbolt_channel_topics"), 0)
        self.assertGreater(value("kingbolt_subscriptions"), 0)
        self.assertGreater(value("kingbolt_publish_to_write_seconds_count"), 0)
        self.assertGreater(value("kingbolt_loop_lag_seconds_count"), 0)
        self.assertEqual(value("kingbolt_breaker_state", breaker="agents.list", state="closed"), 1)
        self.assertEqual(value("kingbolt_breaker_transitions_total", breaker="agents.list", to="open"), 0)

        engine.kill()
        page = self.scrape_until(server, "open breaker", lambda p: p.value("kingbolt_breaker_state", breaker="agents.list", state="open") == 1)
        self.assertEqual(page.value("kingbolt_breaker_state", breaker="agents.list", state="closed"), 0)
        self.assertEqual(page.value("kingbolt_breaker_transitions_total", breaker="agents.list", to="open"), 1)
        self.assertGreaterEqual(page.value("kingbolt_breaker_failures_total", breaker="agents.list"), 2)
        # The other breaker has a state of its own. Which, is decided by what it was asked while the engine died.
        states = [page.value("kingbolt_breaker_state", breaker="agents.status", state=state) for state in ("closed", "open", "half_open")]
        self.assertEqual(sorted(states), [0, 0, 1])
        stays.kill()
        self.scrape_until(server, "lost client", lambda p: p.value("kingbolt_connections", state="open") == 0)


class Documents(MetricsTest):
    """The page, and what is written about it."""

    def setUp(self):
        super().setUp()
        self.page = self.scrape(self.guarded())

    def test_promtool_finds_nothing_wrong_with_the_page(self):
        run = subprocess.run([PROMTOOL, "check", "metrics"], input=self.page.text, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)
        self.assertEqual((run.returncode, run.stdout, run.stderr), (0, "", ""))

    def test_the_table_has_every_metric_as_it_is_and_no_other(self):
        rows = {}
        for line in (ROOT / "docs/metrics.md").read_text(encoding="utf-8").splitlines():
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            if line.startswith("| `kingbolt_"):
                name, kind, labels, unit, meaning = cells
                name = name.strip("`")
                listed = dict(re.fullmatch(r"`(\w+)`(?:: (.*))?", label).groups() for label in labels.split("; ") if label)
                for label, values in listed.items():
                    if values and re.fullmatch(r"[\w`]+(, [\w`]+)+", values):
                        self.assertEqual(self.page.values_of(name, label), set(values.replace("`", "").split(", ")), name)
                rows[name] = (kind, set(listed), unit)
                self.assertTrue(meaning, name)
        self.assertEqual({name: (kind, self.page.labels(name)) for name, kind in self.page.types.items()}, {name: row[:2] for name, row in rows.items()})
        for name, (_, _, unit) in rows.items():
            self.assertIn(unit, ("s", "bytes", "–"))
            self.assertEqual(unit == "s", name.endswith("_seconds"), name)
            self.assertEqual(unit == "bytes", "_bytes" in name, name)

    def test_the_dashboard_asks_for_nothing_that_is_not_there(self):
        dashboard = json.loads((ROOT / "docs/grafana/kingbolt.json").read_text(encoding="utf-8"))
        queries = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])]
        queries += [variable["definition"] for variable in dashboard["templating"]["list"] if "definition" in variable]
        self.assertGreater(len(queries), 30)
        self.check_queries(queries)
        # What Grafana puts in place of its variables does not matter to the grammar.
        plain = [query.replace("$__rate_interval", "5m") for query in queries if not query.startswith("label_values(")]
        rules = [{"record": f"query:{number}", "expr": query} for number, query in enumerate(plain)]
        self.promtool_understands(self.file("queries.yml", json.dumps({"groups": [{"name": "dashboard", "rules": rules}]})))
        self.assertEqual(set(self.page.types), {self.page.family_of(name) for query in queries for name in METRIC.findall(query)}, "shown")
        identifiers = [panel["id"] for panel in dashboard["panels"]]
        self.assertEqual(len(identifiers), len(set(identifiers)))

    def test_the_alerts_ask_for_nothing_that_is_not_there_and_promtool_understands_them(self):
        rules = ROOT / "docs/prometheus/kingbolt.rules.yml"
        self.promtool_understands(rules)
        text = rules.read_text(encoding="utf-8")
        self.check_queries([text])
        alerts = re.findall(r"- alert: (\w+)", text)
        self.assertEqual(alerts, re.findall(r"^\| `(Kingbolt\w+)` \|", (ROOT / "docs/metrics.md").read_text(encoding="utf-8"), re.MULTILINE))

    def promtool_understands(self, rules):
        run = subprocess.run([PROMTOOL, "check", "rules", rules], capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)

    def check_queries(self, queries):
        """Each metric is there, and so is each value of a label that a query selects."""
        series = {name for name, _ in self.page.series}
        for query in queries:
            for name, selector in re.findall(r"\b(kingbolt_[a-z_]+)\b(?:\{([^}]*)\})?", query):
                self.assertIn(name, series, query)
                for label, operator, value in re.findall(r'(\w+)\s*(=~|=)\s*"([^"]*)"', selector):
                    if label not in ("job", "instance"):
                        chosen = set(value.split("|")) if operator == "=~" else {value}
                        self.assertLessEqual(chosen, self.page.values_of(self.page.family_of(name), label), query)


if __name__ == "__main__":
    unittest.main()
