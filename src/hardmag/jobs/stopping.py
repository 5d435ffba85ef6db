"""When a worker has to set its work aside: a signal, the end of its time, a batch taken over by another."""

import signal
import threading
import time
from contextlib import contextmanager

SIGNALS = (signal.SIGTERM, signal.SIGUSR1)  # of SLURM: time limit, preemption, scancel
SHARE = 0.9  # of the time limit: the rest is for writing down what is in flight


class Stop:
    """reason: why to stop, None while there is no reason. Called, it says whether there is one."""

    def __init__(self, time_limit_s=None, also=lambda: None):
        """also(): another reason, or None."""
        self.signal_reason, self._also = None, also
        self._deadline = None if time_limit_s is None else time.monotonic() + SHARE * time_limit_s

    @property
    def reason(self):
        if self.signal_reason is not None:
            return self.signal_reason
        if self._deadline is not None and time.monotonic() > self._deadline:
            return f"{SHARE:.0%} of the job's time is over"
        return self._also()

    def __call__(self):
        return self.reason is not None

    def _hear(self, number, _):
        self.signal_reason = f"told to stop ({signal.Signals(number).name})"


@contextmanager
def stop_heard(time_limit_s=None, also=lambda: None):
    """A Stop that hears signals; outside the main thread, where Python hears none, only the others."""
    stop = Stop(time_limit_s, also)
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = {number: signal.signal(number, stop._hear) for number in SIGNALS}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
