"""The benchmarks of core/shell grains as docs/coreshell-benchmarks.md, for report.py."""

from statistics import median

import numpy as np
from tables import machine, stored, table

NAMES = {
    "cube": "A cube of Nd2Fe14B, 20 nm",
    "grain": "A core/shell grain, {a_nm}×{b_nm}×{c_nm} nm, shell {shell_nm} nm, layer {layer_nm} nm",
}


def refined():
    data = stored("coreshell")
    head = ["by", "edge (nm)", "points", "µ0Hc (T)", "evaluations", "s", "smallest dihedral angle", "largest aspect ratio"]
    parts = []
    for name, title in NAMES.items():
        rows = [
            [by, edge, r["points"], hc(r), r["evaluations"], r["seconds"], *shape(r)]
            for by in ("cells", "elements")
            for edge, r in data[name][by].items()
        ]
        parts.append(f"{title.format(**data['grain_nm'])}:\n\n{table(head, rows)}")
    steps = data["sweeps"]
    rows = [[degree, hc(r), r["evaluations"], r["seconds"]] for degree, r in data["degree"].items()]
    return f"""## Cells and elements refined

The field is {data["angle_deg"]:g}° off the c-axis; Hc is the middle of the field step in which M turns over: steps of {1e3 * steps["cube"]["step_T"]:g} mT for the
cube, jumps located to {1e3 * steps["grain"]["resolution_T"]:g} mT for the grain. Points are cells or nodes; seconds hold the set-up of the mesh's operators.
{machine(data)}.

{parts[0]}
{parts[1]}
The grain by elements of {next(iter(data["grain"]["elements"]))} nm, and the degree of the preconditioner's polynomial:

{table(["degree", "µ0Hc (T)", "evaluations", "s"], rows)}"""


def hc(row, digits=4):
    return f"{row['mu0_Hc_T']:.{digits}f}" if "mu0_Hc_T" in row else row["status"].lower()


def shape(row):
    return [f"{row['min_dihedral_deg']:.1f}°", row["max_aspect_ratio"]] if "min_dihedral_deg" in row else ["", ""]


def platelet():
    data, full = stored("platelet"), stored("platelet_full")
    rows = [platelet_row(r) for r in data["rows"] + (full["rows"] if full else [])]
    head = ["core (nm)", "cells of", "cells", "core, shell, layer", "µ0Hc (T)", "evaluations", "s"]
    where = f"{machine(data)}." + (f" The full size: {machine(full)}." if full else "")
    whole = (
        "" if full else "The full size is not run yet: no GPU was at hand. `python benchmarks/platelet.py --full` takes it.\n"
    )
    return f"""## The published platelet

Kovacs et al. 2023, section 3.2: a core of 400×400×100 nm³ (K1 0.7 MJ/m³, µ0Ms 1.04 T) in a shell of 10 nm (3.77 MJ/m³, 1.45 T) and a
layer of 4 nm (no anisotropy, 1.1 T), A 8 pJ/m; they find µ0Hc = {data["published_mu0_Hc_T"]:g} T. They do not say which way the field points: {data["angle_deg"]:g}° off
the c-axis here. Cores of the same proportions, smaller, in a shell and a layer as thick as published. Finite differences, steps as in
a campaign ({data["sweep"]["step_T"]:g} T at most), but jumps located to {1e3 * data["sweep"]["resolution_T"]:g} mT and a small kick. {where}

{table(head, rows)}
{trend(data)}
{whole}"""


def platelet_row(r):
    core = "×".join(f"{edge:g}" for edge in r["core_nm"])
    shares = ", ".join(f"{100 * part:.0f} %" for part in r["shares_of_volume"].values())
    return [core, f"{r['cell_nm']:g} nm", r["cells"], shares, hc(r, 3), r["evaluations"], f"{r['seconds']:.0f}"]


