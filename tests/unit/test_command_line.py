"""The command line: files told apart, what is mistyped answered with the nearest, and the lines at the end of a run."""

import json

import h5py
import numpy as np
import pytest
from refusals import complaint

from hardmag.campaign.ledger import plan_campaign
from hardmag.campaign.samples import Sample
from hardmag.cli import campaigns, designs, main
from hardmag.cli.words import named
from hardmag.control.places import campaign_file as campaign_file_of
from hardmag.control.places import dataset_file, results_folder
from hardmag.dataset import found as found_module
from hardmag.dataset.found import found
from hardmag.errors import UserError

CASE = "nanostructure: {kind: smco17}\nfield: {direction: [0, 0, 1], from_T: 1, to_T: -5, step_T: 0.5}\n"
MAKES = "`hardmag run FILE` makes results/<campaign>"


@pytest.fixture
def folder(campaign_file, tmp_path, monkeypatch):
    """A folder with campaign.yaml, case.yaml, data.h5 and a planned campaign in results/tiny; the current one."""
    monkeypatch.chdir(tmp_path)
    campaign_file()
    plan_campaign("campaign.yaml", tmp_path / "results" / "tiny")
    (tmp_path / "case.yaml").write_text(CASE)
    h5py.File(tmp_path / "data.h5", "w").close()
    return tmp_path


# ---- folders and files alike


@pytest.mark.parametrize("place", ["campaign.yaml", "results/tiny", "results/tiny/"])
def test_folder_or_campaign_file(folder, place):
    assert campaign_file_of(place) == "campaign.yaml"
    assert str(results_folder(place)).rstrip("/") == "results/tiny"
    with pytest.raises(UserError, match="results/tiny: no dataset.h5 there yet; .*: hardmag status results/tiny"):
        dataset_file(place)
    h5py.File("results/tiny/dataset.h5", "w").close()
    assert str(dataset_file(place)) == "results/tiny/dataset.h5"


@pytest.mark.parametrize(
    "command", [("run", "--profile", "none"), ("resume", "--profile", "none"), ("plan",), ("status",), ("quarantine", "list")]
)
def test_commands_take_both(folder, command, capsys):
    """As far as they come, without a profile: the same for both."""
    said = []
    for place in ("campaign.yaml", "results/tiny"):
        said.append((main([*command, place]), capsys.readouterr()))
    assert said[0] == said[1]
    assert "no such" not in said[0][1].err


def test_a_campaign_file_that_went_away(folder, capsys):
    (folder / "campaign.yaml").unlink()
    said = complaint(capsys, "run", "results/tiny")
    assert said == "results/tiny: its campaign file campaign.yaml is not there; name the file"
    assert main(["status", "results/tiny"]) == 0


def test_results_of_a_given_dataset(folder, capsys):
    (folder / "results" / "tiny" / "plan.json").rename(folder / "results" / "tiny" / "given.json")
    for command in ("status", "run"):
        assert complaint(capsys, command, "results/tiny").startswith("results/tiny: made from a dataset that was given")


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (("simulate", "campaign.yaml", "-o", "o.h5"), "campaign.yaml: that is a campaign file: hardmag run campaign.yaml"),
        (
            ("simulate", "results/tiny", "-o", "o.h5"),
            "results/tiny: that is a folder; of a campaign: hardmag status results/tiny",
        ),
        *(
            ((*command, "case.yaml"), "case.yaml: that is a case file, of one simulation: hardmag simulate case.yaml -o OUT.h5")
            for command in (("run",), ("resume",), ("plan",), ("status",), ("info",), ("quarantine", "list"))
        ),
        *(
            ((*command, "data.h5"), "data.h5: that is an HDF5 file; of a dataset: hardmag info data.h5")
            for command in (
                ("run",),
                ("status",),
                ("rerun", "a", "--campaign"),
                ("design", "mu0_Hc_T=3", "--campaign"),
            )
        ),
        (("run", "campaign.yml"), "campaign.yml: no such folder of results or campaign file; did you mean campaign.yaml?"),
        (("status", "tiny"), "tiny: no such folder of results or campaign file; did you mean results/tiny?"),
        (("status", "results/tin"), "results/tin: no such folder of results or campaign file; did you mean results/tiny?"),
        (("simulate", "csae.yaml", "-o", "o.h5"), "csae.yaml: no such case file; did you mean case.yaml?"),
        (("run", "mesh.yaml"), "mesh.yaml: no such folder of results or campaign file"),
        # results/tiny is there:
        (("run", "results/none.yaml"), "results/none.yaml: no such folder of results or campaign file"),
        (
            ("info", "nothing"),
            f"nothing: no such folder of results, campaign file or dataset; {MAKES}",
        ),
    ],
)
def test_another_kind_of_file(folder, capsys, words, answer):
    assert complaint(capsys, *words) == answer


