"""What coercivity costs: python benchmarks/cost_front.py [--dataset FILE] [--prices FILE] [--layer-cost JPY]

Four fronts of µ0Hc against cost per cm³ after Kovacs et al. 2023, Fig. 13, from the dataset of config/coreshell/front.yaml, and
designs on them simulated. The layer costs per cm³ what the shell does, or what is given. → cost_front.json, docs/cost-front.png
"""

import argparse
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch
from common import environment, progress, write

import hardmag
from hardmag.campaign.config import load_campaign
from hardmag.campaign.design import samples_of
from hardmag.campaign.samples import Sample, half_cycle_of
from hardmag.dataset.read import read_table
from hardmag.errors import UserError
from hardmag.files import sha256
from hardmag.materials.intrinsic import IntrinsicModel
from hardmag.materials.price import read_prices
from hardmag.nanostructures import CoreShell
from hardmag.nanostructures.composed import model_sha256
from hardmag.papers.kovacs2023 import cost_front as f
from hardmag.papers.kovacs2023.figures.cost_front import draw_cost_front

ROOT = Path(__file__).parents[1]
CONFIG, DATASET = ROOT / "config" / "coreshell" / "front.yaml", ROOT / "results" / "coreshell-front" / "dataset.h5"
SEED, DRAWS, STORED, SIMULATED, PUSHED, PROCESSES = 1, 1000, 40, 6, 6, 2
SHELL_ND = (0.5, 1.0)  # of the dearest design with a layer of 5 nm
DIGITS = 6


def main():
    given = arguments()
    costs, campaign = f.Costs(read_prices(given.prices), layer=given.layer_cost), load_campaign(CONFIG)
    costs.check(bases(campaign))
    environ = environment()
    forward = f.fit_forward(read_table(given.dataset), SEED)
    progress(f"surrogate of {forward.rows} grains: {forward.scores}, ± {forward.half_width_T:.3f} T")
    with ProcessPoolExecutor(PROCESSES, get_context("spawn"), torch.set_num_threads, (1,)) as pool:
        found = collected(forward, costs, campaign, pool.map)
    write("cost_front", environ | {"dataset_sha256": sha256(given.dataset)} | found)
    draw_cost_front(ROOT / "benchmarks" / "cost_front.json", ROOT / "docs" / "cost-front.png")


def collected(forward, costs, campaign, each):
    """What the JSON file holds of the fronts. each: map, of functions that simulate a grain each."""
    model, shared = IntrinsicModel.read(), campaign.nanostructure
    ranges = {name: (own["min"], own["max"]) for name, own in campaign.design.model_dump()["parameters"].items()}
    fronts = {}
    for name, front in f.FRONTS.items():
        space = f.Space.of(front, forward.variables, ranges, shared, shared["cell_nm"][0])
        fronts[name] = searched(forward, model, costs, space, front)
        progress(f"front {name}: {fronts[name]['seconds']} s")
    for own in fronts.values():
        chosen = f.along(np.array(own["designs"]["mu0_Hc_T"]), SIMULATED).tolist()
        fields = each(simulated_T, [design_of(own["designs"], forward, k) for k in chosen])
        own["simulated"] = [{"design": k, "simulated_T": T} for k, T in zip(chosen, fields, strict=True)]
    most = design_of(fronts["fixed"]["designs"], forward, -1)
    steps = zip(SHELL_ND, each(simulated_T, [most | {"shell_Nd": share, "shell_Pr": 0.0} for share in SHELL_ND]), strict=True)
    pushed = drawn_grains(forward, model, fronts["free"]["designs"])
    pushed = [one | {"simulated_T": T} for one, T in zip(pushed, each(given_T, pushed), strict=True)]
    found = {
        "intrinsic_sha256": model_sha256(),
        "grains": forward.rows,
        "forward": forward.scores | {"half_width_T": forward.half_width_T},
        "resolution_T": campaign.half_cycle.resolution_T,
        "shared": {key: value for key, value in shared.items() if key != "kind"},
        "ranges": ranges,
        "prices": priced(costs, campaign),
        "fronts": fronts,
        "shell_Nd": {"grain": most, "steps": [{"shell_Nd": share, "simulated_T": T} for share, T in steps]},
        "pushed": pushed,
    }
    return rounded(found)


