"""What Kovacs et al. 2023 say of multigrain structures (sections 2.3.4 and 3.3, Figs 9, 15 and 16), held against our runs."""

from math import inf, nan

import numpy as np

from hardmag.papers.kovacs2023.grain_sizes import READINGS, mean_interval, of_reading, spread_ratio, weakest_step
from hardmag.papers.kovacs2023.single_cubes import RESOLUTION_T
from hardmag.papers.verdicts import verdict

VERY_WELL = 0.03  # of µ0Hc
VERY_GOOD = 0.1  # of M/Ms
EXPERIMENTS = (1.0, 1.5)  # N_eff of sintered magnets
SINTERED_NM = 6420.0
ALPHA = (0.545, 0.555)  # what is printed as 0.55
NEAR = 0.1  # of d and l


def cube_findings(cubes):
    """Of benchmarks/reduced_order_cubes.json."""
    off = np.array(cubes["published_errors_T"]) / cubes["full_T"]
    worst, exact = float(np.abs(off).max()), RESOLUTION_T["full"] / min(cubes["full_T"])
    drawn = np.percentile(cubes["drawn_optima"], [2.5, 97.5], axis=0).T
    rows = [
        _row(
            "sec. 2.3.4",
            "d = 1.44 and l = 1.24 reproduce the coercive fields of single cubes very well",
            f"largest error of µ0Hc over {len(off)} cubes, of µ0Hc, < {VERY_WELL:g}",
            (worst, worst - exact, worst + exact),
            (-inf, VERY_WELL),
        )
    ]
    for key, (low, high) in zip(("d", "l"), drawn, strict=True):
        own = cubes["published"][key]
        rows.append(
            _row(
                "sec. 2.3.4",
                f"{key} = {own:g} is the optimum",
                f"{key} fitted to our cubes, {own - NEAR:.2f} … {own + NEAR:.2f}; 95 % over cubes drawn anew",
                (cubes["optimum"][key], float(low), float(high)),
                (own - NEAR, own + NEAR),
            )
        )
    return rows


def pair_findings(pairs):
    """Of grain_by_grain.Pair; the interval is a field step of full micromagnetics, or that over the structures."""
    step = max((pair.step_T for pair in pairs), default=nan)
    late = max((pair.first_is_late_by_T for pair in pairs), default=nan)
    count = len(pairs)
    return [
        _row(
            "sec. 3.3",
            "in both the reversal starts with the same grain",
            f"how much later than the first grain that of the model switches in full micromagnetics (T), the latest of {count} "
            "structures, within a field step",
            (late, late, late),
            (-inf, step + 1e-9),
        ),
        _row(
            "sec. 3.3",
            "very good agreement along the entire reversal",
            f"mean difference of M/Ms between first and last reversal, mean of {count} structures, < {VERY_GOOD:g}",
            mean_interval([pair.apart() for pair in pairs]),
            (-inf, VERY_GOOD),
        ),
        _row(
            "sec. 3.3",
            "most of the demagnetisation progresses via the same grains",
            f"share of the reversed grains that are the same, least of three fields, mean of {count} structures, > 0.5",
            mean_interval([pair.shared() for pair in pairs]),
            (0.5, inf),
        ),
    ]


def size_findings(groups, reading):
    """Of grain_sizes.Group at one reading of the boundary."""
    own = of_reading(groups, reading)
    fall, steeper = (weakest_step(own, key, -1) for key in ("mu0_Hc_T", "width_T"))
    rise, broader = weakest_step(own, "N_eff", +1), spread_ratio(own)
    sintered = min(own, key=lambda group: abs(np.log(group.grain_size_nm / SINTERED_NM)))
    step = "from one size to the next, the step that says least; same structures"
    rows = [
        _row(
            "sec. 3.3",
            "the coercive field decreases with grain size",
            f"change of µ0Hc (T) {step}, {_sizes(fall)}, < 0",
            fall[:3],
            (-inf, 0.0),
        ),
        _row(
            "sec. 3.3",
            "the slope of the curve increases with grain size",
            f"change of the field (T) between M/Ms = 0.5 and −0.5 {step}, {_sizes(steeper)}, < 0",
            steeper[:3],
            (-inf, 0.0),
        ),
        _row(
            "sec. 3.3",
            "the distribution of the coercive field broadens with grain size",
            f"ratio of its standard deviations over structures, {_sizes(broader, 'over')}, > 1",
            broader[:3],
            (1.0, inf),
        ),
        _row(
            "sec. 3.3",
            "N_eff increases with grain size",
            f"change of N_eff {step}, {_sizes(rise)}, > 0",
            rise[:3],
            (0.0, inf),
        ),
        _row(
            "sec. 3.3",
            "N_eff is consistent with that of sintered magnets, 1.0 to 1.5",
            f"N_eff of {_um(sintered.grain_size_nm)} µm, mean over structures; theirs are of 6.42 µm",
            mean_interval(sintered.N_eff),
            EXPERIMENTS,
        ),
    ]
    return [row | {"boundary": reading} for row in rows]


def alpha_findings(groups, fixed):
    """α, which knows nothing of size and boundary. fixed: α of the same structures with moments that do not turn, (n,)."""
    says, of = "the misorientation of the grains makes α = 0.55", "mean over structures, 0.545 … 0.555"
    return [
        _row("sec. 3.3", says, f"α, {of}", mean_interval(of_reading(groups, "3 nm")[0].alpha), ALPHA),
        _row("sec. 3.3", says, f"α with moments fixed along the easy axes, {of}", mean_interval(fixed), ALPHA),
    ]


def findings(cubes, pairs, groups, fixed_alpha):
    """[{where, says, boundary, statistic, value, low, high, claimed, verdict}], NaN: no number."""
    sizes = [row for reading in READINGS for row in size_findings(groups, reading)]
    return [*cube_findings(cubes), *pair_findings(pairs), *sizes, *alpha_findings(groups, fixed_alpha)]


def _sizes(found, word="to"):
    first, last = (found[4], found[3]) if word == "over" else (found[3], found[4])
    return f"{_um(first)} {word} {_um(last)} µm" if np.isfinite(first) else "no two sizes"


def _um(nm):
    return f"{nm / 1e3:.3g}"


def _row(where, says, statistic, numbers, claimed):
    value, low, high = numbers
    told = {"value": value, "low": low, "high": high, "claimed": claimed, "verdict": verdict(low, high, claimed)}
    return {"where": where, "says": says, "boundary": "", "statistic": statistic} | told