# ---- what is mistyped


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (("run", "campaign.yaml", "version"), "explore, verification, learning, all"),
        (("statsu", "x"), "find-composition; did you mean status?"),
        (("quarantine", "relase", "x", "--all"), "'relase' is not one of list, release; did you mean release?"),
        (("status", "x", "--wacth"), "--wacth: no such option; did you mean --watch?"),
        (("run", "campaign.yaml", "--profil=x", "--proflie", "y"), "--proflie: no such option; did you mean --profile?"),
        (("simulate", "x", "--outptu=y"), "--outptu: no such option; did you mean --output?"),  # not: --output is required
        (("predict", "L_nm=3", "--campagn", "x"), "--campagn: no such option; did you mean --campaign?"),
        (("plan", "x", "--device", "cdua"), "'cdua' is not one of cpu, cuda; did you mean cuda?"),
        (("--verison",), "--verison: no such option; did you mean --version?"),
        (("run", "campaign.yaml", "figurs"), "explore, verification, learning, all; did you mean figures?"),
        (("status", "x", "--nonsense"), "--nonsense: no such option"),
    ],
)
def test_the_nearest_is_named(folder, capsys, words, answer):
    assert complaint(capsys, *words).endswith(answer)


def test_a_missing_file_is_named_once(folder, capsys):
    said = complaint(capsys, "composition", "Nd2Fe14B", "--model", "none.json")
    assert said == f"{folder / 'none.json'}: not a readable model of intrinsic properties: No such file or directory"


def test_values_stand_before_and_behind_options(folder, monkeypatch):
    given = []
    monkeypatch.setattr(designs, "_design", given.append)
    main(["design", "mu0_Hc_T=3", "L_nm=-5", "--camp", "results/tiny", "alpha_deg=free", "--count", "2"])
    assert given[0].values == ["mu0_Hc_T=3", "L_nm=-5", "alpha_deg=free"] and given[0].campaign == "results/tiny"
    assert named(given[0].values) == {"mu0_Hc_T": 3.0, "L_nm": -5.0, "alpha_deg": "free"}


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_completion(shell, capsys):
    with pytest.raises(SystemExit) as exit_:
        main(["--print-completion", shell])
    assert not exit_.value.code
    out = capsys.readouterr().out
    assert "quarantine" in out and "--watch" in out


# ---- the end of a run


def table(status, Hc):
    """What read_table gives of three samples, as far as it is used."""
    structures = [{"L_nm": 20.0 + alpha, "d_nm": 10.0, "cell_nm": [1, 1], "kind": "smco17"} for alpha in (0, 30, 60)]
    rows = [Sample("", 4, s, s["L_nm"] - 20, {}).to_dict() for s in structures]
    return {
        "id": np.array(["aa", "bb", "cc"], dtype=object),
        "status": np.array(status, dtype=object),
        "mu0_Hc_T": np.array(Hc),
        "specification": np.array([json.dumps(row) for row in rows], dtype=object),
    }


def at_end(folder, monkeypatch, status, Hc, **health):
    whole = {"samples": 3, "accepted": 3, "rescued": 0, "quarantined": 0, "reasons": {}} | health
    monkeypatch.setattr(found_module, "health", lambda path: whole)
    monkeypatch.setattr(found_module, "read_table", lambda path: table(status, Hc))
    (folder / "dataset.h5").touch()
    return found(folder)


def test_what_was_found(tmp_path, monkeypatch):
    for name in ("figures", "tables"):
        (tmp_path / name).mkdir()
    (tmp_path / "explore.html").touch()
    health = {"accepted": 2, "rescued": 1, "quarantined": 1, "reasons": {"not_reversed": 1}}
    lines = at_end(tmp_path, monkeypatch, ["accepted", "accepted", "quarantined"], [2.0, 3.5, 9.0], **health)
    assert lines == [
        "samples: 2 of 3 accepted, 1 of them rescued; 1 quarantined (not_reversed 1)",
        "µ0Hc: largest 3.50 T, median 2.75 T",
        "largest at L 50 nm, alpha 30° (sample bb)",
        f"open first: {tmp_path / 'explore.html'}",
        f"in {tmp_path}/: figures/, tables/, dataset.h5",
    ]


def test_nothing_reversed(tmp_path, monkeypatch):
    lines = at_end(tmp_path, monkeypatch, ["accepted"] * 3, [float("nan")] * 3)
    assert lines == ["samples: 3 of 3 accepted, 0 of them rescued; 0 quarantined", f"open first: {tmp_path / 'dataset.h5'}"]


def test_simulations_alone(tmp_path):
    assert found(tmp_path) == []


def test_long_lines_are_broken_between_words(capsys):
    campaigns._print(["word " * 30])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2 and lines[1].startswith("  word") and max(map(len, lines)) <= 79
