"""Compositions with a wanted K1 and Ms at a temperature, found by NSGA-II as in Kovacs et al. 2023, section 2.1.3.

Two properties do not fix the shares of seven elements, so that the answer is a set of compositions. Searches with different
seeds end at different ones, and are pooled. Shares are multiples of 0.01 from the beginning: each composition that was looked
at can be an answer as it is.
"""

from dataclasses import dataclass

import numpy as np
from pymoo.algorithms.moo.nsga2 import NSGA2
from pymoo.core.problem import Problem
from pymoo.optimize import minimize

from hardmag.errors import UserError
from hardmag.intrinsic.answer import NOTATION, Described, checked_temperature, describe
from hardmag.intrinsic.limits import STEPS, TARGETS, Limits, Space, composition, simplex
from hardmag.materials.composition import ELEMENTS
from hardmag.materials.intrinsic import IntrinsicModel, apart
from hardmag.materials.price import PriceTable

MET = 0.1  # largest miss of an answer that is met, in units of the objectives
APART = (0.2, 0.1, 0.05)  # between answers, atoms of R and of T to be replaced: the first at which there are enough
WIDER = 2  # searches without the limits, where nothing within them is what was wanted
SEARCHES, POPULATION, GENERATIONS = 5, 50, 40


@dataclass(frozen=True)
class Answer:
    """A composition that was found. misses: {target: predicted less wanted}; met: whether all are within the tolerance."""

    described: Described
    misses: dict[str, float]
    met: bool


@dataclass(frozen=True)
class Found:
    """Answers to {target: wanted value} at a temperature.

    answers: distinct compositions; those that are met first, by cost and then by distance to the data, and the others by how
    near they come. tolerance: {target: largest miss of what is met}. refusal: one line where none is met, or None.
    """

    wanted: dict[str, float]
    temperature_K: float
    answers: tuple[Answer, ...]
    tolerance: dict[str, float]
    refusal: str | None

    def to_dict(self) -> dict:
        """As JSON has it."""
        return {
            "wanted": self.wanted,
            "temperature_K": self.temperature_K,
            "tolerance": self.tolerance,
            "refusal": self.refusal,
            "answers": [{"met": a.met, "misses": a.misses} | a.described.to_dict() for a in self.answers],
        }

    def __str__(self) -> str:
        lines = [line for number, answer in enumerate(self.answers, start=1) for line in _lines(number, answer)]
        within = " and ".join(f"{most:.2g} {NOTATION[target][1]}" for target, most in self.tolerance.items())
        met = sum(answer.met for answer in self.answers)
        return "\n".join(
            [
                *lines,
                f"{met} of {len(self.answers)} have predictions within {within}",
                "in brackets: the 95 % interval of a measurement in another laboratory",
            ]
        )


def find_compositions(model: IntrinsicModel, T_K, wanted, limits: Limits, prices: PriceTable, count=5, seed=1) -> Found:
    """At most `count` compositions that a model predicts to have what is wanted at T_K.

    wanted: {"K1_MJ_per_m3": …, "mu0_Ms_T": …}. Objectives are the squared misses in units of the model's root mean square error
    on compositions that it was not fitted to, which is not much more than what laboratories differ by. The same seed gives
    the same answers. UserError for what cannot be asked for.
    """
    space = Space(model, checked_temperature(T_K), limits, prices)
    query = _checked(wanted)
    errors = model.left_out["composition"].errors
    unit = np.array([np.sqrt(np.mean(errors[target][1] ** 2)) for target in TARGETS])
    steps, predicted, excess = _looked_at(space, query, unit, seed, SEARCHES)
    asked = dict(zip(TARGETS, query.tolist(), strict=True)), space.T_K
    tolerance = dict(zip(TARGETS, (MET * unit).tolist(), strict=True))
    kept = (excess <= 0).all(axis=1)
    if not kept.any():
        return Found(*asked, (), tolerance, _impossible(space, steps, excess))
    steps, misses = steps[kept], predicted[kept] - query
    met = (np.abs(misses) <= MET * unit).all(axis=1)
    chosen = _chosen(space, steps, np.linalg.norm(misses / unit, axis=1), met, count)
    answers = tuple(
        Answer(
            describe(model, composition(steps[i]), space.T_K, prices),
            dict(zip(TARGETS, misses[i].tolist(), strict=True)),
            bool(met[i]),
        )
        for i in chosen
    )
    refusal = None if met.any() else _out_of_reach(space, answers[0], query, unit, seed)
    return Found(*asked, answers, tolerance, refusal)


def _checked(wanted):
    """(2,) in the order of TARGETS."""
    if set(wanted) != set(TARGETS):
        raise UserError(f"wanted: must hold {' and '.join(TARGETS)}, got {', '.join(wanted) or 'nothing'}")
    for target in TARGETS:
        if not 0 < wanted[target] < np.inf:
            symbol, unit, _ = NOTATION[target]
            raise UserError(f"wanted: {symbol} = {wanted[target]:g} {unit} must be a finite number > 0")
    return np.array([float(wanted[target]) for target in TARGETS])


