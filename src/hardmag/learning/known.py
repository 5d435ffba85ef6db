"""What a closed loop knows: rows of the dataset that it learns from, where it looks, and goals that nothing is learned for."""

from dataclasses import dataclass
from functools import partial

import numpy as np

from hardmag.campaign.design import samples_of
from hardmag.errors import UserError
from hardmag.learning.acquisition import goals_of
from hardmag.learning.space import SearchSpace
from hardmag.nanostructures import KINDS

MIN_GROUPS = 4  # nanostructures, for networks to have some to learn from, to end on and to be judged on


@dataclass(frozen=True)
class Known:
    """Rows that can be learned from. row (n,) in the table; x (n, f) features; y (n, t) of `targets`; wanted (n, g): values of
    the goals; groups (n,): nanostructures; filling (n,) bool: of the campaign's own design or of the share that fills the
    space."""

    row: np.ndarray
    x: np.ndarray
    y: np.ndarray
    targets: tuple
    wanted: np.ndarray
    groups: np.ndarray
    filling: np.ndarray


def known_rows(table, kind, space, goals, exact=()):
    """Known of a dataset's table: accepted rows with finite features, targets and goals. kind: name of its nanostructures'
    kind, whose targets are learned, and of the goals the columns that are not in `exact`. Raises UserError for fewer than
    MIN_GROUPS nanostructures."""
    wanted = [goal.target for goal in goals_of(goals).values()]
    targets = tuple(dict.fromkeys([*targets_of(kind), *(name for name in wanted if name not in exact)]))
    missing = sorted({*space.parameters, *targets, *wanted} - table.keys())
    if missing:
        raise UserError(f"active_learning: the dataset has no column {missing[0]}")
    x, y, values = space.features(table), _columns(table, targets), _columns(table, wanted)
    finite = np.isfinite(np.concatenate([x, y, values], axis=1)).all(axis=1)
    row = np.flatnonzero((table["status"] == "accepted") & finite)
    groups = space.groups({name: table[name][row] for name in space.parameters}) if len(row) else np.empty(0, int)
    found = len(np.unique(groups))
    if found < MIN_GROUPS:
        raise UserError(f"active_learning: {found} accepted nanostructures with a coercivity, at least {MIN_GROUPS} are needed")
    filling = np.isin(column_or(table, "origin", "design")[row], ("design", "space_filling"))
    return Known(row, x[row], y[row], targets, values[row], groups, filling)


def targets_of(kind):
    """What is learned of a kind in any case: what its surrogates learn, or the coercivity."""
    learned = KINDS[kind].learned()
    return learned.targets if learned else ("mu0_Hc_T",)


def _columns(table, names):
    return np.stack([table[name].astype(float) for name in names], axis=1) if names else np.empty((len(table["status"]), 0))


def column_or(table, name, default):
    """A column that the campaign's own dataset does not have."""
    return table.get(name, np.full(len(table["status"]), default))


def search_space(campaign, settings):
    """Where a loop of these settings, active_learning as plain values, looks for samples."""
    parameters = campaign.model_dump(mode="json")["design"]["parameters"] | settings["parameters"]
    return SearchSpace(parameters, ("alpha_deg", *campaign.nanostructure_kind.measured_by))


def possible_in(campaign):
    """Function of a list of designs → (n,) bool: whether each can be a sample of the campaign."""

    def possible(designs):
        return np.array([not isinstance(sample, str) for sample in samples_of(campaign, designs)], dtype=bool)

    return possible


def exact_goals(campaign, space, goals):
    """{column: function of designs → (n,)} of the goals' columns that follow from the parameters of a nanostructure; NaN where
    it is impossible. Nothing has to be learned for them."""

    def values(column, designs):
        samples = samples_of(campaign, designs)
        return np.array([np.nan if isinstance(sample, str) else _described(sample)[column] for sample in samples])

    one = samples_of(campaign, space.designs(space.fill(possible_in(campaign), 1, 0, campaign.seed)))
    known = _described(one[0]) if one else {}
    return {g.target: partial(values, g.target) for g in goals_of(goals).values() if g.target in known}


def _described(sample):
    return sample.structure.values()
