"""Inverse methods compared by simulation: designs for queries that no method has seen, and their judgement.

propose_designs writes designs.json; its designs are simulated as any campaign's samples are; judge_designs reads the
resulting dataset.
"""

from dataclasses import asdict, replace
from functools import cache

import numpy as np
from scipy.stats import binomtest

from hardmag.dataset.read import read_table
from hardmag.errors import UserError
from hardmag.files import atomic_path, read_json, sha256, write_json
from hardmag.inverse.designer import train_designer
from hardmag.inverse.feasible import CONTINUOUS, space_of
from hardmag.inverse.i_nn import train_inverse, train_scanned
from hardmag.inverse.propose import METHODS, MIN_DISTANCE, propose
from hardmag.inverse.reach import reach
from hardmag.inverse.report import markdown
from hardmag.inverse.success import TOLERANCE_HC, TOLERANCE_PHI_P, checked_query, is_success, misfit
from hardmag.inverse.train import cell_of
from hardmag.nanostructures.smco17 import z_properties
from hardmag.surrogates.f_nn import train_forward
from hardmag.surrogates.rows import FEATURES, TARGETS, split_by_geometry, usable_rows

FORMAT_VERSION = 2
PARAMETERS = (*CONTINUOUS, "z_set")
TABLE_1 = ((7.0, 0.05), (5.0, 0.01), (4.0, 0.0))  # queries of Yang et al., Table 1, at the following
TABLE_1_PRESCRIBED = {"alpha_deg": 0.0, "z_set": "dft"}


def propose_designs(dataset, output, *, queries, seed, count, epochs, inverse_epochs, alpha_deg=None, z_set=None):
    """Write designs.json: `count` designs of each method for each of up to `queries` reachable queries, and for Table 1.

    Queries are targets of nanostructures (20 %) that are held out from everything that the methods are trained on, spread
    over the range of Hc. alpha_deg, z_set: prescribed for all queries, which are then of rows that have them; left out, each
    query has those of its own row. There are fewer than `queries` where the held-out rows hold no more.
    epochs: most of a forward network and of the flow; inverse_epochs: of an i-NN. The i-NN gives one design per training:
    it is trained `count` times, with the λ that is best for the first start.
    """
    table = read_table(dataset)
    try:
        rows = usable_rows(table)
    except UserError as error:
        reason = str(error).removeprefix("table: ")
        raise UserError(f"{dataset}: no inverse methods can be compared: {reason}. The dataset itself is there") from None
    held_out = split_by_geometry(rows, seed) == "test"
    prescribed = {k: v for k, v in (("alpha_deg", alpha_deg), ("z_set", z_set)) if v is not None}
    designer = train_designer(
        _part(rows, ~held_out), seed=seed, epochs=epochs, prescribed=prescribed, cell_nm=cell_of(table, rows)
    )
    held_out_queries = _queries(designer, _part(rows, held_out), prescribed, queries)
    if not held_out_queries:
        n = int(held_out.sum())
        raise UserError(f"{dataset}: none of {n} held-out rows is within reach of the others at what is prescribed")
    table_1, extra = _table_1(designer, len(held_out_queries))
    asked = held_out_queries + extra
    i_nns = _i_nns(train_forward(table, seed=seed, epochs=epochs), table, seed, inverse_epochs, count)
    write_json(
        output,
        {
            "format_version": FORMAT_VERSION,
            "dataset_path": str(dataset),
            "dataset_sha256": sha256(dataset),
            "settings": {"seed": seed, "count": count, "epochs": epochs, "inverse_epochs": inverse_epochs, **prescribed},
            "queries_wanted": queries,
            "min_distance": MIN_DISTANCE,
            "methods": {name: method.label for name, method in METHODS.items()},
            "queries": asked,
            "table_1": table_1,
            "designs": [
                {"method": name, "query": n, "rank": rank, **asdict(design)}
                for name in METHODS
                for n, query in enumerate(asked)
                for rank, design in enumerate(_designs(name, designer, query, i_nns, count, seed + n), start=1)
            ],
        },
    )


