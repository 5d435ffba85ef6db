"""Inverse methods compared: their designs for queries that no method has seen.

propose_designs writes designs.json; its designs are simulated as any campaign's samples are, and judged (judgement.py).
"""

from dataclasses import asdict
from functools import cache

import numpy as np

from hardmag.dataset.read import read_kind, read_table
from hardmag.errors import UserError
from hardmag.files import sha256, write_json
from hardmag.inverse.designer import train_designer
from hardmag.inverse.exists import shared_parameters
from hardmag.inverse.feasible import space_of
from hardmag.inverse.i_nn import train_inverse, train_scanned
from hardmag.inverse.propose import METHODS, MIN_DISTANCE, propose
from hardmag.inverse.reach import reach
from hardmag.inverse.success import checked_query, is_success
from hardmag.surrogates.conformal import MAX_LEVELS
from hardmag.surrogates.f_nn import train_forward
from hardmag.surrogates.rows import rows_of, split_by_geometry

FORMAT_VERSION = 3


def propose_designs(
    dataset, output, *, queries, seed, count, epochs, inverse_epochs, prescribed=None, published=None, methods=tuple(METHODS)
):
    """Write designs.json: `count` designs of each method for each of up to `queries` reachable queries, and for published ones.

    Queries are targets of nanostructures (20 %) that are held out from everything that the methods are trained on, spread
    over the range of the first target. prescribed: {parameter: value} for all queries, which are then of rows that have it;
    without it each query has the angle and the level of its own row. There are fewer than `queries` where the held-out rows
    hold no more. published: {title, prescribed, queries: [{target: value}]} of a paper, or None.
    epochs: most of a forward network and of the flow; inverse_epochs: of an i-NN. The i-NN gives one design per training:
    it is trained `count` times, with the λ that is best for the first start.
    """
    table, kind = read_table(dataset), read_kind(dataset)
    try:
        rows = rows_of(table, kind)
    except UserError as error:
        reason = str(error).removeprefix("table: ")
        raise UserError(f"{dataset}: no inverse methods can be compared: {reason}. The dataset itself is there") from None
    held_out, prescribed = split_by_geometry(rows, seed) == "test", prescribed or {}
    shared = shared_parameters(table, rows)
    designer = train_designer(rows.part(~held_out), seed=seed, epochs=epochs, prescribed=prescribed, shared=shared)
    held_out_queries = _queries(designer, rows.part(held_out), prescribed, queries)
    if not held_out_queries:
        n = int(held_out.sum())
        raise UserError(f"{dataset}: none of {n} held-out rows is within reach of the others at what is prescribed")
    entries, extra = _published(designer, published, len(held_out_queries)) if published else ([], [])
    asked = held_out_queries + extra
    i_nns = _i_nns(train_forward(table, kind, seed=seed, epochs=epochs), table, seed, inverse_epochs, count)
    settings = {"seed": seed, "count": count, "epochs": epochs, "inverse_epochs": inverse_epochs, "prescribed": prescribed}
    write_json(
        output,
        {
            "format_version": FORMAT_VERSION,
            "dataset_path": str(dataset),
            "dataset_sha256": sha256(dataset),
            "settings": settings,
            "variables": rows.variables.to_dict(),
            "shared": shared | rows.variables.fixed,
            "queries_wanted": queries,
            "min_distance": MIN_DISTANCE,
            "methods": {name: METHODS[name].label for name in methods},
            "queries": asked,
            "published": {"title": published["title"], "queries": entries} if published else None,
            "designs": [
                {"method": name, "query": n, "rank": rank, **asdict(design)}
                for name in methods
                for n, query in enumerate(asked)
                for rank, design in enumerate(_designs(name, designer, query, i_nns, count, seed + n), start=1)
            ],
        },
    )


