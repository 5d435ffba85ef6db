"""Pictures and findings of Kovacs et al. on composition, as workflow/rules/intrinsic.smk makes them."""

from pathlib import Path

from hardmag.files import read_json, write_json
from hardmag.intrinsic.inverse import find_compositions
from hardmag.intrinsic.limits import TARGETS, Limits
from hardmag.intrinsic.settings import read_settings
from hardmag.intrinsic.tables import MEASURED
from hardmag.materials.composition import Composition
from hardmag.materials.intrinsic import IntrinsicModel
from hardmag.materials.price import read_prices
from hardmag.papers.kovacs2023 import compositions
from hardmag.papers.kovacs2023.composition_findings import find_composition, write_findings
from hardmag.papers.kovacs2023.figures.contributions import draw_contributions
from hardmag.papers.kovacs2023.figures.lanthanum import draw_lanthanum
from hardmag.papers.kovacs2023.figures.overlap import draw_overlap
from hardmag.papers.kovacs2023.figures.targets import draw_targets


def find_answers(model, path):
    """Our compositions for the paper's two targets at both temperatures, the best of each search."""
    read, prices, found = IntrinsicModel.read(model), read_prices(), []
    for part, wanted in compositions.TARGETS.items():
        for T_K in (compositions.ROOM_K, compositions.HOT_K):
            answers = find_compositions(read, T_K, dict(zip(TARGETS, wanted, strict=True)), Limits(), prices, count=1)
            found += [[part, T_K, str(answer.described.composition)] for answer in answers.answers]
    write_json(path, found)


def draw(figure, settings_file, model, answers, output):
    """One of COMPOSITION_FIGURES."""
    measured = _measured(settings_file)
    if figure == "overlap":
        rows, curie, computed = read_settings(settings_file).tables()
        draw_overlap(rows.shares, (curie if computed is None else computed).shares, output)
    elif figure == "targets":
        found = [(part, T_K, Composition.parse(text)) for part, T_K, text in read_json(answers)]
        draw_targets(model, measured, found, output)
    else:
        {"lanthanum": draw_lanthanum, "contributions": draw_contributions}[figure](model, measured, output)


def find(settings_file, model, scores, data, findings, markdown, table):
    """What our data say of the paper's claims, as JSON, page and CSV."""
    find_composition(_measured(settings_file), scores, data, findings, model)
    write_findings(findings, Path(markdown), Path(table))


def _measured(settings_file):
    settings = read_settings(settings_file)
    return [*([MEASURED] if settings.own_tables else []), *settings.measured]