def trend(data):
    """In words: how Hc goes with the size on the coarser cells, what finer ones change, and the other angles."""
    by = {(r["share"], r["cell_nm"]): r["mu0_Hc_T"] for r in data["rows"]}
    coarse, fine = max(c for _, c in by), min(c for _, c in by)
    shares = np.array(sorted(s for s, c in by if c == coarse))
    values = np.array([by[s, coarse] for s in shares])
    rising = slice(int(values.argmin()), None)
    ends = [np.polyval(np.polyfit(f(shares[rising]), values[rising], 1), f(1.0)) for f in (np.log, lambda share: share)]
    changes = [f"{by[s, fine] - by[s, coarse]:+.3f} T ({100 * s:g} % of the size)" for s in shares if (s, fine) in by]
    angles = {float(a): r["mu0_Hc_T"] for a, r in data["angles"].items()} | {data["angle_deg"]: data["rows"][0]["mu0_Hc_T"]}
    apart = [100 * (value / data["published_mu0_Hc_T"] - 1) for value in (values.min(), values.max())]
    turned = ", ".join(f"{value:.3f} T at {a:g}°" for a, value in sorted(angles.items()))
    return f"""With cells of {coarse:g} nm Hc lies between {values.min():.3f} and {values.max():.3f} T, {apart[0]:+.0f} to {apart[1]:+.0f} % off the published {data["published_mu0_Hc_T"]:g} T, and rises from {100 * shares[rising][0]:g} % of the
published size on. Drawn on through those sizes, by a straight line in ln(extension) it comes to {ends[0]:.2f} T at the published size, by one
in the extension to {ends[1]:.2f} T; that is an extrapolation by a factor of {1 / shares[-1]:g} from {len(values[rising])} points, and only the full size can tell.
Cells of {fine:g} nm instead change Hc by {", ".join(changes)}. The smallest grain at other angles: {turned}.
"""


def mammos_mumag():
    data = stored("against_mammos_mumag")
    rows = []
    for k, turn in enumerate(data["turns"]):
        a, b, c = turn["alone"], turn["mammos_mumag"], turn["batch"]
        rows.append(
            [
                k + 1,
                f"{a['mu0_Hc_T'][0]:.2f} / {b['mu0_Hc_T']:.2f}",
                f"{a['fields']} / {b['fields']}",
                f"{a['evaluations']} / {b['evaluations']}",
                " / ".join(f"{x['s_per_field']:.2f}" for x in (a, c, b)),
                " / ".join(f"{x['s_per_sample']:.1f}" for x in (a, c, b)),
                f"{b['largest_torque_T'] * 1e3:.1f}",
            ]
        )
    count = data["turns"][0]["batch"]["samples"]
    each = {"alone": "one alone", "alone_fp64": "one alone, fp64", "batch": f"in a batch of {count}"}
    faster = [
        [name, *(f"{median(t[f'faster_{kind}'][key] for t in data['turns']):.0f}" for key in ("s_per_field", "s_per_sample"))]
        for kind, name in each.items()
    ]
    head = [
        "sample",
        "µ0Hc (T)",
        "fields",
        "evaluations",
        "s per field: alone / batch / m.",
        "s per sample: alone / batch / m.",
        "torque of m. (mT)",
    ]
    peer = ", ".join(f"{name.replace('_', '-')} {version}" for name, version in data["peer"].items())
    assembling = median(t["mammos_mumag"]["assembling_s"] for t in data["turns"])
    apart = max(abs(t["alone"]["mu0_Hc_T"][0] - t["mammos_mumag"]["mu0_Hc_T"]) for t in data["turns"])
    return f"""## Beside mammos-mumag

The same magnetic elements, materials and fields: a grain of {data["grain_nm"]["a_nm"]}×{data["grain_nm"]["b_nm"]}×{data["grain_nm"]["c_nm"]} nm, shell {data["grain_nm"]["shell_nm"]} nm, layer {data["grain_nm"]["layer_nm"]} nm, {data["elements"]} elements with {data["nodes"]} nodes. mammos-mumag
solves for the potential: with its air and the shell that stands for the space outside there are {data["nodes_with_air"]} nodes. Fixed steps of
{data["step_T"]} T from {data["from_T"]} T until the grain has reversed, the field {data["angle_deg"]:g}° off; the first sample's materials are the platelet's, those of the others are
drawn around them. To rest: hardmag to a torque of {1e3 * data["tolerance_T"]:g} mT in fp32, mammos-mumag with its own tolerances, in fp64 as always; the
torque that it stops at is in the table (median over the fields of the largest in the grain). ({machine(data)}; {peer}.)

Seconds of the processor, on one core, in turn, after both had compiled; each sample by both in one run, ratios are medians of those. Per field: minimising alone, for mammos-mumag; hardmag's hold all.
Per sample: with {assembling:.1f} s in which mammos-mumag assembles its matrices. hardmag's are made once per mesh, in {data["once_per_mesh_s"]:.1f} s.

{table(["hardmag", "times faster per field", "times faster per sample"], faster)}
{table(head, rows)}
Pairs are hardmag / mammos-mumag (m.); a field step of {data["step_T"]} T is what Hc is known to, and they differ by {apart:.2g} T at most. mammos-mumag runs on GPUs too;
that is not compared here.
"""


