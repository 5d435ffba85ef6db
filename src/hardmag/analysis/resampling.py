"""Bootstrap over nanostructures. One nanostructure recurs over angles, Z sets and boxes, so its rows are not independent:
resampling rows would give intervals that are too narrow."""

import numpy as np


class Groups:
    """Rows by group, to draw whole groups with replacement."""

    def __init__(self, labels):
        """labels (n,): equal for rows of one group."""
        _, self._number, self._size = np.unique(labels, return_inverse=True, return_counts=True)
        self._row = np.argsort(self._number, kind="stable")
        self._start = np.concatenate([[0], np.cumsum(self._size)[:-1]])

    def __len__(self):
        return len(self._size)

    def draw(self, rng, count=None):
        """Row indices of `count` groups (default: as many as there are), drawn with replacement."""
        chosen = rng.integers(len(self), size=len(self) if count is None else count)
        size = self._size[chosen]
        first = np.repeat(self._start[chosen] - (np.cumsum(size) - size), size)
        return self._row[first + np.arange(size.sum())]
