"""The dashboard in a real browser, over what happens to the engine and the server behind it."""

import contextlib
import os
import socket
import sys
import tempfile
import time
import unittest
from pathlib import Path

import jwt

sys.dont_write_bytecode = True

from browser import Browser  # noqa: E402
from harness import Client, Engine, Process, Server  # noqa: E402

BINARY = os.environ["KINGBOLT_REFERENCE_SERVER"]
BUILT = Path(os.environ["KINGBOLT_JS"])  # by scripts/build-js-client and scripts/build-dashboard
EXECUTABLE = os.environ["KINGBOLT_BROWSER"]
SECRET = "a secret of this test, and at least 32 bytes long"
QUICK = ("--poll-interval", "100ms", "--refresh-interval", "300ms", "--ping-interval", "500ms", "--rpc-timeout", "1s")

ROWS = "document.querySelectorAll('#agents-body tr').length"
STATES = "[...document.querySelectorAll('.breaker .pill')].map((pill) => pill.textContent)"
STALE = "document.querySelectorAll('#agents-body tr.stale').length"


def unused_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def shown(selector):
    return f"document.querySelector({selector!r}).checkVisibility()"


def text(selector):
    return f"document.querySelector({selector!r}).textContent"


def token(scope="subscribe:agents.* subscribe:system.* call:*"):
    return jwt.encode({"sub": "ann", "scope": scope, "exp": int(time.time()) + 3600}, SECRET, algorithm="HS256")


