"""Pictures and findings of Kovacs et al. on the composition of R2Fe14B."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from legible import faults

from hardmag.figures.notation import formula
from hardmag.intrinsic.tables import CURIE, MEASURED
from hardmag.materials.composition import Composition
from hardmag.materials.intrinsic import IntrinsicModel
from hardmag.papers.kovacs2023.compositions import EXPLAINED, FOUND, HOT_K, ROOM_K, lanthanum
from hardmag.papers.kovacs2023.figures import contributions, overlap, targets
from hardmag.papers.kovacs2023.figures import lanthanum as series


@pytest.fixture
def drawn(monkeypatch):
    """The figures that were saved."""
    found = []
    for module in (contributions, series, overlap, targets):
        monkeypatch.setattr(module, "save", lambda figure, path: found.append(figure))
    yield found
    plt.close("all")


def test_formulas_have_subscripts():
    assert formula("(Nd0.4La0.6)2Fe14B") == "(Nd$_{0.4}$La$_{0.6}$)$_{2}$Fe$_{14}$B"


def test_compositions_of_the_paper_are_compositions():
    assert all(Composition.parse(text) for text in FOUND.values())
    assert str(lanthanum(0.6)) == "(Nd0.4La0.6)2Fe14B" and lanthanum(1).share("La") == lanthanum(0).share("Nd") == 1


def test_lanthanum_is_drawn_as_the_model_says(drawn):
    series.draw_lanthanum(None, [MEASURED], None)
    K1, Ms = drawn[0].axes
    model = IntrinsicModel.read()
    for axis, name in ((K1, "K1_MJ_per_m3"), (Ms, "mu0_Ms_T")):
        room, hot = axis.lines
        for line, T_K in ((room, ROOM_K), (hot, HOT_K)):
            assert line.get_ydata()[-1] == model.at(Composition.parse("La"), T_K)[name][0]
    assert not faults(drawn[0])
    assert len(K1.collections[4].get_offsets()) == 24  # rows, counted in the table by hand


def test_waterfall_ends_at_the_prediction(drawn):
    contributions.draw_contributions(None, [MEASURED], None)
    assert not faults(drawn[0])
    model = IntrinsicModel.read()
    for axis, name in zip(drawn[0].axes, ("mu0_Ms_T", "K1_MJ_per_m3"), strict=True):
        bars = axis.patches
        ends = [bar.get_x() + bar.get_width() for bar in bars]
        assert [bar.get_x() for bar in bars[1:]] == pytest.approx(ends[:-1])
        assert ends[-1] == pytest.approx(float(model.at(EXPLAINED, HOT_K)[name][0]), abs=1e-9)
        widths = [abs(bar.get_width()) for bar in bars]
        assert widths == sorted(widths, reverse=True)
        low, high = axis.get_xlim()
        assert all(low < end < high for end in [bars[0].get_x(), *ends])


def test_targets_are_drawn_with_answers_at_their_temperature(drawn):
    answer = Composition.parse("Nd0.43Pr0.35Ce0.22")
    targets.draw_targets(None, [MEASURED], [("shell", ROOM_K, answer)], None)
    assert not faults(drawn[0])
    room, hot = drawn[0].axes
    texts = [[text.get_text() for text in axis.get_legend().get_texts()] for axis in (room, hot)]
    ours = f"ours, shell: {formula(answer)}"
    assert ours in texts[0] and ours not in texts[1]
    assert f"Kovacs et al., core: {formula(FOUND['core', HOT_K])}" in texts[1]
    assert "measured" in texts[0] and any("none measured" in text for text in texts[1])


def test_overlap_of_the_tables(drawn):
    """Of 42 compositions measured 40 are in the table of Curie temperatures too."""
    overlap.draw_overlap([MEASURED], [CURIE], None)
    assert not faults(drawn[0])
    assert "100 % of 42 measured" in drawn[0].get_suptitle() and drawn[0].get_suptitle().endswith("40 are in both")
    assert np.ptp(drawn[0].axes[0].collections[0].get_offsets()[:, 0]) > 0.5
