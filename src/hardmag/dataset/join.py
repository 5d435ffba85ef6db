"""Finished datasets beside a campaign's own: checked before anything is simulated, and joined with it into one file."""

import json

import h5py
import numpy as np

from hardmag import PHYSICS_VERSION
from hardmag.campaign.batch_file import pack, unpack
from hardmag.dataset.checks import check_complete
from hardmag.dataset.read import opened, read_kind, read_table
from hardmag.dataset.schema import ADDED, CURVES, EMPTY, JOINED, SCHEMA_VERSION, TEXTS, attributes, columns_of
from hardmag.errors import UserError
from hardmag.files import sha256
from hardmag.nanostructures import KINDS
from hardmag.nanostructures.kind import EDGES, Quantity, edge
from hardmag.sealed import written

# What moves a coercivity and is no feature of any model: said where files differ in it.
DISCRETISATION = {"cell_nm": "cell", "size_x_nm": "box along x", "size_y_nm": "box along y", "exchange": "exchange formula"}
MIN_FOR_MAPS = 14  # nanostructures: with fewer, R² of networks on others is not above 0 (docs/campaigns.md)


def known(campaign, samples, own=None):
    """What models will learn from, told before anything is simulated: the campaign's samples and those of its `dataset` files.

    {"samples": n, "nanostructures": n, "lines": what to say}.
    samples: the campaign's, as design.make_plan has them; own: its own dataset, where that is given. Raises UserError for
    a file that is damaged or not complete, of another kind or physics version, or that contradicts another.
    """
    with_own = [] if own is None else [own]
    version = PHYSICS_VERSION if own is None else _physics(own)
    for path in campaign.dataset:
        _check_file(path, campaign.nanostructure["kind"], version)
    paths = [str(path) for path in (*with_own, *campaign.dataset)]
    tables = [read_table(path) for path in paths]
    chosen = _chosen(tables, paths, campaign.quality.max_spread_T, _asked(campaign.nanostructure["kind"]))
    wanted = {sample.id for sample in samples}
    learned = campaign.nanostructure_kind.learned()
    names = learned.structure if learned else ()
    structures = {_alike(sample.nanostructure, names) for sample in samples}
    for table in tables:
        rows = np.flatnonzero(table["status"] == "accepted")
        structures |= {_alike({name: table[name][i] for name in names}, names) for i in rows}
    nanostructures, lines = len(structures) if learned else 0, []
    for path, table in zip(paths[len(with_own) :], tables[len(with_own) :], strict=True):
        lines.append(f"joined with {path}: {len(table['id'])} samples, {np.sum(table['status'] == 'accepted')} accepted")
        lines += _differences(path, table, samples)
    return {"samples": len(wanted | chosen.keys()), "nanostructures": int(nanostructures), "lines": lines}


def too_few(nanostructures):
    """Why maps, contours and importances are left out, or None: of a kind that has them."""
    if not 0 < nanostructures < MIN_FOR_MAPS:
        return None
    return f"{nanostructures} nanostructures, and with fewer than {MIN_FOR_MAPS} no model predicts others"


def join(own, others, output, max_spread_T):
    """Write the dataset (HDF5) of a campaign's own samples and then those of the files `others`, each sample once.

    Its attributes are those of `own`, and `joined`, JSON of {file: sha256}; its column `source` names the file that a row is
    of. Of a sample that several files hold, the first result counts that was accepted. Rows of other files are none of the
    campaign's additions. Raises UserError where two results of a sample contradict each other.
    """
    paths = [str(own), *map(str, others)]
    tables, kind = [read_table(path) for path in paths], read_kind(own)
    chosen = _chosen(tables, paths, max_spread_T, _asked(kind))
    rows = [[row for file, row in chosen.values() if file == number] for number in range(len(paths))]
    count = [len(own_rows) for own_rows in rows]
    added = any(name in table for name in ADDED for table in tables)
    with written(output, "dataset") as file:
        with opened(own) as first:
            file.attrs.update(first.attrs)
        file.attrs.update(schema_version=SCHEMA_VERSION, kind=kind)
        file.attrs["joined"] = json.dumps({path: sha256(path) for path in paths[1:]})
        group = file.create_group("samples")
        for name, quantity in _columns(paths, kind).items():
            parts = [_part(table, name, chosen_rows) for table, chosen_rows in zip(tables, rows, strict=True)]
            _write_column(group, name, _together(parts), quantity)
        if added:
            _write_column(group, "addition", _additions(tables, rows), ADDED["addition"])
            _write_column(group, "origin", _origins(tables, rows), ADDED["origin"])
        sources = np.repeat(["", *paths[1:]], count).astype(object)
        _write_column(group, "source", sources, JOINED["source"])
        _write_curves(file, paths, rows)


