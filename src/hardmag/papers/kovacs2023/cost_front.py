"""What coercivity costs: grains of largest µ0Hc at least cost, after Kovacs et al. 2023, Fig. 13, with intervals.

The paper's two fronts have (Nd_x(Ce¾La¼)1−x)2Fe14B in core and shell, and a soft layer that is 5 nm thick or free; beyond it
there are the same with Pr and Co. Intervals are of the surrogate alone, for what a simulation of a grain would give, and of
what follows where K1 and Ms of core and shell are known from their composition only, carried through the surrogate: as the fits
to bootstrap samples spread, and as measurements scatter (CV+). K1 < 0, no easy axis, counts as 0. A is the model's: no errors
of it are known. Those of core and shell know nothing of each other, but for the bootstrap sample that both are of.
"""

from dataclasses import dataclass

import numpy as np
from pymoo.algorithms.moo.nsga2 import NSGA2
from pymoo.core.problem import Problem
from pymoo.optimize import minimize
from pymoo.util.nds.non_dominated_sorting import NonDominatedSorting

from hardmag.errors import UserError
from hardmag.materials.composition import Composition
from hardmag.materials.price import costs_per_cm3
from hardmag.nanostructures.composed import SHARES, shares_at
from hardmag.nanostructures.coreshell import COMPOSED
from hardmag.surrogates.comparison import cross_validate
from hardmag.surrogates.models import fit
from hardmag.surrogates.rows import rows_of
from hardmag.surrogates.variables import Variables

HC = "mu0_Hc_T"
MODEL = "gaussian_process"
EDGES, THIN = ("a_nm", "b_nm", "c_nm"), ("shell_nm", "layer_nm")
DRAWN = ("K1_MJ_per_m3", "mu0_Ms_T")
WAYS = ("spread", "measurement")
PER_MILLE = 1e-3  # to which shares of designs are cut
SIGMAS = 1.959964  # half of the 95 % of a normal distribution


@dataclass(frozen=True)
class Front:
    """layer_nm: None where it is free; elements: that core and shell may have beside those of the base composition, and Fe."""

    layer_nm: float | None
    elements: tuple[str, ...]


FRONTS = {
    "fixed": Front(5.0, ("Nd",)),
    "free": Front(None, ("Nd",)),
    "fixed_any": Front(5.0, ("Nd", "Pr", "Co")),
    "free_any": Front(None, ("Nd", "Pr", "Co")),
}


@dataclass(frozen=True)
class Forward:
    """µ0Hc of grains whose core and shell have compositions. model: of all rows; half_width_T: half its 95 % interval;
    scores: {R2, RMSE, coverage} on grains left out in turn; rows: how many it has learned from."""

    variables: Variables
    model: object
    half_width_T: float
    scores: dict
    rows: int

    def coercivity_T(self, values):
        """(n,) of values (n, k), in the order of variables.numbers."""
        return self._predicted(self.variables.columns_at(values))

    def _predicted(self, columns):
        x = np.stack([columns[name] for name in self.variables.features], axis=1)
        return self.model.predict(x).mean[:, 0]

    def with_constants(self, columns, constants):
        """(n,) with other K1, Ms of core and shell than follow from their compositions. columns: {column: (n,)} of the designs;
        constants: {column: (n,)}."""
        kept = {*self.variables.names, *self.variables.fixed, *(f"{phase}_A_pJ_per_m" for phase in COMPOSED)}
        found = {name: column for name, column in columns.items() if name in kept} | constants
        for name, rule in self.variables.learned.follows.items():
            if name not in found and found.keys() >= {*rule.of}:
                found[name] = rule.function(found)
        return self._predicted(found)

    def shares(self, phase, columns):
        """(n, 8) of a phase, in the order of ELEMENTS."""
        given = {element: columns[key] for element in SHARES if (key := f"{phase}_{element}") in columns}
        return shares_at(self.variables.fixed[f"{phase}_composition"], given, len(columns["layer_nm"]))


