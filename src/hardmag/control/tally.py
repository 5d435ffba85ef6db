"""Half-cycles that journals hold, counted by reading only what was appended since the last look."""

import re
from pathlib import Path

from hardmag.campaign.attempts import HalfCycleKey

RECORD = re.compile(rb'"key":"([0-9a-f]+)","realisation":(\d+),')  # a line of the journal begins with a checksum and these


class Tally:
    """Counts again and again, for one who watches."""

    def __init__(self):
        self._read = {}  # file: bytes read
        self._found = {}  # folder: {HalfCycleKey}

    def half_cycles(self, folder):
        """{HalfCycleKey} in a batch's journal; a line that is still being written is not counted."""
        half_cycles = self._found.setdefault(folder, set())
        for path in sorted(Path(folder).glob("*.jsonl")):
            with open(path, "rb") as file:
                file.seek(self._read.get(path, 0))
                for line in file:
                    if not line.endswith(b"\n"):
                        break
                    self._read[path] = self._read.get(path, 0) + len(line)
                    found = RECORD.search(line, 0, 100)
                    if found:
                        half_cycles.add(HalfCycleKey(found[1].decode(), int(found[2])))
        return half_cycles
