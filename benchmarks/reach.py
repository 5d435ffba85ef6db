"""When a query is refused: the rule of inverse/reach.py beside others, on the dataset that comes with the project.

For each angle and Z set: how often a nanostructure's target is within reach of the others' alone, how often a simulated
target is refused that is asked for exactly, how much of the plane of Hc and Φp is taken to be reachable, how much of that
has no simulated target within the tolerances of a success, how often what lies clearly beyond all targets is refused, and
how far the nearest target is from a refused one. Writes benchmarks/reach.json. Run: python benchmarks/reach.py
"""

from pathlib import Path

import numpy as np
from common import write
from scipy.spatial import ConvexHull

import hardmag
from hardmag.dataset.read import read_table
from hardmag.files import sha256
from hardmag.inverse.designer import Designer
from hardmag.inverse.feasible import space_of
from hardmag.inverse.reach import NEIGHBOURS, QUANTILE, reach
from hardmag.inverse.success import is_success
from hardmag.papers.yang2024.columns import FEATURES, TARGETS, usable_rows
from hardmag.surrogates.models import Networks
from hardmag.surrogates.scaling import Scaler

DATASET = Path(__file__).parents[1] / "data" / "smco17-workstation.h5"
STEP = (0.1, 0.02)  # T and 1, of the grid of queries
GRID = np.stack(np.meshgrid(np.arange(0.5, 13, STEP[0]), np.arange(0, 1.001, STEP[1]), indexing="ij"), -1).reshape(-1, 2)
BEYOND = (0.5, 0.1)  # T and 1: clearly outside of all targets
CHECKED = 300  # queries on which the rule here and reach() must agree


def mean_distance(known, queries, count, skip=0):
    """(n,) mean distance to the nearest `count` of known targets, without the first `skip`."""
    distances = np.sort(np.linalg.norm(known[None] - queries[:, None], axis=2), axis=1)
    return distances[:, skip : skip + count].mean(axis=1)


def near(count, quantile):
    """The mean distance to some neighbours, at most a quantile of those that the targets have among each other."""

    def rule(scaler, known, queries):
        own, asked = scaler.transform(known), scaler.transform(queries)
        return mean_distance(own, asked, count) <= np.quantile(mean_distance(own, own, count, skip=1), quantile)

    return rule


def met(scaler, known, queries):
    """Some known target is a success for the query."""
    return is_success(known[None], queries[:, None], TARGETS).any(axis=1)


def hull(margin):
    """Within the convex hull of the targets, or at most `margin` standard deviations outside of each of its edges."""

    def rule(scaler, known, queries):
        edges = ConvexHull(scaler.transform(known)).equations
        return (scaler.transform(queries) @ edges[:, :2].T + edges[:, 2] <= margin).all(axis=1)

    return rule


def either(*rules):
    return lambda *given: np.any([rule(*given) for rule in rules], axis=0)


RULES = {
    "three nearest, 95 %, or a success": either(near(NEIGHBOURS, QUANTILE), met),  # that of reach.py
    "three nearest, 90 %, or a success": either(near(3, 0.90), met),
    "three nearest, 98 %, or a success": either(near(3, 0.98), met),
    "a success alone": met,
    "three nearest, 95 %": near(3, 0.95),
    "three nearest, 90 %": near(3, 0.90),
    "nearest, 95 %": near(1, 0.95),
    "five nearest, 95 %": near(5, 0.95),
    "convex hull": hull(0.0),
    "convex hull, 0.1 beyond": hull(0.1),
    "convex hull, 0.2 beyond": hull(0.2),
}
CHOSEN = next(iter(RULES))


def judged(rule, scaler, groups):
    """Figures of one rule over the groups: known targets (n, 2) of one angle and Z set, one of each nanostructure."""
    held_out, refused, area, far, beyond, steps = [], 0, [], [], [], []
    for known in groups:
        others = [np.delete(known, i, axis=0) for i in range(len(known))]
        alone = np.array([rule(scaler, rest, known[i : i + 1])[0] for i, rest in enumerate(others)])
        held_out.append(alone)
        refused += int((~rule(scaler, known, known)).sum())
        within = rule(scaler, known, GRID)
        area.append(within.sum() * STEP[0] * STEP[1])
        far.append(1 - met(scaler, known, GRID[within]).mean())
        low, high = known.min(axis=0) - BEYOND, known.max(axis=0) + BEYOND
        beyond.append(~within[((low > GRID) | (high < GRID)).any(axis=1)])
        for i in np.flatnonzero(~alone):
            distance = np.linalg.norm(scaler.transform(others[i]) - scaler.transform(known[i]), axis=1)
            steps.append(np.abs(others[i][distance.argmin()] - known[i]))
    return {
        "held_out_within_reach": float(np.concatenate(held_out).mean()),
        "own_targets_refused": refused,
        "area_T": float(np.mean(area)),
        "area_without_a_target_within_tolerance": float(np.mean(far)),
        "beyond_refused": float(np.concatenate(beyond).mean()),
        "refused_to_nearest_median": np.median(steps, axis=0).tolist() if steps else None,
        "refused_to_nearest_largest": np.max(steps, axis=0).tolist() if steps else None,
    }


def agrees_with_reach(rows, scaler):
    """That the rule written out here is that of reach.py: on queries drawn over the grid, at what groups have in common."""
    none = Networks((), Scaler.fit(rows.x), scaler)
    designer = Designer(rows.variables, rows.values, rows.level, rows.x, rows.y, none, {}, None, {})
    rng = np.random.default_rng(1)
    for query in GRID[rng.choice(len(GRID), CHECKED)] * (0.6, 0.6):  # where reach and refusal are about as frequent
        own = {"alpha_deg": rng.choice(np.unique(rows.x[:, 4])), "z_set": str(rng.choice(np.unique(rows.level)))}
        known = rows.y[(rows.x[:, 4] == own["alpha_deg"]) & (rows.level == own["z_set"])]
        found = reach(designer, space_of(designer.bounds, own), query)
        if found.reachable != RULES[CHOSEN](scaler, known, query[None])[0]:
            return False
    return True


def main():
    rows = usable_rows(read_table(DATASET))
    scaler, alpha = Scaler.fit(rows.y), rows.x[:, FEATURES.index("alpha_deg")]
    groups = [rows.y[(alpha == a) & (rows.level == z)] for a in np.unique(alpha) for z in np.unique(rows.level)]
    if not agrees_with_reach(rows, scaler):
        raise SystemExit(f"{CHOSEN} is not the rule of inverse/reach.py")
    write(
        "reach",
        {
            "hardmag_version": hardmag.__version__,
            "physics_version": int(hardmag.load_dataset(DATASET).attributes["physics_version"]),
            "dataset": DATASET.name,
            "dataset_sha256": sha256(DATASET),
            "groups": len(groups),
            "targets": len(rows.y),
            "beyond": BEYOND,
            "rules": {name: judged(rule, scaler, groups) for name, rule in RULES.items()},
        },
    )


if __name__ == "__main__":
    main()
