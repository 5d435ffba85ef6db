"""The comparison of inverse methods as a Markdown table."""

from textwrap import fill

from hardmag.inverse.success import ABSOLUTE
from hardmag.surrogates.report import in_text

WIDTH = 120
TITLE = "# Inverse design, judged by simulation"
HEAD = (
    "{queries} queries: targets of {nanostructures} nanostructures that no method was trained on{own}. For {known} of them a "
    "training sample{same} is a success as it is. A success has its simulated {tolerances} of the query. In brackets: 95 % "
    "interval of the share. Claimed: what the networks by which a design was found say of it. Designs: per query, distinct but "
    "for the i-NN. Coverage: share of simulated values within the 95 % interval that was predicted."
)
# The columns of {targets} are one for all of them.
COLUMNS = {
    "method": lambda s, targets: s["label"],
    "first design": lambda s, targets: _rate(s["first"]["success"]),
    "claimed": lambda s, targets: f"{s['claimed_first']['share']:.2f}",
    "error of {targets}, first": lambda s, targets: _errors(s["first"], targets),
    "best of {count}": lambda s, targets: _rate(s["best"]["success"]),
    "claimed of one": lambda s, targets: f"{s['claimed_best']['share']:.2f}",
    "error of {targets}, best": lambda s, targets: _errors(s["best"], targets),
    "designs": lambda s, targets: f"{s['designs_per_query']:.1f}",
    "impossible": lambda s, targets: _number(s["impossible"], ".3f"),
    "coverage of {targets}": lambda s, targets: ", ".join(_number(s["coverage"][target], ".2f") for target in targets),
}
OF_SEVERAL = ("best of {count}", "claimed of one", "error of {targets}, best", "designs")
PUBLISHED = """
## {title}

At {prescribed}; the first design of each method.

| query {head} | designed for {head} | method | {parameters} | claimed {head} | simulated {head} |
|---|---|---|---|---|---|
"""


def markdown(result):
    """The text, of the dict that judge_designs writes."""
    tolerance, queries, targets = result["tolerance"], result["queries"], _targets_of(result)
    names = tuple(queries[0]["prescribed"])
    on_axis = sum(query["prescribed"].get("alpha_deg") == 0 for query in queries)
    own = f", each at its own {' and '.join(names)}" if names else ""
    words = HEAD.format(
        queries=len(queries),
        nanostructures=len({query["nanostructure"] for query in queries}),
        own=own + (f", {on_axis} at alpha_deg = 0" if "alpha_deg" in names else ""),
        same=" with the same" if names else "",
        known=sum(query["known"] for query in queries),
        tolerances=" and ".join(_tolerance(target, tolerance) for target in targets),
    )
    head, rows = methods_table(result)
    text = f"{TITLE}\n\n{fill(words, WIDTH)}\n\n"
    text += "".join(f"| {' | '.join(line)} |\n" for line in (head, ["---"] * len(head), *rows))
    return text + (_published(result["published"], targets) if result["published"] else "")


def methods_table(result):
    """(head, rows): a line for each method; of one design each the best is the first."""
    count, targets = result["settings"]["count"], _targets_of(result)
    columns = {name: cell for name, cell in COLUMNS.items() if count > 1 or name not in OF_SEVERAL}
    rows = [[cell(scores, targets) for cell in columns.values()] for scores in result["methods"].values()]
    return [name.format(count=count, targets=", ".join(map(_symbol, targets))) for name in columns], rows


def _targets_of(result):
    return tuple(result["queries"][0]["wanted"])


def _symbol(target):
    return in_text(target)[0]


def _with_unit(target):
    symbol, unit = in_text(target)
    return f"{symbol} ({unit.strip()})" if unit else symbol


def _tolerance(target, tolerance):
    return f"{_symbol(target)} within {f'{tolerance[target]:g}' if target in ABSOLUTE else f'{100 * tolerance[target]:g} %'}"


def _rate(rate):
    return f"{rate['share']:.2f} ({rate['low']:.2f}-{rate['high']:.2f})"


def _errors(quality, targets):
    return ", ".join(_error(quality[error_key(target)], target) for target in targets)


def error_key(target):
    """Under which name the median error of a target stands among the scores of a method."""
    names = {"mu0_Hc_T": "median_relative_error_Hc", "phi_p": "median_error_phi_p"}
    return names.get(target, f"median_relative_error_{target}")


def _error(value, target):
    if target in ABSOLUTE:
        return _number(value, ".3f")
    return "-" if value is None else f"{100 * value:.1f} %"


def _number(value, form):
    return "-" if value is None else f"{value:{form}}"


def _published(published, targets):
    entries = published["queries"]
    designed = next((d["parameters"] for e in entries for d in e.get("designs", [])), {})
    free = [name for name in designed if name not in entries[0]["prescribed"]]
    text = PUBLISHED.format(
        title=published["title"],
        prescribed=", ".join(f"{name} = {_plain(value)}" for name, value in entries[0]["prescribed"].items()),
        head=", ".join(_with_unit(target) for target in targets),
        parameters=", ".join(free),
    )
    return text + "".join(_entry(entry, free, targets) for entry in entries)


def _entry(entry, free, targets):
    query = ", ".join(f"{entry['wanted'][target]:g}" for target in targets)
    if entry["query"] is None:
        return f"| {query} | {entry['reason']} | | | | |\n"
    wanted = "itself" if entry["reachable"] else f"nearest reachable: {_values(entry['nearest'], targets)}"
    return "".join(
        f"| {query} | {wanted} | {design['method']} | {_numbers(design['parameters'], free)} "
        f"| {_values(design['claimed'], targets)} "
        f"| {_values(design['simulated'], targets) if design['simulated'] else design['reason'] or 'no result'} |\n"
        for design in entry["designs"]
        if design["rank"] == 1
    )


def _plain(value):
    return f"{value:g}" if isinstance(value, float) else value


def _numbers(parameters, names):
    return ", ".join(f"{parameters[name]:g}" for name in names)


def _values(values, targets):
    return ", ".join(f"{values[target]:{'.3f' if target in ABSOLUTE else '.3g'}}" for target in targets)
