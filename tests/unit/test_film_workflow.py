"""The workflow of films: settings, pictures and the page of a small film, and one line for each way in which input is wrong."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from legible import faults

from hardmag.errors import UserError
from hardmag.figures import film as pictures
from hardmag.files import read_json, write_json
from hardmag.films import settings, steps, synthetic
from hardmag.films.film import read_film
from hardmag.films.grains import RANGES
from hardmag.films.regression import pls
from hardmag.films.report import write_page
from hardmag.films.simulated import compared_films
from hardmag.films.splits import groups_of, predicted, score
from hardmag.papers.kovacs2023.film_claims import write_findings
from hardmag.papers.verdicts import AGREES, DISAGREES

ROOT = Path(__file__).parents[2]
MAGNET = "{grains: 64, grain_size_nm: 200, boundary_nm: 4}"
SETTINGS = f"name: small\nrepeats: 1\nsimulated: {{magnet: {MAGNET}}}\nfilms:\n  own: {{made: {{noise_T: 0.05}}}}\n"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Folder of settings.yaml, the film in own/ and its scores.json."""
    folder = tmp_path_factory.mktemp("films")
    (folder / "settings.yaml").write_text(SETTINGS)
    steps.make_film(folder / "settings.yaml", "own", folder / "own")
    steps.score_film(folder / "settings.yaml", "own", folder / "own", folder / "scores.json")
    # Of flawless grains the plane that simulated ones lie near to, in place of a minute of them.
    low, high = np.array(list(RANGES.values())).T
    x = np.random.default_rng(1).uniform(low, high, (40, 2))
    design = dict(zip(RANGES, x.T.tolist(), strict=True)) | {"Hc_over_HA": (0.66 - 0.4 * x[:, 0]).tolist(), "failed": 0}
    write_json(folder / "grains.json", design)
    steps.compare_film(folder / "settings.yaml", "own", folder / "own", folder / "grains.json", folder / "simulated.json")
    return folder


def test_every_picture_is_legible(made, monkeypatch, tmp_path):
    wrong, saved = {}, pictures.save
    source = settings.read_settings(made / "settings.yaml").film("own")
    for name in pictures.figures_of(source):
        keep = lambda figure, output, name=name: (  # noqa: E731
            wrong.update({name: faults(figure)}),
            saved(figure, output),
        )
        monkeypatch.setattr(pictures, "save", keep)
        pictures.draw(name, made / "settings.yaml", "own", made / "own", made / "scores.json", tmp_path / f"{name}.png")
        assert (tmp_path / f"{name}.png").stat().st_size > 5000
    monkeypatch.setattr(pictures, "save", lambda figure, output: wrong.update(simulated=faults(figure)))
    pictures.draw_simulated(made / "simulated.json", tmp_path / "simulated.png")
    assert set(wrong) == {"simulated", "maps", "predictions", "importance", "models", "composition", "ternary", "waterfall"}
    assert not any(wrong.values()), wrong


def test_ternary_places_corners_and_middle():
    """By hand: an equilateral triangle of side 1."""
    places = pictures._in_triangle(np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [1 / 3, 1 / 3, 1 / 3]]))
    assert places == pytest.approx(np.array([[0, 0], [1, 0], [0.5, 0.8660254], [0.5, 0.2886751]]), abs=1e-6)


def test_page_holds_scores_beside_baselines_and_verdicts(made, tmp_path):
    write_findings([made / "scores.json"], tmp_path / "findings.json", tmp_path / "findings.md")
    files = [made / "scores.json"], [["maps"]], [made / "simulated.json"], tmp_path / "findings.md"
    write_page("small", *files, tmp_path / "report.md")
    text = (tmp_path / "report.md").read_text()
    for words in (
        "position alone, Gaussian process",
        "blocks of 20 mm",
        "CV+",
        "figures/own/maps.png",
        "claims on films",
        "Measured over simulated",
    ):
        assert words in text
    verdicts = {(row["says"], row["statistic"]): row["verdict"] for row in read_json(tmp_path / "findings.json")}
    bagging = "bagging gives the 95 % confidence interval"
    assert verdicts[bagging, "share of left-out measurements that it holds, 0.9 … 1"] == DISAGREES
    assert verdicts["Nd raises the coercive field", "coefficient (T), > 0"] == AGREES
    assert verdicts["La lowers the coercive field", "coefficient (T), < 0"] == AGREES


def test_same_seed_same_film(made, tmp_path):
    """To the byte, of every file."""
    steps.make_film(made / "settings.yaml", "own", tmp_path / "again")
    files = sorted(path.relative_to(made / "own") for path in (made / "own").rglob("*.*"))
    assert len(files) == 2 + 3 * 209
    assert all((made / "own" / file).read_bytes() == (tmp_path / "again" / file).read_bytes() for file in files)


def test_settings_that_ship_are_read():
    given = settings.read_settings(ROOT / "config/film/wafer.yaml")
    film = read_film(given.film("ndcefeb"))
    assert compared_films(given) == ["synthetic", "ndcefeb"]
    assert len(film.data) == 216 and film.data.names[:3] == ("a", "c", "thickness")
    assert film.left_out == {"coercivity: not measured": 56, "thickness: not measured": 5}
    found = predicted(film.data, pls, groups_of(film.data, "blocks"), np.random.default_rng(1))
    reached = score(film.data.y, found)  # benchmarks/film.json: 0.969 and 0.045 T; single foldings differ by 0.002 and 0.002 T
    assert reached["R2"] >= 0.95 and reached["MAE"] <= 0.055