def active_learning():
    data = stored("active_learning")
    chosen = data["settings"]
    head = ["after grains", "volume of the front (T at%): loop / Sobol", "largest µ0Hc (T)", "RMSE (T)", "R²"]
    rows = []
    for cycle in range(chosen["cycles"] + 1):
        at = {how: [states[cycle] for states in runs] for how, runs in data["states"].items()}
        pairs = [
            " / ".join(f"{median(s[key] for s in at[how]):.{digits}f}" for how in ("loop", "sobol"))
            for key, digits in (("volume_T_at_percent", 2), ("largest_mu0_Hc_T", 2), ("RMSE_T", 3), ("R2", 2))
        ]
        rows.append([at["loop"][0]["samples"], *pairs])
    found = data["regressors"]
    models = [[m["label"], m["settings"], *(f"{m[k]:.3f}" for k in ("R2", "MAE", "coverage"))] for m in found["models"]]
    models.sort(key=lambda row: row[2], reverse=True)
    return f"""## Chosen by the loop, and by Sobol alone

The grains of config/coreshell/demo.yaml, with magnetostatics: {chosen["points"]} of a Sobol sequence, then {chosen["cycles"]} cycles of {chosen["samples"]}, chosen for large
coercivity and little Nd but for {100 * chosen["explore"]["loop"]:g} % that fill the space, or all by the sequence. Medians of {len(chosen["seeds"])} seeds. The front's volume is that beyond
{chosen["reference"][0]:g} T and {chosen["reference"][1]:g} at% Nd; errors are those of the networks on the grains that fill the space, left out in turn.

{table(head, rows)}
![The front's volume and the error against the grains simulated](active_learning.png)

Forward models on the {found["grains"]} grains of all Sobol sequences, grains left out in five folds (standard deviation of µ0Hc {found["spread_T"]:.2f} T; Kovacs et al.
2023 report R² 0.975 and MAE 0.148 T with the bootstrap of MLPs on 1908 points of their larger space):

{table(["model", "settings", "R²", "MAE (T)", "within 95 % intervals"], models)}"""


def second_anisotropy():
    data = stored("second_anisotropy")
    by = {(r["angle_deg"], r["K2_MJ_per_m3"]): r for r in data["rows"]}
    rows = []
    for angle in dict.fromkeys(angle for angle, _ in by):
        without, with_ = (by[key] for key in sorted(key for key in by if key[0] == angle))
        rows.append([f"{angle:g}°"])
        for key in ("mu0_Hc_T", "one_moment_T"):
            change = 100 * (with_[key] / without[key] - 1)
            rows[-1] += [f"{without[key]:.3f}", f"{with_[key]:.3f}", f"{change:+.1f} %"]
    head = ["field to axis", "µ0Hc (T)", "with K2", "", "one moment (T)", "with K2", ""]
    cost = [sum(r["seconds"] for r in data["rows"] if (r["K2_MJ_per_m3"] > 0) == more) for more in (True, False)]
    passes = [sum(r["evaluations"] for r in data["rows"] if (r["K2_MJ_per_m3"] > 0) == more) for more in (True, False)]
    edge, K1, K2 = data["grain"]["a_nm"], data["core"]["core_K1_MJ_per_m3"], max(K for _, K in by)
    return f"""## The second anisotropy constant

A cube of Nd2Fe14B of {edge:g} nm at 300 K, in cells of 1 nm: K1 {K1:g} MJ/m³, without and with K2 {K2:g} MJ/m³ (Hirosawa et al. 1986). Beside µ0Hc
the field at which one moment without a demagnetising field switches, by the formula (Stoner and Wohlfarth's, with K2). With K2 a pass takes {cost[0] / cost[1] * passes[1] / passes[0]:.2f} times
as long, a half-cycle {cost[0] / cost[1]:.2f} times. {machine(data)}.

{table(head, rows)}
"""


def coreshell_benchmarks():
    head = (
        "# Core/shell grains: benchmarks\n\nGenerated by benchmarks/report.py from coreshell.json, platelet.json, "
        "second_anisotropy.json, against_mammos_mumag.json\nand active_learning.json in benchmarks/.\n"
    )
    return "\n".join([head, refined(), platelet(), second_anisotropy(), mammos_mumag(), active_learning()])
