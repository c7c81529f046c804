"""docs/close-codes.md and docs/disconnects.md say what the headers say: every enumerator has its row, and no row is invented."""

import re
import sys
import unittest
from pathlib import Path

ROOT = Path(sys.argv.pop(1))


def read(path):
    return (ROOT / path).read_text(encoding="utf-8")


def enumerators(header, enum):
    """[(name, value or None)] of `enum class`."""
    body = re.search(rf"enum class {enum}\b[^{{]*{{(.*?)}};", read(header), re.DOTALL).group(1)
    body = re.sub(r"//.*", "", body)
    return [(m[1], int(m[2]) if m[2] else None) for m in re.finditer(r"(\w+)(?:\s*=\s*(\d+))?\s*(?:,|$)", body.strip())]


def rows(document, heading):
    """The rows of the last table under a `## heading`, cell by cell, without backticks."""
    section = read(document).split(f"## {heading}\n")[1].split("\n## ")[0]
    table = re.split(r"^\|---.*$", section, flags=re.MULTILINE)[-1]
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in table.splitlines() if line.startswith("|")]


def function_cases(header, function):
    """{case: returned expression} of a switch on an enum in `function`."""
    body = read(header).split(function)[1].split("\n}\n")[0]
    return dict(re.findall(r"case \w+::(\w+): return \w+::(\w+);", body))


CODES = "include/kingbolt/core/close_code.hpp"


class CloseCodes(unittest.TestCase):
    def test_every_close_code_has_its_row(self):
        documented = [(row[1], int(row[0])) for row in rows("docs/close-codes.md", "Close codes")]
        self.assertEqual(enumerators(CODES, "CloseCode"), documented)

    def test_every_cause_has_its_row(self):
        documented = [row[0] for row in rows("docs/close-codes.md", "Causes")]
        self.assertEqual([name for name, _ in enumerators(CODES, "Cause")], documented)

    def test_every_cause_is_documented_with_the_code_that_is_sent(self):
        numbers = dict(enumerators(CODES, "CloseCode"))
        sent = {cause: str(numbers[code]) for cause, code in function_cases(CODES, "close_code_for(").items()}
        self.assertGreater(len(sent), 5)
        for row in rows("docs/close-codes.md", "Causes"):
            self.assertEqual(sent.get(row[0], "none"), row[2], row[0])

    def test_every_cause_is_documented_with_who_ended_it(self):
        body = read("include/kingbolt/engine/close_plan.hpp").split("EndedBy ended_by(")[1]
        by, waiting = {}, []
        for case, result in re.findall(r"case Cause::(\w+):|return EndedBy::(\w+);", body):
            if case:
                waiting.append(case)
            else:
                by |= {name: result for name in waiting}
                waiting = []
        self.assertGreater(len(by), 3)
        for row in rows("docs/close-codes.md", "Causes"):
            self.assertEqual(by.get(row[0], "server"), row[1], row[0])

    def test_codes_that_ask_to_come_back_are_documented_so(self):
        for row in rows("docs/close-codes.md", "Close codes"):
            number = int(row[0])
            returns = 4000 <= number < 4500 or number in (1001, 1006, 1011, 1012, 1013)
            self.assertEqual(returns, "come" in row[4] and "back" in row[4], row)


class Verdicts(unittest.TestCase):
    def test_every_verdict_is_in_the_decision_table(self):
        documented = [row[1] for row in rows("docs/disconnects.md", "Decision table") if row[1]]
        self.assertEqual(sorted(name for name, _ in enumerators("include/kingbolt/engine/verdict.hpp", "Verdict")), sorted(documented))

    def test_every_pattern_is_described(self):
        section = read("docs/disconnects.md").split("## Patterns\n")[1]
        for name, _ in enumerators("include/kingbolt/engine/pattern.hpp", "PatternKind"):
            self.assertIn(f"`{name}`", section)


if __name__ == "__main__":
    unittest.main()
