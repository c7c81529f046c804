"""docs/conformance.md shows the tables that tests/conformance prints of itself."""

import subprocess
import sys
import unittest
from pathlib import Path

ROOT = Path(sys.argv.pop(1))


class Tables(unittest.TestCase):
    def test_the_document_has_both_tables_as_they_are(self):
        command = [sys.executable, "-B", ROOT / "tests" / "conformance" / "conformance_test.py", "--tables"]
        printed = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
        document = (ROOT / "docs" / "conformance.md").read_text(encoding="utf-8")
        for table in printed.split("\n\n"):
            self.assertIn(table.strip() + "\n", document, "conformance_test.py --tables prints what the document should show")


if __name__ == "__main__":
    unittest.main()
