"""A design → samples: points, levels, domains, the filter of impossible structures, content-hash ids; single designs too."""

import csv
from collections import Counter
from dataclasses import dataclass
from itertools import product

import numpy as np
from pydantic import ValidationError

from hardmag.campaign.config import Range
from hardmag.campaign.samples import Sample
from hardmag.errors import UserError
from hardmag.files import complaint, said
from hardmag.magnitudes import implausible
from hardmag.nanostructures import refuse_unsolvable
from hardmag.nanostructures.kind import DIGITS

NO_ANGLE = {"type": "angle", "loc": ("alpha_deg",), "msg": "must be a number from 0 to 90"}  # as pydantic's complaints are


@dataclass(frozen=True)
class Plan:
    """samples: list of Sample; rejected: {reason: number of combinations}; rejected_rows:
    {reason: numbers of the table's rows that these combinations are made of}; duplicates: number of combinations that are the
    same sample as one before; files: those that any of the combinations names."""

    samples: list
    rejected: Counter
    rejected_rows: dict
    duplicates: int
    files: list

    @property
    def combinations(self):
        """Number of combinations before the filter."""
        return len(self.samples) + sum(self.rejected.values()) + self.duplicates


def make_plan(campaign):
    """All samples of a campaign, in the order of the design. Equal samples occur once."""
    rows = _rows(campaign)
    numbers = {tuple(row.items()): n for n, row in reversed(list(enumerate(rows, start=1)))}  # of equal rows the first
    rejected, rejected_rows, samples, duplicates, files = Counter(), {}, {}, 0, {}
    settings = campaign.half_cycle.model_dump(mode="json")
    for combination in _in_domains(campaign, _combinations(campaign, rows)):
        values = dict(combination)
        alpha_deg = values.pop("alpha_deg", 0.0)
        row = numbers[tuple((key, combination[key]) for key in rows[0])] if rows else None
        place = f"{campaign.design.file}: row {row}: " if rows else ""
        if not isinstance(alpha_deg, (int, float)) or not 0 <= alpha_deg <= 90:
            raise UserError(_said(campaign, NO_ANGLE | {"input": alpha_deg}, place))
        try:
            structure = campaign.nanostructure_kind.model_validate(campaign.nanostructure | campaign.beside(values))
            refuse_unsolvable(structure, settings, "half_cycle")
            sample = Sample.of(structure, float(alpha_deg), settings)
        except ValidationError as error:
            reason = _impossible(error)
            if reason is None:
                raise UserError("; ".join(_said(campaign, item, place) for item in error.errors())) from None
            rejected[reason] += 1
            if rows and row not in rejected_rows.setdefault(reason, []):
                rejected_rows[reason].append(row)
            continue
        except UserError as error:
            raise UserError(place + str(error)) from None
        files |= dict.fromkeys(sample.nanostructure[key] for key in structure.files if key in sample.nanostructure)
        duplicates += sample.id in samples
        samples.setdefault(sample.id, sample)
    if not samples:
        reasons = "; ".join(f"{reason} ({n})" for reason, n in rejected.items())
        raise UserError(f"design: leaves no possible sample: {reasons}")
    return Plan(list(samples.values()), rejected, rejected_rows, duplicates, list(files))


def _said(campaign, item, place):
    """One of the complaints of a ValidationError, with the key of the campaign file, or of its table at a place. Of a range it
    gives the ends, for nobody has typed the number that was drawn from it."""
    key = item["loc"][0] if item["loc"] else ""
    if key in campaign.design.parameters:
        given = campaign.design.parameters[key]
        return said(item | {"input": given} if isinstance(given, Range) else item, "design.parameters")
    return said(item, "nanostructure") if not place or key in campaign.nanostructure else place + said(item)


def samples_of(campaign, designs):
    """Of each design, a dict of parameters, its sample, or in words why there is none: a list of Sample and str.

    A design gives the parameters that the campaign's samples do not share. Its box is that of the first domain that it lies
    in; `also` of domains is for the campaign's own design. Numbers are rounded as those of a design's points are. Raises
    UserError for an unknown parameter, a missing one, or one of another type.
    """
    return [_sample_of(campaign, design) for design in designs]


def _sample_of(campaign, design):
    values = {k: round(v, DIGITS) if isinstance(v, float) else v for k, v in design.items()}
    if campaign.domains and "size_nm" not in values:
        boxes = [d.size_nm for n, d in enumerate(campaign.domains) if _belongs(values, d, n)]
        if not boxes:
            return "must lie in one of the domains"
        values["size_nm"] = list(boxes[0])
    alpha_deg = values.pop("alpha_deg", 0.0)
    if not 0 <= alpha_deg <= 90:
        return "alpha_deg must be from 0 to 90"
    try:
        structure = campaign.nanostructure_kind.model_validate(campaign.nanostructure | campaign.beside(values))
    except ValidationError as error:
        reason = _impossible(error) or _out_of_range(error)
        if reason is None:
            raise UserError(complaint(error, "design")) from None
        return reason
    return Sample.of(structure, float(alpha_deg), campaign.half_cycle.model_dump(mode="json"))


def _out_of_range(error):
    """What a ValidationError says that only finds numbers too small, too large or not finite, else None."""
    bounds = ("greater_than", "greater_than_equal", "less_than", "less_than_equal", "finite_number")
    found = error.errors()
    if any(e["type"] not in bounds for e in found):
        return None
    return "; ".join(f"{e['loc'][0]}: {e['msg']}" for e in found)


