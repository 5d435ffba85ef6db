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
            "gain in predicted µ0Hc (T) by a free layer at the same cost, median over the front, > 0",
            gain(fixed["designs"], free["designs"], data["forward"]["half_width_T"]),
            (0.0, inf),
        ),
    ]


def gain(front, better, half_width_T):
    """(value, low, high) of the µ0Hc (T) that a better front has more at the same cost, median over the costs of both.

    low, high: if the surrogate were wrong by half_width_T on both, against each other.
    """
    (cost, Hc), (own_cost, own_Hc) = ((np.asarray(one["cost"]), np.asarray(one["mu0_Hc_T"])) for one in (front, better))
    costs = np.linspace(max(cost.min(), own_cost.min()), min(cost.max(), own_cost.max()), 50)
    more = [own_Hc[own_cost <= most + 1e-9].max() - Hc[cost <= most + 1e-9].max() for most in costs]
    value = float(np.median(more))
    return value, value - 2 * half_width_T, value + 2 * half_width_T


def _without_Nd(designs, half_width_T):
    reached = np.asarray(designs["mu0_Hc_T"])[np.asarray(designs["core_Nd"]) < NO_ND]
    most = float(reached.max()) if len(reached) else nan
    return most, most - half_width_T, most + half_width_T


def _row(where, says, statistic, numbers, claimed):
    value, low, high = numbers
    told = {"value": value, "low": low, "high": high, "claimed": claimed, "verdict": verdict(low, high, claimed)}
    return {"where": where, "says": says, "statistic": statistic} | told