def _queries(designer, rows, prescribed, wanted):
    """Up to `wanted` reachable queries at targets of rows, of which the first target is spread over their range, in its order:
    a list of {wanted: {target: value}, prescribed, source, row, nanostructure, known}. Only of rows that have what is
    prescribed: that other targets are reachable so, nobody knows. known: whether a training row with what is prescribed meets
    it as it is."""
    found = []
    for i in range(len(rows.row)):
        own = _own(rows, i)
        if own.items() >= prescribed.items() and _reachable(designer, own, rows.y[i]):
            where = {"source": "held_out", "row": int(rows.row[i]), "nanostructure": int(rows.geometry[i])}
            known = _known(designer, own, rows.y[i])
            found.append({"wanted": _named(designer, rows.y[i]), "prescribed": own, **where, "known": known})
    first = designer.variables.targets[0]
    found.sort(key=lambda query: query["wanted"][first])
    value, free, kept = np.array([query["wanted"][first] for query in found]), np.ones(len(found), dtype=bool), []
    for near in np.linspace(value[0], value[-1], wanted) if len(found) > wanted else value:
        i = int(np.argmin(np.where(free, np.abs(value - near), np.inf)))
        free[i] = False
        kept.append(i)
    return [found[i] for i in sorted(kept)]


def _own(rows, i):
    """What a query at the targets of a row prescribes: its angle, where angles are listed, not sampled, and its level."""
    variables, own = rows.variables, {}
    if variables.angle in variables.numbers and len(np.unique(rows.angle)) <= MAX_LEVELS:
        own[variables.angle] = float(rows.angle[i])
    return own | ({variables.level: str(rows.level[i])} if variables.level else {})


def _reachable(designer, prescribed, query):
    return reach(designer, space_of(designer.bounds, prescribed), query).reachable


def _known(designer, own, query):
    variables, same = designer.variables, np.ones(len(designer.y), dtype=bool)
    for name, value in own.items():
        same &= (designer.level if name == variables.level else designer.values[:, variables.numbers.index(name)]) == value
    return bool(is_success(designer.y[same], query, variables.targets).any())


def _published(designer, published, first):
    """(entries, queries): what becomes of each published query, and what is designed for: itself or the nearest reachable
    target. Numbers of queries begin at `first`."""
    entries, queries, prescribed = [], [], published["prescribed"]
    for wanted in published["queries"]:
        query = checked_query(wanted, designer.variables.targets)
        entry = {"wanted": _named(designer, query), "prescribed": prescribed}
        try:
            found = reach(designer, space_of(designer.bounds, prescribed), query)
        except UserError as error:  # data without such an angle or level, as a campaign of others has
            entries.append(entry | {"reachable": False, "reason": str(error), "nearest": None, "query": None})
            continue
        target = entry["wanted"] if found.reachable else found.nearest
        entries.append(entry | {**asdict(found), "query": first + len(queries)})
        queries.append({"wanted": target, "prescribed": prescribed, "source": "published"})
    return entries, queries


def _i_nns(forward, table, seed, epochs, count):
    """Function of what is prescribed → `count` i-NNs that design for it, trained when first asked for."""

    @cache
    def trained(*prescribed):
        first = train_scanned(forward, table, prescribed=dict(prescribed), seed=seed, epochs=epochs)
        weight = first.metadata["weight"]
        return first, *(
            train_inverse(forward, table, prescribed=dict(prescribed), seed=seed + n, weight=weight, epochs=epochs)
            for n in range(1, count)
        )

    return lambda prescribed: trained(*prescribed.items())


def _designs(name, designer, query, i_nns, count, seed):
    inverse = i_nns(query["prescribed"]) if METHODS[name].candidates is None else ()
    return propose(name, designer, _values(query["wanted"]), query["prescribed"], count=count, seed=seed, inverse=inverse)


def _named(designer, values):
    return dict(zip(designer.variables.targets, (float(value) for value in values), strict=True))


def _values(named):
    return np.array(list(named.values()))
