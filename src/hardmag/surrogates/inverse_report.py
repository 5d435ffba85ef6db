"""The comparison of inverse methods as a Markdown table."""

HEAD = """# Inverse design, judged by simulation

{queries} queries: targets of nanostructures that no method was trained on. A success has its simulated µ0Hc within {Hc:g} % and
Φp within {phi_p:g} of the query. In brackets: 95 % interval of the share. Claimed: what the networks by which a design was
found say of it. Designs: per query, distinct but for the i-NN. Coverage: share of simulated values within the 95 % interval
that was predicted.

"""
COLUMNS = (
    "method",
    "first design",
    "claimed",
    "best of {count}",
    "claimed",
    "error Hc, Φp of the first",
    "of the best",
    "designs",
    "impossible",
    "coverage Hc, Φp",
)
TABLE_1 = """
## Table 1 of Yang et al.

| query µ0Hc (T), Φp | designed for | method | L, d, wS, wZ (nm) | claimed | simulated |
|---|---|---|---|---|---|
"""


def markdown(result):
    """The text, of the dict that judge_designs writes."""
    tolerance = result["tolerance"]
    parts = [
        HEAD.format(queries=result["queries"], Hc=100 * tolerance["mu0_Hc_relative"], phi_p=tolerance["phi_p"]),
        f"| {' | '.join(COLUMNS)} |\n".format(count=result["settings"]["count"]),
        f"|{'---|' * len(COLUMNS)}\n",
        *map(_line, result["methods"].values()),
        TABLE_1,
        *map(_table_1, result["table_1"]),
    ]
    return "".join(parts)


def _line(scores):
    cells = [
        scores["label"],
        _rate(scores["first"]["success"]),
        f"{scores['claimed_first']['share']:.2f}",
        _rate(scores["best"]["success"]),
        f"{scores['claimed_best']['share']:.2f}",
        _errors(scores["first"]),
        _errors(scores["best"]),
        f"{scores['designs_per_query']:.1f}",
        _number(scores["impossible"], ".3f"),
        ", ".join(_number(value, ".2f") for value in scores["coverage"].values()),
    ]
    return f"| {' | '.join(cells)} |\n"


def _rate(rate):
    return f"{rate['share']:.2f} ({rate['low']:.2f}-{rate['high']:.2f})"


def _errors(quality):
    percent = quality["median_relative_error_Hc"]
    return f"{'-' if percent is None else f'{100 * percent:.1f} %'}, {_number(quality['median_error_phi_p'], '.3f')}"


def _number(value, form):
    return "-" if value is None else f"{value:{form}}"


def _table_1(entry):
    query = f"{entry['mu0_Hc_T']:g}, {entry['phi_p']:g}"
    if entry["query"] is None:
        return f"| {query} | {entry['reason']} | | | | |\n"
    wanted = "itself" if entry["reachable"] else f"nearest reachable: {_targets(entry['nearest'])}"
    return "".join(
        f"| {query} | {wanted} | {design['method']} | {_lengths(design['parameters'])} | {_targets(design['claimed'])} "
        f"| {_targets(design['simulated']) if design['simulated'] else design['reason'] or 'no result'} |\n"
        for design in entry["designs"]
        if design["rank"] == 1
    )


def _targets(targets):
    return f"{targets['mu0_Hc_T']:.3g}, {targets['phi_p']:.3f}"


def _lengths(parameters):
    return ", ".join(f"{parameters[name]:g}" for name in ("L_nm", "d_nm", "wS_nm", "wZ_nm"))