def beside(table, paths):
    """A campaign's table with the rows of finished datasets beside it: those of samples that it does not hold accepted."""
    tables, held, rows = [table, *map(read_table, paths)], set(), []
    for one in tables:
        rows.append([row for row, sample in enumerate(one["id"]) if sample not in held])
        held |= set(one["id"][one["status"] == "accepted"])
    names = dict.fromkeys(name for one in tables for name in one)
    return {name: _together([_part(one, name, row) for one, row in zip(tables, rows, strict=True)]) for name in names}


def _physics(path):
    with opened(path) as file:
        return int(file.attrs["physics_version"])


def _check_file(path, kind, version):
    with opened(path) as file:
        check_complete(path, file)
        found, specifications = int(file.attrs["physics_version"]), file["samples/specification"][()]
    try:
        kinds = {json.loads(text)["nanostructure"]["kind"] for text in specifications}
    except (ValueError, KeyError, TypeError):
        raise UserError(
            f"{path}: column specification: must hold samples as JSON, each with its kind of nanostructure"
        ) from None
    if found != version:
        raise UserError(f"{path}: physics version {found}, the campaign's is {version}: their samples cannot be compared")
    if kinds != {kind}:
        raise UserError(f"{path}: nanostructures of kind {', '.join(sorted(kinds))}, the campaign's are of kind {kind}")


def _asked(kind):
    """Columns that corrections do not change, and that follow from the question alone: equal in two results of one sample."""
    changed = {"cell_nm", "edge_nm"}
    return ["alpha_deg", *(name for name in KINDS[kind].columns() if name not in changed and name not in KINDS[kind].files)]


def _alike(values, names):
    """What rows of one nanostructure share, rounded to a femtometre (see surrogates.rows.rows_of)."""
    numbers = (values.get(name) for name in names)
    return tuple(None if number is None or number != number else round(float(number), 6) for number in numbers)


def _differences(path, table, samples):
    """Lines on the discretisation of a file, where no row of it has that of the campaign's samples."""
    contents = [sample.nanostructure for sample in samples]
    own = {name: {edge(c.get(of), n) for c in contents} - {None} for name, (of, n, _) in EDGES.items()}
    own["exchange"] = {sample.half_cycle["exchange"] for sample in samples}
    return [
        f"  its {what} differs: {_listed(set(table[name]))}, here {_listed(own[name])}; coercivities depend on it"
        for name, what in DISCRETISATION.items()
        if name in table and own[name] and not own[name] & set(table[name])
    ]


def _listed(values):
    return ", ".join(v if isinstance(v, str) else f"{v:g}" for v in sorted(values))


def _chosen(tables, paths, max_spread_T, asked):
    """{id: (number of the file, row)}: each sample once, in the order of the files; the first accepted result counts. asked:
    columns in which results of one sample must agree."""
    chosen = {}
    for number, table in enumerate(tables):
        for row, sample in enumerate(table["id"]):
            if sample not in chosen:
                chosen[sample] = (number, row)
                continue
            first, at = chosen[sample]
            _check_agreement(sample, tables[first], at, table, row, (paths[first], paths[number]), max_spread_T, asked)
            if tables[first]["status"][at] != "accepted" and table["status"][row] == "accepted":
                chosen[sample] = (number, row)
    return chosen


def _check_agreement(sample, one, i, other, k, names, max_spread_T, asked):
    """Two results of a sample have the same parameters and, if both were accepted, much the same coercivity: between two
    machines an avalanche can make a difference, as between realisations."""
    says = f"{names[0]} and {names[1]} contradict each other in sample {sample}"
    for name in (name for name in asked if name in one and name in other):
        a, b = one[name][i], other[name][k]
        if a != b and not (a != a and b != b):
            raise UserError(f"{says}: {name} is {a} and {b}; leave one of the files out")
    if one["status"][i] == other["status"][k] == "accepted":
        a, b = one["mu0_Hc_T"][i], other["mu0_Hc_T"][k]
        if np.isnan(a) != np.isnan(b) or abs(a - b) > max_spread_T:
            raise UserError(
                f"{says}: mu0_Hc_T is {a:.4g} and {b:.4g} T, quality.max_spread_T allows {max_spread_T:g}; leave one file out"
            )