def _part(rows, chosen):
    return replace(
        rows,
        row=rows.row[chosen],
        x=rows.x[chosen],
        y=rows.y[chosen],
        geometry=rows.geometry[chosen],
        level=rows.level[chosen],
    )


def _queries(designer, rows, prescribed, wanted):
    """Up to `wanted` reachable targets of rows, of which Hc is spread over their range, in the order of Hc. Only of rows that
    have what is prescribed: that other targets are reachable so, nobody knows. known: whether a training row at the same α and
    Z set meets it as it is."""
    found = []
    for i in range(len(rows.row)):
        own = {"alpha_deg": float(rows.x[i, FEATURES.index("alpha_deg")]), "z_set": str(rows.level[i])}
        if own.items() >= prescribed.items() and reach(designer, space_of(designer.bounds, own), rows.y[i]).reachable:
            where = {"source": "held_out", "row": int(rows.row[i]), "nanostructure": int(rows.geometry[i])}
            found.append({**_named(rows.y[i]), **own, **where, "known": _known(designer, own, rows.y[i])})
    found.sort(key=lambda query: query["mu0_Hc_T"])
    Hc, free, kept = np.array([query["mu0_Hc_T"] for query in found]), np.ones(len(found), dtype=bool), []
    for value in np.linspace(Hc[0], Hc[-1], wanted) if len(found) > wanted else Hc:
        i = int(np.argmin(np.where(free, np.abs(Hc - value), np.inf)))
        free[i] = False
        kept.append(i)
    return [found[i] for i in sorted(kept)]


def _known(designer, own, query):
    same = (designer.x[:, FEATURES.index("alpha_deg")] == own["alpha_deg"]) & (designer.z_set == own["z_set"])
    return bool(is_success(designer.y[same], query).any())


def _table_1(designer, first):
    """(entries, queries): what becomes of each query of the paper's Table 1, and what is designed for: itself or the
    nearest reachable target. Numbers of queries begin at `first`."""
    entries, queries = [], []
    for Hc, phi_p in TABLE_1:
        query = checked_query(Hc, phi_p)
        entry = {**_named(query), **TABLE_1_PRESCRIBED}
        try:
            found = reach(designer, space_of(designer.bounds, TABLE_1_PRESCRIBED), query)
        except UserError as error:  # data without such an angle or Z set, as a campaign of others has
            entries.append(entry | {"reachable": False, "reason": str(error), "nearest": None, "query": None})
            continue
        target = _named(query) if found.reachable else found.nearest
        entries.append(entry | {**asdict(found), "query": first + len(queries)})
        queries.append({**target, **TABLE_1_PRESCRIBED, "source": "table_1"})
    return entries, queries


def _i_nns(forward, table, seed, epochs, count):
    """Function of (alpha_deg, z_set) → `count` i-NNs that design for it, trained when first asked for."""

    @cache
    def trained(alpha_deg, z_set):
        prescribed = {"alpha_deg": alpha_deg, **z_properties(z_set)}
        first = train_scanned(forward, table, prescribed=prescribed, seed=seed, epochs=epochs)
        weight = first.metadata["weight"]
        return first, *(
            train_inverse(forward, table, prescribed=prescribed, seed=seed + n, weight=weight, epochs=epochs)
            for n in range(1, count)
        )

    return trained


def _designs(name, designer, query, i_nns, count, seed):
    prescribed = {key: query[key] for key in ("alpha_deg", "z_set")}
    inverse = i_nns(query["alpha_deg"], query["z_set"]) if name == "i_nn" else ()
    return propose(name, designer, _pair(query), prescribed, count=count, seed=seed, inverse=inverse)


def _named(pair):
    return dict(zip(TARGETS, (float(value) for value in pair), strict=True))


def _pair(named):
    return np.array([named[target] for target in TARGETS])


