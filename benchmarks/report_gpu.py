"""docs/performance.md on GPUs: what has been measured on one, and what the counts of gpu_counts.py predict."""

from gpu import HALF_CYCLES, SHARE_OF_LARGE_BOX, STRUCTURES
from tables import machine, stored, table

from hardmag.campaign.cost import AUTO_SLOTS, half_cycle_s


def gpu():
    data = stored("gpu")
    if data is None:
        hours = " and ".join(f"{estimated_hours(layers):.0f} h with {what}" for layers, what in ((1, "one layer"), (16, "16")))
        return f"""## Throughput of a GPU

Not run yet: no GPU was at hand. `python benchmarks/gpu.py` measures it in one call of nine minutes, and
`python benchmarks/gpu_campaign.py TABLE.parquet` simulates as much of the paper's campaign as the time allows. Until then the
figures of campaign/cost.json for a GPU are an estimate, by which 16,805 structures × 5 half-cycles take {hours};
the goals on an H100 are 1 h and 24 h.
"""
    fields = [
        [
            "×".join(map(str, r["grid"])),
            f"{r['cells_per_s']:.3g}",
            f"{r['bytes_per_cell']:.0f}",
            f"{100 * r['share_of_bound']:.0f} %",
            f"{r['over_mumax3_h100']:.2f}",
        ]
        for r in data["field"]
    ]
    batches = [
        [name, r["slots"], f"{r['per_hour']:.0f}", f"{r['cell_evaluations_per_s']:.3g}", f"{1e3 * r['loading_s']:.1f}"]
        for name, r in data["half_cycles"].items()
    ]
    hours = ", ".join(f"{value:.1f} h with {layers}" for layers, value in data["paper_hours"].items())
    both, names = data["against_cpu"], {"mu0_Hc_T": "µ0Hc (T)", "mu0_Hp_T": "µ0Hp (T)", "phi_p": "Φp"}
    apart = [
        [
            name,
            f"{both[key]['within_0.01']} of {both['reversed_on_both']}",
            *(f"{both[key][k]:.4f}" for k in ("median", "largest")),
        ]
        for key, name in names.items()
    ]
    return f"""## Throughput of a GPU

{machine(data)}. The same run twice is bitwise the same: {"yes" if data["bitwise_repeatable"] else "no"}.

{table(["demagnetising field", "cells/s", "bytes per cell", "of the bandwidth's bound", "over MuMax3 on an H100 (published)"], fields)}
{table(["half-cycles", "slots", "per hour", "cells · evaluations per s", "ms to load one"], batches)}
16,805 structures × 5 half-cycles on one card: {hours}.

{both["samples"]} half-cycles on 64×64 cells against the same on a CPU; {both["of_another_status"]} end otherwise:

{table(["", "within 0.01", "median of the difference", "largest"], apart)}"""


def gpu_counts():
    data = stored("gpu_counts")
    names = {
        "field": "a field evaluation alone",
        "none": "on the branch",
        "new fields": "all go to a new field",
        "sweeps": "all sweep",
    }
    by_pass, predictions = [], []
    for film in data["films"]:
        grid = f"{film['edge']}×{film['edge']}"
        rows = {names[k]: film["passes"][k] for k in names} | {f"mean, {data['slots']} slots": film["mean_pass"]}
        for name, r in rows.items():
            per_cell = f"{r['bytes per cell']:.0f}"
            by_pass.append([grid, name, f"{r['kernels']:.0f}", f"{r['on numbers per sample']:.0f}", per_cell, r["waits"]])
        for card, ways in film["predicted"].items():
            for way, r in ways.items():
                speed = [f"{1e3 * r['pass_s']:.2f}", f"{r['cell_evaluations_per_s']:.2g}", f"{r['over_mumax3_h100']:.2f}"]
                predictions.append([grid, card, way, *speed])
    given, share = data["assumed"], data["shares"]
    hours = ", ".join(f"{predicted_hours(data, card):.1f} h on an {card}" for card in given["bytes_per_s"])
    cards = ", ".join(f"{1e-12 * rate:g} TB/s ({card})" for card, rate in given["bytes_per_s"].items())
    return f"""## What a GPU would have to do: predicted, not run

Counted on the CPU, where torch dispatches the code that a GPU runs; films of one layer in cells of {data["cell_nm"]:g} nm, fp32. What
torch.compile makes one kernel of counts as one, and one more after each sum that it goes on with. The program waits for the device where
it needs a number to go on: how many samples sweep, how many go to a new field; besides, each eighth pass, which have ended.

{table(["grid", "pass", "kernels", "of these on numbers per sample", "bytes per cell", "waits"], by_pass)}
A sample sweeps (eight passes more with the demagnetising field kept, in an avalanche) in {100 * share["sweeps"]:.0f} % of its passes, and goes to a new
field in {100 * share["new fields"]:.0f} %: means over the design space, measured on the CPU. In a batch of strangers the kernels of an event are launched if it
happens to any of them, its bytes are moved for those to which it happens.

Predicted: between two waits the longer of launches and bytes, and then the wait. Bandwidth {cards}:
NVIDIA's data sheets. Assumed: {1e6 * given["launch_s"]:.0f} µs for a launch, {1e6 * given["launch_in_a_graph_s"]:.1f} µs in a CUDA graph (which hardmag does not
use), {1e6 * given["wait_s"]:.0f} µs for a wait; kernels that use all of the bandwidth, and nothing for loading half-cycles. The speeds are upper bounds.

{table(["grid", "card", "launches", "ms per pass", "cells · evaluations per s", "over MuMax3's 1.98e9 cells/s"], predictions)}
MuMax3's figure (published, H100) is of field evaluations alone, as the rows "field alone" are. A pass is one field evaluation and the
preconditioner, which makes a half-cycle take {data["evaluations"]} of them, where a plain minimiser takes thousands (above). By these figures the paper's 16,805 structures × 5 half-cycles with one layer in cells of {data["cell_nm"]:g} nm take {hours}.
"""


def predicted_hours(data, card):
    """Of the paper's campaign with one layer, by the counts."""
    shares = (1 - SHARE_OF_LARGE_BOX, SHARE_OF_LARGE_BOX)
    speeds = [film["predicted"][card]["as it is"]["cell_evaluations_per_s"] for film in data["films"]]
    mean_s = sum(share * film["edge"] ** 2 / v for share, film, v in zip(shares, data["films"], speeds, strict=True))
    return STRUCTURES * HALF_CYCLES * data["evaluations"] * mean_s / 3600


def estimated_hours(layers):
    """Of the paper's campaign on one GPU, by the cost model."""
    small_s, large_s = (half_cycle_s(edge**2 * layers, AUTO_SLOTS["cuda"], "cuda") for edge in (256, 384))
    mean_s = (1 - SHARE_OF_LARGE_BOX) * small_s + SHARE_OF_LARGE_BOX * large_s
    return STRUCTURES * HALF_CYCLES * mean_s / 3600