def _impossible(error):
    """Reason of a ValidationError that only says that the parameters contradict each other, else None."""
    reasons = {getattr(e.get("ctx", {}).get("error"), "reason", None) for e in error.errors()}
    return reasons.pop() if len(reasons) == 1 else None


def _combinations(campaign, rows):
    """Points × levels: a list of {parameter: value}. rows: those of the design's table, if it is one."""
    design = campaign.design
    ranges = {k: v for k, v in design.parameters.items() if isinstance(v, Range)}
    levels = {k: v for k, v in design.parameters.items() if not isinstance(v, Range)}
    if rows:
        for key in rows[0]:
            place = "design.parameters" if key in design.parameters else "nanostructure"
            if key in design.parameters or key in campaign.nanostructure:
                raise UserError(f"{place}.{key}: is a column of {design.file} too; give one or the other")
    points = _sampled(design.kind, ranges, design.points, campaign.seed) if ranges else rows or [{}]
    crossed = [dict(zip(levels, values, strict=True)) for values in product(*levels.values())]
    return [point | level for point in points for level in crossed]


def _rows(campaign):
    """Rows of the design's table, of plausible magnitudes; [] where there is no table."""
    file = campaign.design.file
    if file is None:
        return []
    fields = {name: f.annotation for name, f in campaign.nanostructure_kind.model_fields.items()}
    rows = read_table(file, fields | {"alpha_deg": float})
    for key in () if campaign.any_magnitude else rows[0]:
        if implausible({key: [row[key] for row in rows]}):  # of angles the whole column tells
            wrong = ((number, implausible({key: row[key]})) for number, row in enumerate(rows, start=1))
            raise UserError(next(f"{file}: row {number}: {text}" for number, text in wrong if text))
    return rows


def _sampled(kind, ranges, points, seed):
    from scipy.stats import qmc  # takes longer to import than most plans to make

    if kind == "sobol":  # a Sobol sequence is balanced at powers of two only: draw the next one and cut
        unit = qmc.Sobol(len(ranges), seed=seed).random_base2(int(np.ceil(np.log2(points))))[:points]
    else:
        unit = qmc.LatinHypercube(len(ranges), seed=seed).random(points)
    scaled = np.stack([r.at(share) for r, share in zip(ranges.values(), unit.T, strict=True)], axis=1)
    return [dict(zip(ranges, (round(float(v), DIGITS) for v in row), strict=True)) for row in scaled]


def read_table(path, fields):
    """Rows of a CSV file as {parameter: value}. A column 'reference' is for the reader and is not used.

    fields: {parameter: type} that may be columns; cells of a parameter that is a number must be finite numbers.
    """
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(line for line in file if not line.startswith("#"))
            columns = reader.fieldnames or []
            rows = list(reader)
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{path}: not a CSV table in UTF-8 ({error})") from None
    unknown = sorted(set(columns) - set(fields) - {"reference"})
    if unknown:
        allowed = ", ".join(sorted(fields))
        raise UserError(f"{path}: column {unknown[0]!r} is not a parameter; allowed are {allowed}")
    twice = sorted({c for c in columns if columns.count(c) > 1})
    if twice:
        raise UserError(f"{path}: column {twice[0]!r} stands twice")
    if not rows:
        raise UserError(f"{path}: holds no rows")
    for number, row in enumerate(rows, start=1):
        row.pop("reference", None)
        if None in row or None in row.values():
            raise UserError(f"{path}: row {number} has {'more' if None in row else 'fewer'} cells than there are columns")
        for key, text in row.items():
            row[key] = text.strip()
            if fields[key] is float:
                row[key] = _number(text)
                if not np.isfinite(row[key]):
                    raise UserError(f"{path}: row {number}: {key} = {text.strip()!r} must be a finite number")
    return rows


def _number(text):
    try:
        return float(text)
    except ValueError:
        return float("nan")


def _in_domains(campaign, combinations):
    """Assign boxes: each combination to the domains whose bounds it meets, and to those that draw it once more."""
    if not campaign.domains:
        return combinations
    placed = []
    for number, domain in enumerate(campaign.domains):
        own = [v for v in combinations if _belongs(v, domain, number)]
        others = sorted({_without_angle(v) for v in combinations if not _belongs(v, domain, number)}, key=repr)
        if domain.also > len(others):
            raise UserError(f"domains.{number}.also = {domain.also} is more than the {len(others)} other points")
        # What is drawn again is drawn by structure: all its angles go along.
        rng = np.random.default_rng([campaign.seed, number])
        again = {others[i] for i in rng.choice(len(others), domain.also, replace=False)} if domain.also else set()
        own += [v for v in combinations if not _belongs(v, domain, number) and _without_angle(v) in again]
        placed += [v | {"size_nm": list(domain.size_nm)} for v in own]
    left_out = sum(not any(_belongs(v, d, n) for n, d in enumerate(campaign.domains)) for v in combinations)
    if left_out:
        raise UserError(f"domains.*.where leaves out {left_out} of {len(combinations)} combinations")
    return placed


def _belongs(values, domain, number):
    for key, bounds in domain.where.items():
        if isinstance(values.get(key), str):
            raise UserError(f"domains.{number}.where.{key}: {values[key]!r} has no order; bounds are for numbers")
        if key not in values or not bounds.holds(values[key]):
            return False
    return True


def _without_angle(values):
    return tuple((k, v) for k, v in values.items() if k != "alpha_deg")