def _looked_at(space, query, unit, seed, searches):
    """All compositions that the searches looked at, each once: their steps (n, 8), what is predicted of them (n, 2), and by how
    much they break the limits (n, limits)."""
    seen, columns = [], [ELEMENTS.index(element) for element in space.elements]

    def composed(u):
        weights = np.zeros((len(u), len(ELEMENTS)))
        weights[:, columns] = u
        return simplex(weights, space.most)

    class Misses(Problem):
        def _evaluate(self, u, out):
            steps = composed(u)
            values = space.values(steps)
            predicted, excess = np.stack([values[target] for target in TARGETS], axis=1), space.excess(steps, values)
            out["F"], out["G"] = ((predicted - query) / unit) ** 2, excess
            seen.append((steps, predicted, excess))

    problem = Misses(n_var=len(columns), n_obj=len(TARGETS), n_ieq_constr=len(space.rules), xl=0.0, xu=1.0)
    for search in range(searches):
        rng = np.random.default_rng([seed, search])
        powers = rng.choice([0.5, 1, 3, 8], size=(POPULATION, 1))  # compositions of many elements, and of few
        first = rng.random((POPULATION, len(columns))) ** powers
        algorithm = NSGA2(pop_size=POPULATION, sampling=first)
        minimize(problem, algorithm, ("n_gen", GENERATIONS), seed=int(rng.integers(2**31)))
    found = [np.concatenate(parts) for parts in zip(*seen, strict=True)]
    once = np.unique(found[0], axis=0, return_index=True)[1]
    return tuple(part[once] for part in found)


def _chosen(space, steps, miss, met, count):
    """Indices of distinct compositions in the order of Found."""
    near = np.flatnonzero(met)
    order = near[np.lexsort((space.model.distance(steps[near] / STEPS), space.costs(steps[near])))] if near.size else near
    for least in APART:
        chosen = _distinct(steps, order, [], count, least)
        if len(chosen) == count:
            return chosen
    others = np.argsort(np.where(met, np.inf, miss), kind="stable")[: (~met).sum()]
    return _distinct(steps, others, chosen, count, APART[-1])


def _distinct(steps, order, chosen, count, least):
    """`chosen` and those that follow in the order, each at least `least` from all before it."""
    chosen, shares = list(chosen), steps / STEPS
    left = order
    for one in chosen:
        left = left[apart(shares[left], shares[[one]])[:, 0] >= least - 1e-9]
    while left.size and len(chosen) < count:
        chosen.append(int(left[0]))
        left = left[apart(shares[left], shares[left[:1]])[:, 0] >= least - 1e-9]
    return chosen


def _impossible(space, steps, excess):
    """That no composition keeps the limits, and which the nearest breaks."""
    nearest = steps[space.breach(steps, excess).argmin()]
    broken = ", ".join(space.broken(nearest))
    return f"no composition was found within the limits; the nearest, {composition(nearest)}, breaks: {broken}"


def _out_of_reach(space, answer, query, unit, seed):
    """How near the nearest answer comes, and what keeps it there: which limits the composition breaks that would have it."""
    values = {target: answer.described.properties[target] for target in TARGETS}
    wanted = dict(zip(TARGETS, query.tolist(), strict=True))
    within = all(value.holds(wanted[target]) for target, value in values.items())
    had = _words({target: value.value for target, value in values.items()})
    said = (
        f"no composition is predicted to have {_words(wanted)} at {space.T_K:g} K; the nearest, "
        f"{answer.described.composition}, has {had}, with what is wanted {'within' if within else 'outside'} "
        "its 95 % intervals; "
    )
    widest = space.widest()
    if widest.limits == space.limits:
        return f"{said}the model reaches no nearer with {widest.rules[0][0]}"
    steps, predicted, excess = _looked_at(widest, query, unit, seed, WIDER)
    reached = (excess <= 0).all(axis=1) & (np.abs(predicted - query) <= MET * unit).all(axis=1)
    if not reached.any():
        return f"{said}nor would any of the model's elements with {widest.rules[0][0]} have it"
    steps = steps[reached]
    least = steps[space.breach(steps, space.excess(steps, space.values(steps))).argmin()]
    return f"{said}{composition(least)} would have it, but breaks: {', '.join(space.broken(least))}"


def _words(values):
    return " and ".join(f"{NOTATION[t][0]} = {values[t]:.{NOTATION[t][2]}f} {NOTATION[t][1]}" for t in TARGETS)


def _lines(number, answer):
    described = answer.described
    K1, Ms, Tc = (described.properties[name] for name in (*TARGETS, "Tc_K"))
    cost = "no price" if described.cost is None else f"{described.cost.value:.3g} {described.cost.currency}/cm³"
    marks = [*["far"] * described.far, *(f"{element} measured once" for element in described.measured_once)]
    return [
        f"{number:2d}  {str(described.composition):50s} {cost}" + ("" if answer.met else "  (not met)"),
        f"    K1 {K1.value:.2f} ({K1.interval[0]:.2f} to {K1.interval[1]:.2f}) MJ/m³, "
        f"µ0Ms {Ms.value:.3f} ({Ms.interval[0]:.2f} to {Ms.interval[1]:.2f}) T",
        ", ".join([f"    Tc {Tc.value:.0f} K, distance to the data {described.distance:.2f}", *marks]),
    ]