def judge_designs(designs_json, verification_dataset, output_json, output_md):
    """Judge the designs by the simulations in `verification_dataset`, and write the scores as JSON and as Markdown.

    Rows are matched by parameters. Raises UserError where a possible design has no row, or several.
    """
    proposed = read_json(designs_json)
    if proposed.get("format_version") != FORMAT_VERSION:
        raise UserError(f"{designs_json}: format_version is {proposed.get('format_version')}, expected {FORMAT_VERSION}")
    simulated = _simulated(proposed["designs"], read_table(verification_dataset), designs_json, verification_dataset)
    judged = [
        design | {"simulated": _named(targets) if np.isfinite(targets).all() else None}
        for design, targets in zip(proposed["designs"], simulated, strict=True)
    ]
    table_1 = [entry | {"designs": [d for d in judged if d["query"] == entry["query"]]} for entry in proposed["table_1"]]
    held_out = [n for n, query in enumerate(proposed["queries"]) if query["source"] == "held_out"]
    result = {
        "format_version": FORMAT_VERSION,
        "designs_sha256": sha256(designs_json),
        "dataset_sha256": proposed["dataset_sha256"],
        "verification_path": str(verification_dataset),
        "verification_sha256": sha256(verification_dataset),
        "settings": proposed["settings"],
        "tolerance": {"mu0_Hc_relative": TOLERANCE_HC, "phi_p": TOLERANCE_PHI_P},
        "queries": [proposed["queries"][n] for n in held_out],
        "min_distance": proposed["min_distance"],
        "methods": {
            name: {"label": label, **_scores([d for d in judged if d["method"] == name], proposed["queries"], held_out)}
            for name, label in proposed["methods"].items()
        },
        "table_1": table_1,
        "designs": [d for d in judged if d["query"] in set(held_out)],
    }
    write_json(output_json, result)
    with atomic_path(output_md) as temporary:
        temporary.write_text(markdown(result))


def read_judgement(path):
    """What judge_designs wrote. UserError for another file."""
    found = read_json(path)
    missing = {"dataset_sha256", "methods", "table_1"} - set(found)
    if missing:
        raise UserError(f"{path}: no {', '.join(sorted(missing))}; expected verification.json of judged inverse designs")
    if found.get("format_version") != FORMAT_VERSION:
        raise UserError(f"{path}: format_version is {found.get('format_version')}, expected {FORMAT_VERSION}")
    return found


def _simulated(designs, table, designs_json, dataset):
    """(n, 2) simulated targets of designs; NaN for those that are impossible, were quarantined or have no hysteresis."""
    rows = {}
    for i in range(len(table["status"])):
        rows.setdefault(_key({name: table[name][i] for name in PARAMETERS}), []).append(i)
    targets = np.full((len(designs), 2), np.nan)
    for n, design in enumerate(designs):
        if not design["possible"]:
            continue
        found = rows.get(_key(design["parameters"]), [])
        if len(found) != 1:
            given = ", ".join(f"{name} = {value}" for name, value in design["parameters"].items())
            raise UserError(f"{dataset}: {len(found)} rows for a design of {designs_json}, must be one: {given}")
        if table["status"][found[0]] == "accepted":
            targets[n] = [table[target][found[0]] for target in TARGETS]
    return targets


def _key(parameters):
    """Lengths and angle to a femtometre and a microdegree, and the Z set."""
    return (*(round(float(parameters[name]), 6) for name in CONTINUOUS), str(parameters["z_set"]))


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
        "coverage": {target: _coverage(every, target) for target in TARGETS},
    }


def _quality(chosen, queries):
    """Success of one design per query, and the median errors of those that have a result."""
    pairs = [(_pair(d["simulated"]), _pair(queries[n])) for n, d in chosen.items() if d and d["simulated"]]
    errors = np.abs(np.array([simulated - query for simulated, query in pairs])).reshape(-1, 2)
    Hc = np.array([query[0] for _, query in pairs])
    return {
        "success": _rate([_met(d, queries[n], "simulated") for n, d in chosen.items()]),
        "median_relative_error_Hc": float(np.median(errors[:, 0] / Hc)) if pairs else None,
        "median_error_phi_p": float(np.median(errors[:, 1])) if pairs else None,
    }


def _misfit(design, query, by):
    return float(misfit(_pair(design[by]), _pair(query))) if design[by] else np.inf


def _met(design, query, by):
    return bool(design and design[by] and is_success(_pair(design[by]), _pair(query)))


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
