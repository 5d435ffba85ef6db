"""Snakemake's steps as lines of JSON, for `hardmag run` and `hardmag status` (hardmag/control/steps.py reads them).

snakemake --logger hardmag --logger-hardmag-journal results/<campaign>/progress.jsonl; Snakemake finds the plugin by this
module's name. Every job imports it: the standard library and the plugins' interface only.
"""

import json
import time
from dataclasses import dataclass, field
from pathlib import Path

from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent
from snakemake_interface_logger_plugins.settings import LogHandlerSettingsBase


@dataclass
class LogHandlerSettings(LogHandlerSettingsBase):
    """Its options on Snakemake's command line: --logger-hardmag-journal."""

    journal: Path | None = field(default=None, metadata={"help": "File to append to.", "required": True, "type": Path})


class LogHandler(LogHandlerBase):
    """Appends the events of a run. Snakemake's own log stays as it is; a dry run leaves nothing."""

    writes_to_stream = False  # else Snakemake would not write its own log
    writes_to_file = False  # a journal, not a log: Snakemake does not name it as such
    has_filter = True
    has_formatter = True
    needs_rulegraph = False

    def __post_init__(self):
        self._file = None
        self._remote = False

    def emit(self, record):
        """Write one record, if it is of the run's steps."""
        if self.common_settings.dryrun:
            return
        try:
            content = self._content(getattr(record, "event", None), record)
            if content is not None:
                self._write({"t": round(record.created, 3)} | content)
        except OSError:
            self.handleError(record)  # a full disk, say: told in Snakemake's log, as logging does

    def _content(self, event, record):
        if event == LogEvent.RESOURCES_INFO and hasattr(record, "nodes"):
            self._remote = True
        elif event == LogEvent.RUN_INFO:
            rules = {rule: count for rule, count in record.stats.items() if rule != "total"}
            return {"event": "run", "rules": rules, "remote": self._remote}
        elif event == LogEvent.JOB_INFO:
            what = " ".join(str(value) for value in record.wildcards.values() if value)
            return {"event": "job", "id": record.jobid, "rule": record.rule_name, "what": what}
        elif event == LogEvent.JOB_FINISHED:
            return {"event": "finished", "id": record.job_id}
        elif event == LogEvent.JOB_ERROR:
            return {"event": "failed", "id": record.jobid}
        elif event == LogEvent.PROGRESS:
            return {"event": "progress", "total": record.total}
        return None

    def _write(self, content):
        if self._file is None:
            self._file = open(self.settings.journal, "a")  # noqa: SIM115 — closed by close()
            self._file.write("\n")  # a run that was killed may have left half a line
        self._file.write(json.dumps(content) + "\n")
        self._file.flush()

    def close(self):
        """Say that the run is over, and close the file."""
        if self._file is not None and not self._file.closed:
            self._write({"t": round(time.time(), 3), "event": "end"})
            self._file.close()
        super().close()
