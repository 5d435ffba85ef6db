"""Judgement of inverse designs by their simulation: designs.json and the dataset of what it asked for → scores.

Format 3. Format 2, of studies of µ0Hc and Φp alone, had targets and prescribed parameters of a query side by side; it is read
as what it says.
"""

import numpy as np
from scipy.stats import binomtest

from hardmag.dataset.read import opened, read_table
from hardmag.errors import UserError
from hardmag.files import atomic_path, read_json, sha256, write_json
from hardmag.inverse.comparison import FORMAT_VERSION
from hardmag.inverse.report import error_key, markdown
from hardmag.inverse.success import ABSOLUTE, is_success, misfit, tolerance
from hardmag.surrogates.variables import Variables


def judge_designs(designs_json, verification_dataset, output_json, output_md):
    """Judge the designs by the simulations in `verification_dataset`, and write the scores as JSON and as Markdown.

    Rows are matched by parameters. Raises UserError where a possible design has no row, or several.
    """
    proposed = read_json(designs_json)
    if proposed.get("format_version") != FORMAT_VERSION:
        raise UserError(f"{designs_json}: format_version is {proposed.get('format_version')}, expected {FORMAT_VERSION}")
    variables, queries = Variables.from_dict(proposed["variables"]), proposed["queries"]
    table = read_table(verification_dataset)
    with opened(verification_dataset) as file:
        physics_version = int(file.attrs["physics_version"])
    judged = [
        design | {"simulated": simulated}
        for design, simulated in zip(
            proposed["designs"],
            _simulated(variables, proposed["designs"], table, designs_json, verification_dataset),
            strict=True,
        )
    ]
    published = proposed["published"]
    if published:
        entries = [e | {"designs": [d for d in judged if d["query"] == e["query"]]} for e in published["queries"]]
        published = published | {"queries": entries}
    held_out = [n for n, query in enumerate(queries) if query["source"] == "held_out"]
    scores = {
        name: {"label": label, **_scores([d for d in judged if d["method"] == name], queries, held_out)}
        for name, label in proposed["methods"].items()
    }
    result = {
        "format_version": FORMAT_VERSION,
        "physics_version": physics_version,
        "designs_sha256": sha256(designs_json),
        "dataset_sha256": proposed["dataset_sha256"],
        "verification_path": str(verification_dataset),
        "verification_sha256": sha256(verification_dataset),
        "settings": proposed["settings"],
        "variables": proposed["variables"],
        "tolerance": {target: tolerance(target) for target in variables.targets},
        "queries": [queries[n] for n in held_out],
        "min_distance": proposed["min_distance"],
        "methods": scores,
        "published": published,
        "designs": [d for d in judged if d["query"] in set(held_out)],
    }
    write_json(output_json, result)
    with atomic_path(output_md) as temporary:
        temporary.write_text(markdown(result))


def read_judgement(path):
    """What judge_designs wrote. UserError for another file."""
    found = read_json(path)
    missing = {"dataset_sha256", "methods"} - set(found)
    if missing:
        raise UserError(f"{path}: no {', '.join(sorted(missing))}; expected verification.json of judged inverse designs")
    if found.get("format_version") == 2:
        return _of_format_2(found)
    if found.get("format_version") != FORMAT_VERSION:
        raise UserError(f"{path}: format_version is {found.get('format_version')}, expected {FORMAT_VERSION}")
    return found


OF_A_QUERY = ("source", "row", "nanostructure", "known")
OF_AN_ENTRY = ("reachable", "distance", "limit", "nearest", "origin", "query", "designs", "reason")
TARGETS_2 = ("mu0_Hc_T", "phi_p")


def _of_format_2(found):
    """The same in format 3; which parameters a design sets was not said there."""

    def parted(query, others):
        wanted = {name: query[name] for name in TARGETS_2}
        prescribed = {name: value for name, value in query.items() if name not in (*TARGETS_2, *others)}
        return {"wanted": wanted, "prescribed": prescribed} | {name: query[name] for name in others if name in query}

    table_1 = [parted(entry, OF_AN_ENTRY) for entry in found["table_1"]]
    return found | {
        "tolerance": {target: tolerance(target) for target in TARGETS_2},
        "queries": [parted(query, OF_A_QUERY) for query in found["queries"]],
        "published": {"title": "Table 1 of Yang et al.", "queries": table_1},
    }