@pytest.mark.parametrize(
    ("film", "says"),
    [
        ("{}", "films.own: either made or table must be given"),
        ("{made: {}, table: t.csv}", "films.own: either made or table must be given"),
        ("{made: {noise_T: -1}}", "films.own.made.noise_T"),
        ("{made: {}, inputs: [a]}", "must not be given"),
        ("{table: t.csv, moke: loops}", "moke and peak_T belong together"),
        ("{table: t.csv}", "t.csv does not exist"),
        ("{made: {}, windows_deg: [[31, 28]]}", "[31.0, 28.0] must rise"),
        ("{table: t.csv, composition: Nd}", "composition and shares belong together"),
        ("{table: t.csv, composition: Xx, shares: {Ce: c}}", "composition 'Xx'"),
        ("{table: t.csv, composition: Nd, shares: {Dy: c}}", "films.own.shares.Dy"),
        ("{made: {}, composition: Nd, shares: {Ce: c}}", "shares must not be given"),
        ("{made: {}, seeds: 3}", "films.own.seeds: unknown key"),
    ],
)
def test_wrong_settings_are_one_line(tmp_path, film, says):
    path = tmp_path / "s.yaml"
    path.write_text(f"name: s\nfilms:\n  own: {film}\n")
    with pytest.raises(UserError) as caught:
        settings.read_settings(path)
    message = str(caught.value)
    assert message.startswith(str(path)) and says in message and "\n" not in message


@pytest.mark.parametrize(
    ("simulated", "says"),
    [
        ("{}", "simulated.magnet: required key is missing"),
        ("{magnet: {grains: 8, grain_K1_MJ_per_m3: 4}}", "magnet.grain_K1_MJ_per_m3: must be one of grains, grain_size_nm"),
        ("{magnet: {grains: 8}}", "simulated.magnet: boundary_nm: required key is missing"),
        (f"{{magnet: {MAGNET}, temperature_K: 0}}", "simulated.temperature_K"),
    ],
)
def test_wrong_grains_are_one_line(tmp_path, simulated, says):
    path = tmp_path / "s.yaml"
    path.write_text(f"name: s\nsimulated: {simulated}\nfilms:\n  own: {{made: {{}}}}\n")
    with pytest.raises(UserError) as caught:
        settings.read_settings(path)
    message = str(caught.value)
    assert message.startswith(str(path)) and says in message and "\n" not in message


def _table(change=lambda rows: rows, head="x (mm),y (mm),Nd (at%),Fe (at%),Hc (T)"):
    rows = [[x, y, 15 + 0.1 * x, 85 - 0.1 * x, 1 + 0.01 * x] for x in range(-30, 31, 10) for y in range(-40, 41, 10)]
    return "\n".join([head, *(",".join(map(str, row)) for row in change(rows))]) + "\n"


def _twice(rows):
    return [*rows, rows[3]]


def _short(rows):
    return rows[:20]


def _no_sum(rows):
    rows[2][2] += 5
    return rows


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (_table(_twice), "position x = -30 mm, y = -10 mm stands twice"),
        (_table(_no_sum), "line 4: Nd + Fe sum to 105 %; must be 100 %"),
        (_table(_short), "20 positions with all that counts; 30 are needed"),
        (_table(head="x (mm),y (mm),Nd (at%),Fe (at%),Coercivity (T)"), "no column Hc; there are Nd, Fe, Coercivity"),
        (_table(head="x (mm),y (mm),Nd (at%),Fe (at%),Hc (K)"), "column Hc is in K; a coercivity must be a field"),
    ],
)
def test_wrong_tables_are_one_line(tmp_path, text, says):
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(UserError) as caught:
        read_film(settings.Source(table=tmp_path / "t.csv"))
    assert says in str(caught.value) and "\n" not in str(caught.value) and "t.csv" in str(caught.value)


def test_wrong_patterns_are_one_line(made, tmp_path):
    """Another step in one pattern; windows that the patterns do not hold."""
    source = settings.Source(made=settings.Made()).in_folder(made / "own", synthetic.PEAK_T)
    with pytest.raises(UserError, match=r"xrd: patterns from 27° to 46.5° do not hold windows_deg"):
        read_film(source.model_copy(update={"windows_deg": ((28.0, 50.0),)}))
    (tmp_path / "xrd").mkdir()
    for name, step in (("x0_y0", 0.02), ("x5_y0", 0.04)):
        rows = "\n".join(f"{27 + step * k:.2f} 5" for k in range(400))
        (tmp_path / "xrd" / f"{name}.xy").write_text(rows)
    with pytest.raises(UserError, match=r"x5_y0.xy: 400 angles from 27° to 42.96° by 0.04°, but x0_y0.xy has") as caught:
        read_film(source.model_copy(update={"patterns": tmp_path / "xrd"}))
    assert "\n" not in str(caught.value)


def test_workflow_says_a_mistake_in_one_line(tmp_path):
    (tmp_path / "t.csv").write_text(_table(_twice))
    (tmp_path / "s.yaml").write_text("name: s\nfilms:\n  own: {table: t.csv}\n")
    command = [
        "--snakefile",
        str(ROOT / "workflow/rules/films.smk"),
        "--config",
        f"settings={tmp_path / 's.yaml'}",
        "--dry-run",
    ]
    ended = subprocess.run(
        [sys.executable, "-m", "snakemake", *command], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    lines = [line for line in (ended.stdout + ended.stderr).splitlines() if "error: " in line]
    assert ended.returncode == 1 and len(lines) == 1 and "stands twice" in lines[0]
    assert "Traceback" not in ended.stderr


def test_tables_of_the_page_are_those_of_the_benchmark(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    import film as benchmark

    page, result = (ROOT / "docs/film.md").read_text(), read_json(ROOT / "benchmarks/film.json")
    assert benchmark.fill(page, result) == page and page.count("\n| ---") == 8
