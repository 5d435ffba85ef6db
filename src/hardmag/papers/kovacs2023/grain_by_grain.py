"""Polycrystals by the reduced-order model and by full micromagnetics, grain by grain (Kovacs et al. 2023, Fig. 15).

Of benchmarks/reduced_order_validation.json: {"magnets": {"grains", "misalignment_deg"}, "polycrystals": {name:
{"structure_seed", "grain_size_nm", "boundary_nm", "full": {"mu0_Hc_T", "switching_T", "step_T"}, "model": {"mu0_Hc_T",
"switching_T"}}}}, and likewise "polycrystals_in_2_nm", where switching_T has for each grain −µ0H in T at which its moment is
first seen reversed, null where it is not up to the end.
"""

from dataclasses import dataclass

import numpy as np

from hardmag.nanostructures import Polycrystal

CELLS_NM = {"polycrystals": 1.0, "polycrystals_in_2_nm": 2.0}  # of full micromagnetics, the finest first
SHARES = (0.25, 0.5, 0.75)  # of the grains that full micromagnetics has reversed at the three fields of the comparison


@dataclass(frozen=True)
class Pair:
    """One structure of g grains by both. model_T, full_T: switching fields (g,), positive, inf where a grain does not switch;
    moment: of each grain along the field over that of all, upright; step_T, cell_nm: field step and cells of full
    micromagnetics."""

    name: str
    grain_size_nm: float
    model_T: np.ndarray
    full_T: np.ndarray
    model_Hc_T: float
    full_Hc_T: float
    moment: np.ndarray
    step_T: float
    cell_nm: float

    @property
    def first_is_late_by_T(self):
        """How much later than the first grain of full micromagnetics that grain switches there which is first in the model."""
        return float(self.full_T[self.model_T.argmin()] - self.full_T.min())

    @property
    def Hc_ratio(self):
        """µ0Hc of the model over that of full micromagnetics."""
        return self.model_Hc_T / self.full_Hc_T

    def fields_T(self):
        """Three applied fields, at which full micromagnetics has reversed SHARES of the grains, or just more: half way to where
        it reverses the next, for at the field of an avalanche the least difference tells all of it apart."""
        events, count = np.unique(self.full_T[np.isfinite(self.full_T)]), len(self.full_T)
        fields = (events + np.append(events[1:], events[-1])) / 2
        there = [(self.full_T <= field).sum() for field in fields]
        return [float(fields[min(np.searchsorted(there, share * count), len(fields) - 1)]) for share in SHARES]

    def reversed_at(self, field_T):
        """(by the model, by full micromagnetics, by both): how many grains are."""
        ours, theirs = self.model_T <= field_T, self.full_T <= field_T
        return int(ours.sum()), int(theirs.sum()), int((ours & theirs).sum())

    def shared(self):
        """Of the grains that either has reversed at the three fields, the smallest share that both have."""
        found = [self.reversed_at(field) for field in self.fields_T()]
        return min(both / max(ours, theirs) for ours, theirs, both in found)

    def curve(self, switching_T):
        """(mu0_H_T, m) from the reversals alone, without what the moments turn before: steps, from upright grains."""
        there = np.isfinite(switching_T)
        order = np.argsort(switching_T[there], kind="stable")
        after = 1 - 2 * np.cumsum(self.moment[there][order])
        return -switching_T[there][order], after

    def apart(self):
        """Mean of |m of the model − m of full micromagnetics| over the fields between the first and the last reversal of full
        micromagnetics, from the reversals alone; m of upright grains is 1."""
        last = self.full_T[np.isfinite(self.full_T)].max()
        fields = np.linspace(self.full_T.min(), last, 2001)
        m = [1 - 2 * (self.moment * (own <= fields[:, None])).sum(1) for own in (self.model_T, self.full_T)]
        return float(np.abs(m[0] - m[1]).mean())


def pairs_of(data):
    """Pairs of what the JSON file holds of polycrystals, each in the finest cells that there are; none where it holds none."""
    found = {}
    for section, cell_nm in CELLS_NM.items():
        for name, row in data.get(section, {}).items():
            found.setdefault(name, _pair(name, row, data["magnets"], cell_nm))
    return [found[name] for name in sorted(found)]


def _pair(name, row, magnets, cell_nm):
    structure = {key: row[key] for key in ("structure_seed", "grain_size_nm", "boundary_nm")}
    grains = Polycrystal(**magnets, **structure).build(np.random.default_rng(0))
    moment = grains.volumes * np.abs(grains.axis[:, 2])
    fields = [np.array([np.inf if H is None else H for H in row[by]["switching_T"]]) for by in ("model", "full")]
    coercivities = [row[by]["mu0_Hc_T"] for by in ("model", "full")]
    return Pair(name, row["grain_size_nm"], *fields, *coercivities, moment / moment.sum(), row["full"]["step_T"], cell_nm)
