"""What the data say of the claims of Kovacs et al. on composition: a number, its interval and a verdict for each."""

from collections import Counter
from math import isfinite

from hardmag.figures.tables import markdown_table, write_table
from hardmag.files import atomic_path, read_json, write_json
from hardmag.intrinsic.tables import read_measured
from hardmag.materials.intrinsic import IntrinsicModel
from hardmag.papers.kovacs2023.composition_claims import CLAIMS
from hardmag.papers.kovacs2023.evidence import Evidence
from hardmag.papers.verdicts import AGREES, CANNOT_TELL, DISAGREES, verdict

HEAD = ("where", "claim", "number", "paper", "here", "95 %", "of", "verdict")
TEXT = """# The paper's claims on composition, held against this project's data

Kovacs et al. 2023 (Front. Mater. 9:1094055), sections 2.1.3, 3.1 and 3.2. The claims are those of
`src/hardmag/papers/kovacs2023/composition_claims.py`. The model is that of hardmag: {origin}.
**{agrees} claims agree, {disagrees} disagree, {open} cannot be told.**

**The data are not the paper's**, which are closed: 119 alloys of one laboratory from 300 to 453 K. These are of the literature,
at room temperature, by many laboratories. Repeated measurements of one composition scatter by {K1_floor} MJ/m³ and
{Ms_floor} T, more than the paper's errors of 0.31 MJ/m³ and 0.04 T. A disagreement says that a claim does not hold
here, not that it is wrong there.

**The rule.** A claim is put as a number that must lie in a range: above 0 where the table names none. It *agrees* if the whole
95 % interval lies in the range, *disagrees* if it lies outside; else, and where there is no interval, the data *cannot tell*.
Of what the interval is, the table says:

- *fit*: spread over fits to 100 bootstrap samples of the rows, what the paper calls a confidence interval. It is taken for
  differences and signs alone, in which the errors of laboratories cancel: it holds {K1_held} of measured K1, {Ms_held} of µ0Ms.
  What the form of the model gets wrong is not in it.
- *CV+*: a measurement in another laboratory; it holds {K1_cv_plus} and {Ms_cv_plus}. Values of a composition are held against
  it. Within 0.45 MJ/m³ and 0.12 T of the paper's value counts as met; the interval is mostly wider, so that little can be
  told. Where it does not even hold the paper's value, the table says *beyond*.
- *rows*: the measured rows themselves, without a model.
- *sample*: compositions drawn at random; it says how far more of them would move the number.

"""


def find_composition(measured, scores, data, output, model=None):
    """Judge every claim and write composition_findings.json. measured: list of tables; scores: file of steps.score_model of the
    sublattice model; data: file of steps.score_data; model: file of an IntrinsicModel, by default hardmag's own."""
    found = IntrinsicModel.read(model)
    evidence = Evidence(found, read_measured(*measured), read_json(scores))
    floor = {target: table["SD"] for target, table in read_json(data)["noise_floor"].items()}
    write_json(output, judged(evidence) | {"origin": found.origin, "noise_floor": floor})


def judged(evidence):
    """{"findings": {section: [{where, says, statistic, paper, value, low, high, interval, claimed, note, beyond, verdict}]},
    "coverage": {target: {"cv_plus", "bootstrap"}}}; null where there is no number."""
    findings = {section: [_entry(claim, evidence) for claim in claims] for section, claims in CLAIMS.items()}
    kinds = ("cv_plus", "bootstrap")
    held = {t: {kind: _number(evidence.coverage(t, kind)) for kind in kinds} for t in ("K1_MJ_per_m3", "mu0_Ms_T")}
    return {"findings": findings, "coverage": held}


def _entry(claim, evidence):
    value, low, high = map(float, claim.of(evidence))
    beyond = claim.paper is not None and (claim.paper < low or claim.paper > high)
    return {
        "where": claim.where,
        "says": claim.says,
        "statistic": claim.statistic,
        "paper": claim.paper,
        "value": _number(value),
        "low": _number(low),
        "high": _number(high),
        "interval": claim.interval,
        "claimed": [_number(edge) for edge in claim.claimed],
        "note": claim.note,
        "beyond": beyond,
        "verdict": verdict(low, high, claim.claimed),
    }


def write_findings(findings, markdown, table):
    """findings: of find_composition. As Markdown, the page of the docs, and as CSV."""
    data = read_json(findings)
    with atomic_path(markdown) as temporary:
        temporary.write_text(page(data), encoding="utf-8")
    write_table(HEAD, [_row(entry) for entries in data["findings"].values() for entry in entries], table)


def page(data):
    """docs/composition-findings.md, of what find_composition wrote."""
    found = data["findings"]
    count = Counter(entry["verdict"] for entries in found.values() for entry in entries)
    floor, held = data["noise_floor"], data["coverage"]
    head = TEXT.format(
        origin=data["origin"],
        agrees=count[AGREES],
        disagrees=count[DISAGREES],
        open=count[CANNOT_TELL],
        K1_floor=f"{floor['K1_MJ_per_m3']:.2f}",
        Ms_floor=f"{floor['mu0_Ms_T']:.3f}",
        K1_held=_percent(held["K1_MJ_per_m3"]["bootstrap"]),
        Ms_held=_percent(held["mu0_Ms_T"]["bootstrap"]),
        K1_cv_plus=_percent(held["K1_MJ_per_m3"]["cv_plus"]),
        Ms_cv_plus=_percent(held["mu0_Ms_T"]["cv_plus"]),
    )
    return head + "\n".join(f"## {name}\n\n{markdown_table(HEAD, map(_stressed, entries))}" for name, entries in found.items())


def _row(entry):
    interval = "" if entry["low"] is None else f"{_text(entry['low'])} … {_text(entry['high'])}"
    says = f"{entry['says']} ({entry['note']})" if entry["note"] else entry["says"]
    told = f"{entry['verdict']}, beyond" if entry["beyond"] and entry["verdict"] == CANNOT_TELL else entry["verdict"]
    numbers = _text(entry["paper"]), _text(entry["value"])
    return [entry["where"], says, entry["statistic"], *numbers, interval, entry["interval"], told]


def _text(number):
    return "" if number is None else f"{number:.3g}".replace("-", "−")


def _stressed(entry):
    """For Markdown: what disagrees in bold."""
    *row, told = _row(entry)
    return [*row, f"**{told}**" if told == DISAGREES else told]


def _percent(share):
    return f"{100 * share:.0f} %"


def _number(value):
    """Six digits, None for what is not finite."""
    return float(f"{value:.6g}") if isfinite(value) else None