def _simulated(variables, designs, table, designs_json, dataset):
    """Simulated {target: value} of each design; None for those that are impossible, were quarantined or have no hysteresis."""
    rows = {}
    for i in range(len(table["status"])):
        rows.setdefault(_key(variables, {name: table[name][i] for name in variables.names}), []).append(i)
    simulated = []
    for design in designs:
        found = rows.get(_key(variables, design["parameters"]), []) if design["possible"] else [None]
        if len(found) != 1:
            given = ", ".join(f"{name} = {value}" for name, value in design["parameters"].items())
            raise UserError(f"{dataset}: {len(found)} rows for a design of {designs_json}, must be one: {given}")
        accepted = found[0] is not None and table["status"][found[0]] == "accepted"
        values = {target: float(table[target][found[0]]) if accepted else np.nan for target in variables.targets}
        simulated.append(values if np.isfinite(list(values.values())).all() else None)
    return simulated


def _key(variables, parameters):
    """Numbers to the sixth digit, and the level."""
    numbers = tuple(round(float(parameters[name]), 6) for name in variables.numbers)
    return (*numbers, str(parameters[variables.level])) if variables.level else numbers


def _scores(designs, queries, held_out):
    """Scores of one method over the held-out queries; see docs/inverse-design.md."""
    own = {n: [d for d in designs if d["query"] == n] for n in held_out}
    every = [d for n in held_out for d in own[n]]
    best = {n: min(own[n], key=lambda d: _misfit(d, queries[n], "simulated"), default=None) for n in held_out}
    first = {n: next((d for d in own[n] if d["rank"] == 1), None) for n in held_out}
    return {
        "designs": len(every),
        "designs_per_query": len(every) / len(held_out),
        "impossible": _share([not d["possible"] for d in every]),
        "outside_data": _share([not d["in_range"] for d in every]),
        "possible_without_result": _share([d["possible"] and d["simulated"] is None for d in every]),
        "first": _quality(first, queries),
        "best": _quality(best, queries),
        "claimed_first": _rate([_met(d, queries[n], "claimed") for n, d in first.items()]),
        "claimed_best": _rate([any(_met(d, queries[n], "claimed") for d in own[n]) for n in held_out]),
        "coverage": {target: _coverage(every, target) for target in queries[0]["wanted"]},
    }


def _quality(chosen, queries):
    """Success of one design per query, and the median errors of those that have a result."""
    pairs = [(d["simulated"], queries[n]["wanted"]) for n, d in chosen.items() if d and d["simulated"]]
    found = {"success": _rate([_met(d, queries[n], "simulated") for n, d in chosen.items()])}
    for target in queries[0]["wanted"]:
        errors = [abs(simulated[target] - wanted[target]) for simulated, wanted in pairs]
        if target not in ABSOLUTE:
            errors = [error / wanted[target] for error, (_, wanted) in zip(errors, pairs, strict=True)]
        found[error_key(target)] = float(np.median(errors)) if pairs else None
    return found


def _misfit(design, query, by):
    if not design[by]:
        return np.inf
    targets = tuple(query["wanted"])
    return float(misfit([design[by][t] for t in targets], list(query["wanted"].values()), targets))


def _met(design, query, by):
    if not (design and design[by]):
        return False
    targets = tuple(query["wanted"])
    return bool(is_success([design[by][t] for t in targets], list(query["wanted"].values()), targets))


def _rate(met):
    """{share, low, high}: share of successes and its 95 % interval by Wilson's score."""
    interval = binomtest(sum(met), len(met)).proportion_ci(0.95, method="wilson")
    return {"share": sum(met) / len(met), "low": float(interval.low), "high": float(interval.high)}


def _share(flags):
    return float(np.mean(flags)) if flags else None


def _coverage(designs, target):
    """Share of simulated values within the 95 % interval that was predicted with the design."""
    return _share(
        [
            abs(d["simulated"][target] - d["predicted"][target]) <= d["predicted"][f"{target}_half_width"]
            for d in designs
            if d["simulated"] and d["predicted"][f"{target}_half_width"] is not None
        ]
    )