class Dashboard(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls._browser = cls.enterClassContext(Browser(BUILT / "clients/js", EXECUTABLE))

    def setUp(self):
        self._stack = contextlib.ExitStack()
        self.addCleanup(self._stack.close)
        self.page = self._browser

    def engine(self, port=0):
        return self._stack.enter_context(Engine(port, "--max-agents", "100000"))

    def server(self, engine_port, *options, port=0):
        words = (*QUICK, "--engine", f"127.0.0.1:{engine_port}", "--dashboard", BUILT / "dashboard", *options)
        return self._stack.enter_context(Server(BINARY, *words, port=port))

    def show(self, server, fragment="", **how):
        self.page.open(f"http://127.0.0.1:{server.port}/{fragment}", **how)

    def shows_agents(self):
        self.page.wait(f"{ROWS} > 3 && {STATES}.length === 2")

    def has_no_troubles(self):
        self.assertEqual(self.page.troubles, [])

    def test_it_shows_what_there_is_within_seconds_and_complains_of_nothing(self):
        server = self.server(self.engine().port)
        other = self._stack.enter_context(Client("websockets", server.url))
        other.wait_open()
        self.show(server)
        self.shows_agents()
        self.page.wait(f"{STATES}.join() === 'closed,closed' && {text('#live')} === 'live'")
        self.page.wait(f"{text('[data-tile=memory] dd')}.endsWith('MiB') && {text('[data-tile=p99] dd')}.endsWith('ms')")
        self.page.wait(f"parseInt({text('[data-tile=events] dd')}) > 3 && {text('[data-tile=connections] dd')} === '2'")
        self.page.wait("document.querySelectorAll('#connections-body tr').length === 2")
        self.page.wait("[...document.querySelectorAll('#connections-body td:nth-child(2)')].every((rtt) => rtt.textContent.endsWith('ms'))")
        self.assertEqual(self.page.evaluate("document.querySelectorAll('#connections-body .own').length"), 1)
        self.page.wait("document.querySelector('#agents-body .line').getAttribute('d').split('L').length > 3")
        self.has_no_troubles()

    def test_a_new_process_is_seen_within_a_second(self):
        self.show(self.server(self.engine().port))
        self.shows_agents()
        took = []
        while len(took) < 5 and min(took, default=9) > 1:  # this machine may have other things to do
            with Process(["sleep", "60"], "sleep") as child:
                begun = time.monotonic()
                self.page.wait(f"document.querySelector('[data-agent=\"proc-{child.pid}\"]') !== null")
                took.append(time.monotonic() - begun)
            self.page.wait(f"document.querySelector('[data-agent=\"proc-{child.pid}\"]') === null")
        self.assertLessEqual(min(took), 1)

    def test_without_its_engine_agents_are_stale_and_the_breaker_is_open_until_it_is_back(self):
        port = unused_port()
        engine = self.engine(port)
        server = self.server(port, "--breaker-threshold", "3", "--breaker-open-for", "3s")
        self.show(server)
        self.shows_agents()
        engine.kill()
        # Three polls, a tenth of a second apart, each refused at once; the rest is for the browser.
        self.page.wait(f"{STATES}.includes('open') && {STALE} === {ROWS}", 3)
        self.assertRegex(self.page.evaluate("document.querySelector('.breaker.open .told').textContent"), r"^Calls are not made\. Next probe in [123] s\.$")
        self.assertRegex(self.page.evaluate("document.querySelector('#agents-body .badge').textContent"), r"^stale \d+ s$")
        self.page.wait("document.querySelector('.breaker.open .transitions').textContent.includes('consecutive failures')")
        self.assertGreater(self.page.evaluate("document.querySelector('.breaker.open .track .open').getBoundingClientRect().width"), 0)
        self.page.wait("document.querySelector('#agents-body .badge').textContent.match(/stale [2-9] s/)")
        self.engine(port)
        self.page.wait(f"{STATES}.join() === 'closed,closed' && {STALE} === 0")
        self.page.wait("document.querySelector('[data-breaker=\"agents.list\"] .transitions').textContent.includes('probe succeeded')")
        self.has_no_troubles()

    def test_when_the_server_goes_away_it_says_how_old_it_is_and_comes_back_without_a_reload(self):
        engine, port = self.engine(), unused_port()
        server = self.server(engine.port, port=port)
        self.show(server)
        self.shows_agents()
        self.page.evaluate("window.mark = 'the same page'")
        server.stop()
        self.page.wait(shown("#banner"))
        self.assertIn("does not answer", self.page.evaluate(text("#announcement")))
        self.page.wait(text("#banner-age") + ".match(/^What you see is [2-9] s old\\./)")
        self.assertEqual(self.page.evaluate("document.title"), "away · kingbolt")
        self.assertGreater(self.page.evaluate(ROWS), 3)
        self.server(engine.port, port=port)
        self.page.wait(f"!({shown('#banner')}) && {text('#live')} === 'live' && {text('#announcement')} === 'The server is back.'")
        self.page.evaluate(f"window.before = {text('#agents-body')}")
        self.page.wait(f"{text('#agents-body')} !== window.before")
        self.assertEqual(self.page.evaluate("window.mark"), "the same page")
        # That the server was away is all that there was.
        self.assertEqual([trouble for trouble in self.page.troubles if "ERR_CONNECTION_REFUSED" not in trouble], [])

    def test_who_has_gone_is_listed_with_the_verdict_and_its_evidence(self):
        server = self.server(self.engine().port)
        with Client("websockets", server.url) as early:
            early.wait_open()
        self.show(server)
        self.page.wait("document.querySelectorAll('#disconnects-list li details').length === 1")  # it was before this page
        with Client("websockets", server.url) as late:
            late.wait_open()
            late.ask(type="hello")
        self.page.wait("document.querySelectorAll('#disconnects-list details').length === 2")
        self.assertRegex(self.page.evaluate(text("#disconnects-list summary b")), r"^client (gone|closed)|reset")
        self.assertIn("message", self.page.evaluate(text("#disconnects-list .evidence")))
        self.page.wait(f"{text('#disconnects-list time')}.match(/^\\d+ s ago$/)")
        self.has_no_troubles()

    def guarded(self):
        folder = self._stack.enter_context(tempfile.TemporaryDirectory())
        key = Path(folder) / "secret"
        key.write_text(SECRET)
        return self.server(self.engine().port, "--jwt-alg", "HS256", "--jwt-key-file", key)

    def test_the_token_of_the_fragment_lets_in_and_is_shown_to_nobody(self):
        server = self.guarded()
        self.show(server, f"#token={token()}")
        self.shows_agents()
        self.assertEqual(self.page.evaluate("location.href"), f"http://127.0.0.1:{server.port}/")
        self.page.wait(text("#connections-body") + ".includes('ann')")
        self.page.evaluate("location.reload()")  # this tab remembers it
        self.shows_agents()
        self.has_no_troubles()
        self.assertNotIn("token", server.log)

    def test_without_a_token_it_asks_for_one_and_again_after_a_bad_one(self):
        server = self.guarded()
        self.show(server)
        self.page.wait(shown("#entry"))
        self.assertEqual(self.page.evaluate("document.activeElement.id"), "entry-token")
        self.page.type("nonsense")
        self.page.press("Enter")
        self.page.wait(f"{text('#entry-why')} === 'The server does not accept this token.'")
        self.page.type(token())
        self.page.press("Enter")
        self.shows_agents()

    def test_a_token_that_allows_less_shows_less_and_breaks_nothing(self):
        self.show(self.guarded(), f"#token={token('subscribe:agents.*')}")
        self.page.wait(f"{ROWS} > 3 && {text('#live')} === 'live'")
        self.has_no_troubles()

    def test_the_keyboard_reaches_every_table_in_the_order_of_the_page_and_one_sees_where_it_is(self):
        server = self.server(self.engine().port)
        with Client("websockets", server.url) as gone:
            gone.wait_open()
        self.show(server)
        self.shows_agents()
        self.page.wait("document.querySelector('#disconnects-list summary') !== null")
        focus = """(() => {
            const focused = document.activeElement, style = getComputedStyle(focused);
            return [focused.closest('section')?.id ?? '', focused.dataset.column ?? focused.localName,
                    style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2];
        })()"""
        reached = []
        while ["disconnects", "summary"] not in (names := [stop[:2] for stop in reached]) and len(names) < 20:
            self.page.press("Tab")
            reached.append(self.page.evaluate(focus))
        self.assertEqual(names, [["", "a"], ["agents", "div"], ["agents", "name"], ["agents", "cpu"], ["agents", "memory"], ["connections", "div"],
                                 ["disconnects", "div"], ["disconnects", "summary"]])  # fmt: skip
        self.assertTrue(all(is_seen for *_, is_seen in reached), reached)
        self.page.press("Enter")
        self.assertTrue(self.page.evaluate("document.querySelector('#disconnects-list details').open"))
        self.page.evaluate("document.querySelector('[data-column=name]').focus()")
        self.page.press("Enter")
        self.assertEqual(self.page.evaluate("document.querySelector('[data-column=name]').closest('th').ariaSort"), "ascending")
        self.assertEqual(self.page.evaluate(text("#agents-order")), "by name")
        # Who has just come is put into its place with the next sample.
        names = "[...document.querySelectorAll('#agents-body .name')].map((name) => name.textContent)"
        self.page.wait(f"{names}.join() === {names}.sort((a, b) => a.localeCompare(b, 'en')).join()")

    def test_at_400_pixels_nothing_is_wider_than_the_page(self):
        port = unused_port()
        engine = self.engine(port)
        self.show(self.server(port, "--breaker-threshold", "2"), width=400, height=800)
        self.shows_agents()
        wide = """[...document.querySelectorAll('body *')].filter((e) => e.checkVisibility() && e.getBoundingClientRect().right > innerWidth + 1
            && !e.closest('svg')).map((e) => e.outerHTML.slice(0, 80))"""
        for _ in range(2):
            self.assertLessEqual(self.page.evaluate("document.documentElement.scrollWidth"), 400)
            self.assertEqual(self.page.evaluate(wide), [])
            engine.kill()
            self.page.wait(f"{STALE} > 0 && {STATES}.includes('open')")

    def test_every_text_has_contrast_enough_in_both_palettes_also_while_the_server_is_away(self):
        port = unused_port()
        for scheme in "light", "dark":
            engine = self.engine(port)
            server = self.server(port, "--breaker-threshold", "2")
            with Client("websockets", server.url) as gone:
                gone.wait_open()
            self.show(server, scheme=scheme)
            self.shows_agents()
            self.page.wait("document.querySelector('#disconnects-list summary') !== null")
            self.page.evaluate("document.querySelector('#disconnects-list details').open = true")
            self.assertEqual(self.page.evaluate(LOW_CONTRAST), [], scheme)
            engine.kill()
            self.page.wait(f"{STALE} > 0 && {STATES}.includes('open')")
            self.assertEqual(self.page.evaluate(LOW_CONTRAST), [], scheme)
            server.stop()
            self.page.wait(shown("#banner"))
            self.assertEqual(self.page.evaluate(LOW_CONTRAST), [], scheme)

    def test_nothing_moves_for_those_who_want_no_motion(self):
        self.show(self.server(self.engine().port), reduced_motion=True)
        self.shows_agents()
        moving = "[...document.querySelectorAll('*')].filter((e) => parseFloat(getComputedStyle(e).transitionDuration) > 0 || getComputedStyle(e).animationName !== 'none').length"
        self.assertEqual(self.page.evaluate(moving), 0)

    def test_figures_come_and_change_and_what_is_around_them_stays_where_it_is(self):
        places = """['tiles', 'breakers', 'agents', 'connections'].map((id) => {
            const { x, y, width } = document.getElementById(id).getBoundingClientRect();
            return [id, x, y, width];
        })"""
        self.show(self.server(self.engine().port))
        self.page.wait("document.querySelectorAll('.tile').length === 6")
        before = self.page.evaluate(places)
        self.shows_agents()
        self.page.wait("document.querySelectorAll('#connections-body tr').length > 0")
        time.sleep(2)
        self.assertEqual(self.page.evaluate(places), before)


# WCAG 2.2 §1.4.3, of each text that is seen, against the first background below it that is opaque.
LOW_CONTRAST = """(() => {
    const channels = (color) => color.match(/[\\d.]+/g).map(Number);
    const luminance = ([r, g, b]) => [r, g, b].map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
        .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
    const backdrop = (element) => {
        for (let e = element; e !== null; e = e.parentElement) {
            const color = channels(getComputedStyle(e).backgroundColor);
            if (color.length === 3 || color[3] === 1) return color;
        }
        return channels('rgb(255, 255, 255)');
    };
    const low = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
        const element = node.parentElement;
        if (node.data.trim() === '' || !element.checkVisibility()) continue;
        const [a, b] = [channels(getComputedStyle(element).color), backdrop(element)].map(luminance);
        const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        if (ratio < 4.5) low.push(`${ratio.toFixed(2)} ${element.className} ${node.data.trim().slice(0, 40)}`);
    }
    return low;
})()"""


if __name__ == "__main__":
    unittest.main()