def searched(forward, model, costs, space, front):
    """A front as the JSON file has it: STORED of its designs, evenly over µ0Hc, with their intervals."""
    began = time.perf_counter()
    population, best = f.search(forward, costs, space, seed=SEED)
    values = np.unique(population[best], axis=0)
    values = values[f.along(forward.coercivity_T(values), STORED)]
    designs = {"mu0_Hc_T": forward.coercivity_T(values), "cost": costs.per_cm3(forward, values)}
    designs |= dict(zip(forward.variables.numbers, values.T, strict=True))
    for way, ends in f.intervals(forward, model, values, draws=DRAWS, seed=SEED).items():
        designs |= {f"{way}_{end}_T": edge for end, edge in zip(("low", "high"), ends, strict=True)}
    order = np.argsort(designs["mu0_Hc_T"])
    layer = population[:, forward.variables.numbers.index("layer_nm")]
    thinnest = front.layer_nm or space.ranges["layer_nm"][0]
    return {
        "layer_nm": front.layer_nm,
        "elements": front.elements,
        "seconds": round(time.perf_counter() - began, 1),
        "population": len(population),
        "on_front": int(best.sum()),
        "thinnest_share": float(np.mean(layer == thinnest)),
        "designs": {name: column[order].tolist() for name, column in designs.items()},
    }


def design_of(designs, forward, k):
    """{parameter: value} of the k-th design."""
    return {name: designs[name][k] for name in forward.variables.numbers}


def drawn_grains(forward, model, designs):
    """Grains of the middle design with K1 and Ms drawn as measurements scatter, and what the surrogate says of them: whether it
    may be trusted with draws that leave its data."""
    middle = len(designs["mu0_Hc_T"]) // 2
    columns = forward.variables.columns_at([[*design_of(designs, forward, middle).values()]])
    constants = f.drawn(forward, model, columns, "measurement", PUSHED, np.random.default_rng(SEED))
    constants = {name: value[:, 0] for name, value in constants.items()}
    predicted = forward.with_constants({name: np.repeat(column, PUSHED) for name, column in columns.items()}, constants)
    kept = {name: columns[name][0] for name in (*f.EDGES, *f.THIN, "misorientation_deg", "core_A_pJ_per_m", "shell_A_pJ_per_m")}
    kept = {name: float(value) for name, value in kept.items()}
    drawn = [{name: float(value[k]) for name, value in constants.items()} for k in range(PUSHED)]
    return [{"grain": kept | own, "predicted_T": float(T)} for own, T in zip(drawn, predicted, strict=True)]


def simulated_T(parameters):
    """µ0Hc of a design, by one half-cycle as the campaign's."""
    (sample,) = samples_of(load_campaign(CONFIG), [parameters])
    if isinstance(sample, str):
        raise UserError(f"design {parameters}: {sample}")
    return coercivity_T(sample)


def given_T(pushed):
    """µ0Hc of a grain whose K1 and Ms are given."""
    campaign = load_campaign(CONFIG)
    shared = {key: campaign.nanostructure[key] for key in ("layer_Ms_of_shell", "cell_nm")}
    return coercivity_T(Sample.of(CoreShell(**shared | pushed["grain"]), 0.0, campaign.half_cycle.model_dump()))


def coercivity_T(sample):
    run, settings = half_cycle_of(sample, 0), sample.half_cycle
    field = {"direction": run.direction} | {key: settings[key] for key in ("from_T", "to_T", "step_T")}
    return hardmag.half_cycle(run.body, field=field, solver={"seed": run.seed}).loop.mu0_Hc_T


def bases(campaign):
    """Formulas of core and shell, in which designs replace Ce, La and Fe."""
    return [campaign.nanostructure[f"{phase}_composition"] for phase in f.COMPOSED]


def priced(costs, campaign):
    """What the costs rest on."""
    elements = costs.elements(bases(campaign))
    rows = dict.fromkeys(row for element in elements for row in costs.prices.rests_on(element, costs.currency))
    return {"currency": costs.currency, "layer_cost": costs.layer, "rows": [vars(row) for row in rows]}


def rounded(value):
    """The same with DIGITS significant digits."""
    if isinstance(value, dict):
        return {key: rounded(own) for key, own in value.items()}
    if isinstance(value, (list, tuple)):
        return [rounded(own) for own in value]
    return float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dataset", default=DATASET, type=Path)
    parser.add_argument("--prices", help="a table like src/hardmag/materials/prices.csv")
    parser.add_argument("--layer-cost", type=float, metavar="JPY", help="of 1 cm³ of the layer; by default that of the shell")
    return parser.parse_args()


if __name__ == "__main__":
    main()