def fit_forward(table, seed):
    """Forward of a table of core/shell grains with compositions. UserError where they have none, or too few rows."""
    rows = rows_of(in_cells(table), "coreshell")
    lacking = [phase for phase in COMPOSED if f"{phase}_composition" not in rows.variables.fixed]
    if lacking:
        raise UserError(f"dataset: the {lacking[0]} has no composition by the model of this hardmag, the same in all grains")
    (variant,) = cross_validate(rows, MODEL, seed=seed, trials=1, epochs=1)["variants"]
    found = variant["grouped"][HC]
    scores = {"R2": found["R2"], "RMSE": found["MSE"] ** 0.5, "coverage": found["coverage"]["overall"]}
    half = found["half_width_by_angle"]["any"]
    if half is None:
        raise UserError(f"dataset: {len(rows.x)} grains are too few for a 95 % interval")
    model = fit(MODEL, rows.x, rows.y, rows.geometry, targets=rows.targets, seed=seed)
    return Forward(rows.variables, model, half, scores, len(rows.x))


def in_cells(table):
    """The table with the lengths that were simulated, in whole cells: the surrogate need not learn how they are rounded."""
    cell = table["cell_nm"]
    cells = {name: np.round(table[name] / cell) for name in THIN}
    for name in EDGES:
        core = np.maximum(1, np.round((table[name] - 2 * table["shell_nm"]) / cell))
        cells[name] = core + 2 * cells["shell_nm"]
    return table | {name: count * cell for name, count in cells.items()}


@dataclass(frozen=True)
class Space:
    """Designs of a front. numbers: order of their values; ranges: {number: (least, largest)} of the free ones; fixed: {number:
    value} of the others."""

    numbers: tuple[str, ...]
    ranges: dict
    fixed: dict
    cell_nm: float

    @classmethod
    def of(cls, front, variables, ranges, given, cell_nm=1.0):
        """ranges: {parameter: (least, largest)} of the data; given: {parameter: value} that all grains share."""
        left_out = {f"{phase}_{element}" for phase in COMPOSED for element in SHARES if element not in front.elements}
        fixed = {name: 0.0 for name in variables.numbers if name in left_out}
        fixed |= {name: given[name] for name in variables.numbers if name not in ranges}
        if front.layer_nm is not None:
            fixed["layer_nm"] = front.layer_nm
        free = {name: ranges[name] for name in variables.numbers if name not in fixed}
        return cls(variables.numbers, free, fixed, cell_nm)

    def values(self, u):
        """(n, k) at points u (n, free numbers) of the unit cube. Lengths are whole cells; where Nd and Pr together exceed the
        rare earths they are made less in proportion."""
        found = {name: np.full(len(u), value) for name, value in self.fixed.items()}
        for (name, (low, high)), c in zip(self.ranges.items(), np.asarray(u).T, strict=True):
            found[name] = low + c * (high - low)
            if name.endswith("_nm"):
                found[name] = np.round(found[name] / self.cell_nm) * self.cell_nm
        for phase in COMPOSED:
            names = [name for element in ("Nd", "Pr") if (name := f"{phase}_{element}") in self.ranges]
            total = np.maximum(sum(found[name] for name in names), 1) if names else 1
            for name in names:
                found[name] = found[name] / total
        for name in self.ranges.keys() - {*EDGES, *THIN}:
            found[name] = np.floor(found[name] / PER_MILLE + 1e-6) * PER_MILLE
        return np.stack([found[name] for name in self.numbers], axis=1)


@dataclass(frozen=True)
class Costs:
    """Of the metals in 1 cm³ of a grain with its layer. layer: cost of 1 cm³ of the layer, None for that of the shell."""

    prices: object
    currency: str = "JPY"
    layer: float | None = None

    def elements(self, bases):
        """All that phases of some front have. bases: formulas of core and shell."""
        found = [element for front in FRONTS.values() for element in front.elements]
        found += [element for text in bases for element in Composition.parse(text).mass_fractions]
        return tuple(dict.fromkeys(found))

    def check(self, bases):
        """Raise UserError for one of them that has no price."""
        for element in self.elements(bases):
            self.prices.per_kg(element, self.currency)

    def per_cm3(self, forward, values):
        """(n,) of values (n, k)."""
        columns = forward.variables.columns_at(values)
        core, shell = (costs_per_cm3(forward.shares(phase, columns), self.prices, self.currency) for phase in COMPOSED)
        share = volume_shares(columns)
        layer = shell if self.layer is None else self.layer
        return share["core"] * core + share["shell"] * shell + share["layer"] * layer