def _columns(paths, kind):
    """{name: Quantity} of all columns but those that are written anew: the kind's, then what else there is in the files."""
    known, found = columns_of(kind) | TEXTS, {}
    for path in paths:
        with opened(path) as file:
            for name, column in file["samples"].items():
                quantity = known.get(name, Quantity(str(column.attrs["unit"]), str(column.attrs["description"])))
                if found.setdefault(name, quantity).unit != quantity.unit:
                    raise UserError(
                        f"{path}: column {name}: unit is {quantity.unit!r}, in {paths[0]} it is {found[name].unit!r}"
                    )
    return {name: found[name] for name in dict.fromkeys([*known, *found]) if name in found and name not in ADDED | JOINED}


def _part(table, name, rows):
    """Values of a column at some rows; None for each where the file has no such column."""
    return table[name][rows] if name in table else np.full(len(rows), None, dtype=object)


def _together(parts):
    """One column: where a file has none of it, NaN among numbers and empty among texts; numbers among texts become texts."""
    values = [value for part in parts for value in part]
    if any(isinstance(value, str) for value in values):
        return np.array(["" if value is None else str(value) for value in values], dtype=object)
    missing = any(value is None for value in values)
    return np.array([EMPTY if value is None else value for value in values]) if missing else np.concatenate(parts)


def _additions(tables, rows):
    """Number of the addition of the campaign that brought a row, 0 in rows of other files."""
    own = tables[0].get("addition", np.zeros(len(tables[0]["id"]), dtype=int))[rows[0]]
    return np.concatenate([own, np.zeros(sum(map(len, rows[1:])), dtype=int)])


def _origins(tables, rows):
    found = [table.get("origin", np.full(len(table["id"]), "design", dtype=object)) for table in tables]
    return np.concatenate([origin[chosen] for origin, chosen in zip(found, rows, strict=True)])


def _write_column(group, name, values, quantity):
    kind = h5py.string_dtype() if values.dtype == object else None
    group.create_dataset(name, data=values, dtype=kind).attrs.update(attributes(quantity))


def _write_curves(file, paths, rows):
    """curves/ and half_cycles/ of the chosen rows, the latter counted anew."""
    averages, singles = {name: [] for name in CURVES if name != "offset"}, {}
    offset = 0
    for path, chosen in zip(paths, rows, strict=True):
        with opened(path) as other:
            for name, found in averages.items():
                curves = unpack(other["curves/offset"][()], other[f"curves/{name}"][()])
                found += [curves[row] for row in chosen]
            group, new = other["half_cycles"], {row: offset + n for n, row in enumerate(chosen)}
            sample = group["sample"][()]
            kept = [i for i in np.argsort([new.get(row, -1) for row in sample], kind="stable") if sample[i] in new]
            for name, column in group.items():
                if name == "offset":
                    continue
                values = unpack(group["offset"][()], column[()]) if name in CURVES else column[()]
                values = [new.get(row) for row in sample] if name == "sample" else values
                attributes, found = singles.setdefault(name, (dict(column.attrs), []))
                found += [values[i] for i in kept]
        offset += len(chosen)
    _write_ragged(file.create_group("curves"), averages)
    group = file.create_group("half_cycles")
    _write_ragged(group, {name: singles.pop(name)[1] for name in averages})
    for name, (attributes, values) in singles.items():
        if len(values) == group["offset"].shape[0] - 1:  # a column that each of the files has
            kind = h5py.string_dtype() if values and isinstance(values[0], bytes) else None
            group.create_dataset(name, data=values if kind else np.array(values), dtype=kind).attrs.update(attributes)


def _write_ragged(group, columns):
    for name, curves in columns.items():
        offset, values = pack(curves)
        group.create_dataset(name, data=values).attrs.update(attributes(CURVES[name]))
    group.create_dataset("offset", data=offset).attrs.update(attributes(CURVES["offset"]))
