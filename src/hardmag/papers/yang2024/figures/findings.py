"""What the data say about the findings of Yang et al., as Markdown and CSV."""

from collections import Counter

from hardmag.figures.tables import markdown_table, write_table
from hardmag.files import atomic_path, read_json
from hardmag.papers.verdicts import AGREES, CANNOT_TELL, DISAGREES
from hardmag.papers.yang2024.artefacts import LEFT_OUT, NUMBERED

PLURALS = {AGREES: "agree", DISAGREES: "disagree", CANNOT_TELL: "cannot be told"}
HEAD = ("where", "finding", "number", "value", "95 %", "verdict")
# Yang et al., text and Supplementary Note 1.2, by the keys of findings.json's conditions.
PAPERS = {
    "samples": "16,805",
    "boxes_nm": "128×128, 192×192",
    "cells_nm": "0.5",
    "boundary_layers_nm": "2",
    "exchange": "harmonic mean of A/Ms (eq. 7)",
    "angles_deg": "five, 60 among them",
    "z_sets": "dft, literature, modified",
    "half_cycles": "5 to 10",
    "L_nm": "30 to 180 or more",
    "d_nm": "11 to some 50 or more",
    "wS_nm": "up to 15",
    "wZ_nm": "up to 11 or more",
}
NAMES = {
    "samples": "samples accepted",
    "boxes_nm": "box, in plane (nm)",
    "cells_nm": "cell, in plane (nm)",
    "boundary_layers_nm": "soft layer around the box (nm)",
    "exchange": "exchange between unlike cells",
    "angles_deg": "misorientations α (°)",
    "z_sets": "sets of Z-phase properties",
    "half_cycles": "half-cycles per sample",
    "L_nm": "L (nm)",
    "d_nm": "d (nm)",
    "wS_nm": "wS (nm)",
    "wZ_nm": "wZ (nm)",
}
RANGES = ("half_cycles", "L_nm", "d_nm", "wS_nm", "wZ_nm")
TEXT = """# The findings of Yang et al., held against this project's data

Campaign `{campaign}`, {accepted} accepted samples of {nanostructures} nanostructures. The claims are those of
`src/hardmag/papers/yang2024/claims.py`, the numbers those of the campaign's `findings.json`.
**{agrees} findings agree, {disagrees} disagree, {open} cannot be told.**

**The data are not the paper's.** Box, cell, exchange formula and range of lengths differ. A disagreement says that a
finding does not hold here, not that it is wrong there:

{conditions}
`docs/smco17-depends.md` says of the dataset that comes with the project, for each finding that does not agree, whether
that hangs on what counts as a discontinuity, on the faces of the soft layer or on equation 7.

Of {samples} samples {rescued} were accepted after a correction, {quarantined} given up{reasons}.

**The rule.** A finding is put as a number that must lie in a range: above 0 where the table names none. Its interval is
the 95 % percentile bootstrap over nanostructures, {resamples} draws. It *agrees* if the whole interval lies in the range,
*disagrees* if it lies outside, else the data *cannot tell*. What is strongest is compared with its strongest rival in
each draw. Correlations are Spearman's ρ over samples with a coercivity. Errors are those of the forward network (their
rise when a feature is shuffled) and of the best model (for Hc: {best_Hc}; for Φp: {best_phi_p}), on nanostructures that
neither has seen. Maps are thin-plate splines through the means of nanostructures over all angles and Z sets. The share of
designs that succeed has Wilson's interval over the queries.

"""


def write_findings(findings, markdown, table):
    """findings: of papers.yang2024.findings.find."""
    data = read_json(findings)
    with atomic_path(markdown) as temporary:
        temporary.write_text(page(data), encoding="utf-8")
    rows = [_row(entry) for entries in data["findings"].values() for entry in entries]
    write_table(HEAD, rows, table)


def page(data):
    """docs/smco17.md, of what findings.json holds."""
    quality, found = data["quality"], data["findings"]
    count = Counter(entry["verdict"] for entries in found.values() for entry in entries)
    reasons = ", ".join(f"{code}: {n}" for code, n in sorted(quality["reasons"].items()))
    head = TEXT.format(
        campaign=data["campaign"],
        accepted=quality["accepted"],
        samples=quality["samples"],
        rescued=quality["rescued"],
        quarantined=quality["quarantined"],
        reasons=f" ({reasons})" if reasons else "",
        nanostructures=data["nanostructures"],
        resamples=data["resamples"],
        best_Hc=data["best_models"]["mu0_Hc_T"],
        best_phi_p=data["best_models"]["phi_p"],
        agrees=count[AGREES],
        disagrees=count[DISAGREES],
        open=count[CANNOT_TELL],
        conditions=_conditions(data["conditions"] | {"samples": quality["accepted"]}),
    )
    sections = [f"## {name}\n\n{markdown_table(HEAD, map(_stressed, entries))}" for name, entries in found.items()]
    return head + "\n".join([*sections, _artefacts(found)])


def _conditions(ours):
    rows = [[NAMES[name], _condition(name, ours[name]), papers] for name, papers in PAPERS.items()]
    return markdown_table(["", "here", "Yang et al."], rows)


def _condition(name, value):
    if name == "boxes_nm":
        return ", ".join(f"{x:g}×{y:g}" for x, y in value)
    if name in RANGES:
        return f"{value[0]:.3g}" if value[0] == value[1] else f"{value[0]:.3g} to {value[1]:.3g}"
    if isinstance(value, list):
        return ", ".join(v if isinstance(v, str) else f"{v:g}" for v in value)
    return f"{value:,}"


def _row(entry):
    value, low, high = (entry[key] for key in ("value", "low", "high"))
    interval = "" if low is None else f"{low:.3g} … {high:.3g}"
    says = f"{entry['says']} ({entry['note']})" if entry["note"] else entry["says"]
    return [entry["where"], says, entry["statistic"], "" if value is None else f"{value:.3g}", interval, entry["verdict"]]


def _stressed(entry):
    """For Markdown: what disagrees in bold."""
    *row, verdict = _row(entry)
    return [*row, f"**{verdict}**" if verdict == DISAGREES else verdict]


def _artefacts(found):
    verdicts = {}
    for entry in (entry for entries in found.values() for entry in entries):
        verdicts.setdefault(entry["where"], Counter())[entry["verdict"]] += 1
    rows = [
        [
            a.number,
            a.what,
            _counted(verdicts.get(a.number, {})),
            ", ".join(f"`{p}`" for p in a.outputs.values()),
            f"`{a.function}`",
        ]
        for a in NUMBERED
    ]
    left_out = "; ".join(f"{number}: {why}" for number, why in LEFT_OUT.items())
    return (
        "## Its figures and tables\n\n"
        "Files below `results/<campaign>/`, functions of `hardmag.figures`. Fig. 2b and 2c are those of the paper's text; its\n"
        f"caption has them the other way round. Left out: {left_out}.\n"
        "Table 1 is there where inverse designs were simulated.\n\n"
        f"{markdown_table(['', 'what', 'findings', 'file', 'function'], rows)}"
    )


def _counted(verdicts):
    return ", ".join(f"{verdicts[name]} {plural}" for name, plural in PLURALS.items() if name in verdicts)