def volume_shares(columns):
    """{phase: (n,)} of core, shell and layer, which sum to 1."""
    core, grain, whole = (
        np.prod([columns[name] + 2 * thickness for name in EDGES], axis=0)
        for thickness in (-columns["shell_nm"], 0, columns["layer_nm"])
    )
    return {"core": core / whole, "shell": (grain - core) / whole, "layer": 1 - grain / whole}


def search(forward, costs, space, *, seed, population=200, generations=200):
    """(values (p, k) of the final population, whether each is on the front (p,)) of NSGA-II, for large µ0Hc at little cost."""

    class Goals(Problem):
        def _evaluate(self, u, out):
            values = space.values(u)
            out["F"] = np.column_stack([-forward.coercivity_T(values), costs.per_cm3(forward, values)])

    problem = Goals(n_var=len(space.ranges), n_obj=2, xl=0.0, xu=1.0)
    last = minimize(problem, NSGA2(pop_size=population), ("n_gen", generations), seed=seed).pop
    best = np.zeros(len(last), dtype=bool)
    best[NonDominatedSorting().do(last.get("F"), only_non_dominated_front=True)] = True
    return space.values(last.get("X")), best


def intervals(forward, model, values, *, draws, seed):
    """{"surrogate", "spread", "measurement": (low (n,), high (n,))}, 95 %, of µ0Hc of values (n, k).

    surrogate: of a simulation with K1 and Ms as the composition model has them. The others push draws of K1 and Ms of core
    and shell through the surrogate (see `drawn`), and add its errors.
    """
    rng, columns = np.random.default_rng(seed), forward.variables.columns_at(values)
    mean, n = forward.coercivity_T(values), len(values)
    found = {"surrogate": (np.maximum(mean - forward.half_width_T, 0), mean + forward.half_width_T)}
    noise = forward.half_width_T / SIGMAS * rng.standard_normal((draws, 1))
    repeated = {name: np.tile(column, draws) for name, column in columns.items()}
    for way in WAYS:
        constants = {name: value.ravel() for name, value in drawn(forward, model, columns, way, draws, rng).items()}
        pushed = np.maximum(forward.with_constants(repeated, constants).reshape(draws, n) + noise, 0)
        found[way] = tuple(np.quantile(pushed, (0.025, 0.975), axis=0))
    return found


def drawn(forward, model, columns, way, draws, rng):
    """{column: (draws, n)} of K1 and µ0Ms of core and shell of designs ({column: (n,)}). way: 'spread', of the fits to
    bootstrap samples, or 'measurement', as measurements scatter around the model."""
    picked, found, T_K = rng.integers(len(model.bootstrap.Tc_K.coefficients), size=draws), {}, columns["temperature_K"]
    for phase in COMPOSED:
        shares = forward.shares(phase, columns)
        if way == "spread":
            own = {name: members[picked] for name, members in model.spread(shares, T_K).items()}
        else:
            own = measured_constants(model, shares, T_K, draws, rng)
        found |= {f"{phase}_{name}": np.maximum(own[name], 0) for name in DRAWN}
    return found


def measured_constants(model, shares, T_K, draws, rng):
    """{constant: (draws, n)} as measurements of compositions (n, 8) may have them, by CV+ (see IntrinsicModel.interval): the
    model of a fold, off by what it was off from a row that the fold had left out, up or down."""
    near, found = model.has_family(shares), {}
    for scheme, chosen in (("composition", near), ("family", ~near)):
        left_out = model.left_out[scheme]
        members = left_out.chain.at(model.physics, shares, T_K)
        for name in DRAWN:
            fold, error = left_out.errors[name]
            row, sign = rng.integers(len(error), size=draws), rng.choice((-1.0, 1.0), size=draws)
            own = members[name][fold[row]] + (sign * error[row])[:, None]
            found[name] = np.where(chosen, own, found.get(name, 0.0))
    return found


def along(coercivity_T, count):
    """Indices of `count` designs, or fewer, that part the range of µ0Hc (n,) evenly, both ends among them."""
    wanted = np.linspace(coercivity_T.min(), coercivity_T.max(), count)
    return np.unique([np.abs(coercivity_T - one).argmin() for one in wanted])
