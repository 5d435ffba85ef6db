"""The comparison of inverse methods as a Markdown table."""

HEAD = """# Inverse design, judged by simulation

{queries} queries: targets of {nanostructures} nanostructures that no method was trained on, each at its own α and Z set,
{on_axis} at α = 0. For {known} of them a training sample at the same α and Z set is a success as it is. A success has its
simulated µ0Hc within {Hc:g} % and Φp within {phi_p:g} of the query. In brackets: 95 % interval of the share. Claimed: what the
networks by which a design was found say of it. Designs: per query, distinct but for the i-NN. Coverage: share of simulated
values within the 95 % interval that was predicted.

"""
COLUMNS = {
    "method": lambda s: s["label"],
    "first design": lambda s: _rate(s["first"]["success"]),
    "claimed": lambda s: f"{s['claimed_first']['share']:.2f}",
    "error of µ0Hc, Φp, first": lambda s: _errors(s["first"]),
    "best of {count}": lambda s: _rate(s["best"]["success"]),
    "claimed of one": lambda s: f"{s['claimed_best']['share']:.2f}",
    "error of µ0Hc, Φp, best": lambda s: _errors(s["best"]),
    "designs": lambda s: f"{s['designs_per_query']:.1f}",
    "impossible": lambda s: _number(s["impossible"], ".3f"),
    "coverage of µ0Hc, Φp": lambda s: ", ".join(_number(value, ".2f") for value in s["coverage"].values()),
}
OF_SEVERAL = ("best of {count}", "claimed of one", "error of µ0Hc, Φp, best", "designs")
TABLE_1 = """
## Table 1 of Yang et al.

At α = {alpha_deg:g}°, Z set `{z_set}`; the first design of each method.

| query µ0Hc (T), Φp | designed for µ0Hc (T), Φp | method | L, d, wS, wZ (nm) | claimed µ0Hc (T), Φp | simulated µ0Hc (T), Φp |
|---|---|---|---|---|---|
"""


def markdown(result):
    """The text, of the dict that judge_designs writes."""
    tolerance, queries = result["tolerance"], result["queries"]
    text = HEAD.format(
        queries=len(queries),
        nanostructures=len({query["nanostructure"] for query in queries}),
        on_axis=sum(query["alpha_deg"] == 0 for query in queries),
        known=sum(query["known"] for query in queries),
        Hc=100 * tolerance["mu0_Hc_relative"],
        phi_p=tolerance["phi_p"],
    )
    head, rows = methods_table(result)
    text += "".join(f"| {' | '.join(line)} |\n" for line in (head, ["---"] * len(head), *rows))
    return text + TABLE_1.format(**result["table_1"][0]) + "".join(map(_table_1, result["table_1"]))


def methods_table(result):
    """(head, rows): a line for each method; of one design each the best is the first."""
    count = result["settings"]["count"]
    columns = {name: cell for name, cell in COLUMNS.items() if count > 1 or name not in OF_SEVERAL}
    rows = [[cell(scores) for cell in columns.values()] for scores in result["methods"].values()]
    return [name.format(count=count) for name in columns], rows


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
