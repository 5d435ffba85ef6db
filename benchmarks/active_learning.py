"""Core/shell grains chosen by the closed loop against a Sobol sequence alone: front and error over the space, at one budget.

Campaigns of config/coreshell/demo.yaml's grains, with magnetostatics only: a design of 32, then 4 cycles of 12 samples, of
which a quarter (the loop) or all (Sobol) fill the space; two seeds each. Then the forward models on the
grains of all Sobol sequences, grains left out. Writes benchmarks/active_learning.json and docs/active_learning.png.

Run: python benchmarks/active_learning.py FOLDER (campaigns are left there; the same call goes on)
"""

import subprocess
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import yaml
from common import HERE, environment, progress, write

from hardmag.dataset.read import read_table
from hardmag.figures.style import BLUE, VERMILION, save
from hardmag.files import read_json
from hardmag.learning.front import front_volume
from hardmag.surrogates.comparison import cross_validate
from hardmag.surrogates.rows import rows_of

ROOT = HERE.parent
SEEDS, CYCLES, SAMPLES, POINTS = (1, 2), 4, 12, 32
EXPLORE = {"loop": 0.25, "sobol": 1.0}
COLOURS = {"loop": VERMILION, "sobol": BLUE}
LABELS = {"loop": "chosen by NSGA-II on the networks, a quarter Sobol", "sobol": "Sobol alone"}
MODELS, TRIALS = ("bootstrap", "gaussian_process", "ensemble", "gradient_boosting", "support_vector", "random_forest"), 10
REFERENCE = (0.0, 6.0)  # µ0Hc (T) and Nd (at%) that every grain of the front beats


def campaign(how, seed):
    """The campaign file's content."""
    content = yaml.safe_load((ROOT / "config" / "coreshell" / "demo.yaml").read_text())
    content["design"]["parameters"]["magnetostatics"] = ["with"]
    content["design"]["points"] = POINTS
    content |= {"name": f"{how}-{seed}", "seed": seed, "batching": {"samples": 6}}
    content["active_learning"] |= {"cycles": CYCLES, "samples": SAMPLES, "explore": EXPLORE[how], "cycles_without_gain": 99}
    return content


def run(folder, how, seed):
    """States of the loop, with the volume that the simulated front dominates after each."""
    path = folder / f"{how}-{seed}.yaml"
    path.write_text(yaml.safe_dump(campaign(how, seed)))
    for name in ("Snakefile", "workflow", "profiles"):
        if not (folder / name).exists():
            (folder / name).symlink_to(ROOT / name)
    subprocess.run([sys.executable, "-m", "hardmag", "run", path.name, "learning"], cwd=folder, check=True)
    results = folder / "results" / f"{how}-{seed}"
    table = read_table(results / "cycles" / str(CYCLES) / "dataset.h5")
    states = []
    for cycle, state in enumerate(read_json(results / "learning.json")["states"]):
        seen = (table["addition"] <= cycle) & (table["status"] == "accepted")
        values = np.stack([table["mu0_Hc_T"][seen], -table["Nd_at_percent"][seen]], axis=1)
        error = state["error"]["mu0_Hc_T"]
        states.append(
            {
                "samples": int(seen.sum()),
                "volume_T_at_percent": front_volume(values, np.array([REFERENCE[0], -REFERENCE[1]])),
                "largest_mu0_Hc_T": state["best"]["coercivity"]["value"],
                "RMSE_T": error["RMSE"],
                "R2": error["R2"],
            }
        )
    progress(f"{how}, seed {seed}", states[-1])
    return states


def regressors(folder):
    """{grains, spread_T, models: scores of each} on the grains of the Sobol sequences of all seeds together."""
    tables = [read_table(folder / "results" / f"sobol-{seed}" / "cycles" / str(CYCLES) / "dataset.h5") for seed in SEEDS]
    rows, models = rows_of({name: np.concatenate([t[name] for t in tables]) for name in tables[0]}, "coreshell"), []
    for name in MODELS:
        for variant in cross_validate(rows, name, seed=1, trials=TRIALS, epochs=1000)["variants"]:
            score = variant["grouped"]["mu0_Hc_T"]
            own = {key: round(score[key], 4) for key in ("R2", "MAE")} | {"coverage": round(score["coverage"]["overall"], 4)}
            models.append({"label": variant["label"], "settings": variant["variant"]} | own)
            progress(models[-1])
    return {"grains": int(rows.geometry.max()) + 1, "spread_T": float(rows.y.std()), "models": models}


def draw(found, output):
    """Front volume and error against the number of simulations; thin: seeds, thick: their median."""
    figure, axes = plt.subplots(1, 2, figsize=(8.6, 3.8), layout="constrained")
    for how, runs in found.items():
        samples = [s["samples"] for s in runs[0]]
        for axis, key in zip(axes, ("volume_T_at_percent", "RMSE_T"), strict=True):
            values = np.array([[s[key] for s in states] for states in runs])
            axis.plot(samples, values.T, color=COLOURS[how], lw=0.6, alpha=0.6)
            axis.plot(samples, np.median(values, axis=0), "o-", color=COLOURS[how], ms=4, label=LABELS[how])
    axes[0].set_ylabel(f"volume of the front beyond {REFERENCE[0]:g} T, {REFERENCE[1]:g} at% Nd (T at%)")
    axes[1].set_ylabel("RMSE of µ0Hc over the whole space (T)")
    axes[1].set_ylim(bottom=0)
    for axis in axes:
        axis.set_xlabel("grains simulated")
        axis.grid(color="#EEEEEE")
        axis.set_axisbelow(True)
    axes[1].legend(fontsize=8, loc="lower left")
    save(figure, output)


if __name__ == "__main__":
    scratch = Path(sys.argv[1]).resolve()
    scratch.mkdir(parents=True, exist_ok=True)
    found = {how: [run(scratch, how, seed) for seed in SEEDS] for how in EXPLORE}
    settings = {
        "points": POINTS,
        "cycles": CYCLES,
        "samples": SAMPLES,
        "explore": EXPLORE,
        "seeds": SEEDS,
        "reference": REFERENCE,
    }
    result = {"settings": settings, "states": found, "regressors": regressors(scratch)}
    write("active_learning", environment() | result)
    draw(found, ROOT / "docs" / "active_learning.png")
