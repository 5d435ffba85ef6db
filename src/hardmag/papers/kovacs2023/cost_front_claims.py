"""What Kovacs et al. 2023 say of their fronts of coercivity and cost (Fig. 13, sections 3.2 and 4), held against ours."""

from math import inf, nan

import numpy as np

from hardmag.papers.verdicts import verdict

NEAR_1_T = (0.8, 1.2)
NO_ND = 0.05  # share of Nd in the core below which it counts as free of it


def findings(data):
    """[{where, says, statistic, value, low, high, claimed, verdict}] of benchmarks/cost_front.json; NaN: no number."""
    fronts, exact = data["fronts"], data["resolution_T"]
    fixed, free = fronts["fixed"], fronts["free"]
    most = max(one["simulated_T"] for one in fixed["simulated"])
    (less, poor), (more, rich) = ((one["shell_Nd"], one["simulated_T"]) for one in data["shell_Nd"]["steps"])
    thinnest = free["thinnest_share"]
    return [
        _row(
            "sec. 3.2",
            "with a layer of 5 nm only about 1 T can be reached",
            "largest simulated µ0Hc (T) of the front, 0.8 … 1.2",
            (most, most - exact, most + exact),
            NEAR_1_T,
        ),
        _row(
            "sec. 3.2",
            "there more Nd in the shell does not increase it any more",
            f"gain in simulated µ0Hc (T) of the design with most, Nd in the shell from {less:.0%} to {more:.0%}, < 0.05",
            (rich - poor, rich - poor - exact, rich - poor + exact),
            (-inf, 0.05),
        ),
        _row(
            "sec. 4",
            "with a layer of 5 nm close to 1 T can be reached with a core without Nd",
            "largest predicted µ0Hc (T) of the front with < 5 % Nd in the core, > 0.8",
            _without_Nd(fixed["designs"], data["forward"]["half_width_T"]),
            (NEAR_1_T[0], inf),
        ),
        _row(
            "sec. 3.2",
            "with a free layer the final population consists mainly of the thinnest one",
            "share of it, > 0.5",
            (thinnest, thinnest, thinnest),
            (0.5, inf),
        ),
        _row(
            "sec. 3.2",
            "and the price efficiency improves clearly",
            "cost with a layer of 5 nm over that with a free one at the same µ0Hc, median, > 1",
            saving(fixed["designs"], free["designs"], data["forward"]["half_width_T"]),
            (1.0, inf),
        ),
    ]


def saving(dear, cheap, half_width_T):
    """(value, low, high) of the cost of one front over that of another at the same µ0Hc, median over what both reach.

    low, high: if the surrogate were wrong by half_width_T on both, against each other. NaN where they share no µ0Hc.
    """
    return tuple(_ratio(dear, cheap, shift) for shift in (0.0, half_width_T, -half_width_T))


def _ratio(dear, cheap, shift):
    """The ratio, if the dear front had `shift` (T) more, and the cheap one as much less."""
    reached = [np.asarray(front["mu0_Hc_T"]) + move for front, move in ((dear, shift), (cheap, -shift))]
    low, high = max(own.min() for own in reached), min(own.max() for own in reached)
    if low >= high:
        return nan
    levels = np.linspace(low, high, 50)
    costs = [_cheapest(own, np.asarray(front["cost"]), levels) for own, front in zip(reached, (dear, cheap), strict=True)]
    return float(np.median(costs[0] / costs[1]))


def _cheapest(reached, cost, levels):
    return np.array([cost[reached >= level - 1e-9].min() for level in levels])


def _without_Nd(designs, half_width_T):
    reached = np.asarray(designs["mu0_Hc_T"])[np.asarray(designs["core_Nd"]) < NO_ND]
    most = float(reached.max()) if len(reached) else nan
    return most, most - half_width_T, most + half_width_T


def _row(where, says, statistic, numbers, claimed):
    value, low, high = numbers
    told = {"value": value, "low": low, "high": high, "claimed": claimed, "verdict": verdict(low, high, claimed)}
    return {"where": where, "says": says, "statistic": statistic} | told
