"""The benchmarks' JSON files as docs/performance.md, docs/exchange.md with its figure, docs/coreshell-benchmarks.md,
docs/cost-front.md, docs/magnet-campaign.md, docs/microstructure-findings.md, docs/smco17-depends.md,
docs/polycrystal-findings.md with its figures, and the tables of docs/inverse-design.md.

Run: python benchmarks/report.py
"""

import numpy as np
from report_coreshell import coreshell_benchmarks
from report_depends import smco17_depends
from report_front import cost_front
from report_gpu import gpu, gpu_counts
from report_magnets import magnet_campaign
from report_microstructure import microstructure_findings
from report_polycrystal import polycrystal_findings, reduced_order, write_polycrystal
from tables import HERE, machine, stored, table

DOCS = HERE.parent / "docs"
END = "<!-- end -->"


def against_magnumnp():
    data = stored("against_magnumnp")
    rows = []
    for case, by_precision in data["cases"].items():
        for precision, r in by_precision.items():
            ours, theirs, ratios = r["hardmag"], r["magnumnp"], r["ratios"]
            rows.append(
                [
                    case,
                    precision,
                    f"{ours['seconds']:.2f} / {theirs['seconds']:.1f}",
                    f"{ratios['faster']:.1f}",
                    f"{ours['evaluations']} / {theirs['evaluations']}",
                    f"{ratios['fewer_evaluations']:.1f}",
                    f"{1e3 * ratios['difference_of_Hc_T']:+.2f}",
                ]
            )
    head = ["half-cycle", "", "s, hardmag / magnum.np", "faster", "demag evaluations", "fewer", "µ0Hc differs, mT"]
    return f"""## Against magnum.np

One half-cycle in steps of {data["step_T"]} T to a torque of {1e3 * data["tolerance_T"]:g} mT, the same voxels and precision, in one run
({machine(data)}). magnum.np {data["magnumnp"]}'s MinimizerBB, compiled; both warmed up; medians of three.

{table(head, rows)}"""


def stepping():
    data = stored("stepping")
    ways = ("to_50mT", "fixed_50mT", "to_10mT", "fixed_10mT")
    rows = [
        [
            f"{r['L_nm']:g}, {r['d_nm']:g}, {r['wS_nm']:g}, {r['wZ_nm']:g}",
            r["seed"],
            *(" / ".join(f"{r[way][key]:.3f}" for way in ways) for key in ("mu0_Hc_T", "mu0_Hp_T")),
            " / ".join(str(r[way]["evaluations"]) for way in ways),
        ]
        for r in data["rows"]
    ]
    head = ["L, d, wS, wZ in nm", "seed", "µ0Hc (T)", "µ0Hp (T)", "evaluations"]
    apart = []
    for pair, hc in data["mu0_Hc_T"].items():
        hp, fewer = data["mu0_Hp_T"][pair], data["fewer_evaluations"].get(pair)
        apart.append(
            [
                pair.replace("to_", "to ").replace("fixed_", "fixed ").replace("mT", " mT"),
                *(f"{x['within_10mT']} / {x['within_50mT']} of {x['count']}" for x in (hc, hp)),
                *(f"{1e3 * x['median_T']:.1f}, {1e3 * x['largest_T']:.0f}" for x in (hc, hp)),
                "" if fewer is None else f"{fewer['median']:.1f}, {fewer['of_the_sum']:.1f}, {fewer['least']:.1f}",
            ]
        )
    return f"""## Field steps

Steps that find jumps themselves ("to" a resolution) and fixed ones, from {data["from_T"]:g} T; Z set `dft`, α = 0.5°, box of {data["box_nm"]} nm, cells of
{data["cell_nm"]} nm; nanostructures on which no constant was chosen, two seeds. How many samples agree, by how much they differ, and how many
times fewer evaluations the first of a pair takes (in the median, in the sum, at least):

{table(["", "µ0Hc within 10 / 50 mT", "µ0Hp within 10 / 50 mT", "µ0Hc: median, largest (mT)", "µ0Hp: median, largest (mT)", "fewer"], apart)}
To 50 mT and fixed 50 mT look for the same brackets. Where they find others, or where runs to 10 mT differ by more than that, an
avalanche ended in another state: from there on the way depends on the steps, as it does on the seed; or the jump lies at the edge
of a bracket. Fixed steps of 50 mT leave Hc and Hp open by 50 mT: to 10 mT they cannot agree with steps to 10 mT, as they do not with
fixed ones of 10 mT. Samples of many jumps gain least.

Of each: to 50 mT / fixed 50 mT / to 10 mT / fixed 10 mT:

{table(head, rows)}"""


def cost(device):
    data = stored(f"cost_{device}")
    if data is None:
        return ""
    rows = [
        [
            f"{r['edge']}×{r['edge']}×{r['layers']}",
            r["slots"],
            f"{1e3 * r['seconds']:.2f}",
            f"{1e9 * r['seconds'] / cells(r):.0f}",
            ratio,
        ]
        for r, ratio in zip(data["passes"], data["fit"]["model_over_measured"], strict=True)
    ]
    head = ["grid", "slots", "ms per pass", "ns per cell and pass", "model / measured"]
    kept = {name: size for name, size in data["memory"][-1]["kept"].items() if size and name != "sum"}
    parts = ", ".join(f"{name} {size:g}" for name, size in kept.items())
    memory = "; ".join(
        f"{r['edge']}×{r['edge']}×{r['layers']}: {r['kept']['sum']:g} kept, {r['peak']} at the peak"
        f" ({r['all_at_once']} if a pass took all samples at once)"
        for r in data["memory"]
    )
    fit, counts, at_once = data["fit"], data["evaluations"], f"{data['memory'][0]['at_once']:,}"
    return f"""## Cost on {"a GPU" if device == "cuda" else "a CPU"}

{machine(data)}. One pass: a field evaluation and all that goes with it, fp32.

{table(head, rows)}
Model: {fit["pass_s"]:.2g} s + slots · cells · log2(cells) · {fit["cell_s"]:.2g} s. A half-cycle takes {counts["mean"]:.0f} evaluations in the mean of
{len(counts["all"])} over the design space (median {counts["median"]:.0f}, 95 %: {counts["p95"]:.0f}).

Memory, bytes per cell of a further sample: {memory}. Kept between passes in 3-D: {parts}. A pass takes
{at_once} cells at once: the padded spectra of the demagnetising field and what else it computes on the way need room for these alone.
"""


def cells(row):
    return row["slots"] * row["edge"] ** 2 * row["layers"]


def resolution():
    data = stored("resolution")
    columns = [
        *((f"{c:g} nm", lambda r, c=c: r["one_layer"][str(c)]) for c in data["cells_nm"]),
        ("16 layers", lambda r: r["layers_16"]),
    ]
    head = [
        "L, d, wS, wZ in nm",
        "Z set",
        *(f"µ0Hc (T), {name}" for name, _ in columns),
        *(f"Φp, {name}" for name, _ in columns),
    ]
    rows = []
    for r in data["rows"]:
        name = f"{r['L_nm']:g}, {r['d_nm']:g}, {r['wS_nm']:g}, {r['wZ_nm']:g}"
        rows.append(
            [name, r["z_set"], *(shown(of(r), "mu0_Hc_T") for _, of in columns), *(shown(of(r), "phi_p") for _, of in columns)]
        )
    changes = {
        "from 1 to 0.5 nm": [(r["one_layer"]["0.5"], r["one_layer"]["1.0"]) for r in data["rows"]],
        "from 0.5 to 0.25 nm": [(r["one_layer"]["0.25"], r["one_layer"]["0.5"]) for r in data["rows"]],
        f"from one layer to 16, {data['layers_cell_nm']:g} nm": [
            (r["layers_16"], r["one_layer"][str(data["layers_cell_nm"])]) for r in data["rows"]
        ],
    }
    summary = []
    for name, pairs in changes.items():
        pairs = [(a, b) for a, b in pairs if "mu0_Hc_T" in a and "mu0_Hc_T" in b]
        dH = np.abs([a["mu0_Hc_T"] - b["mu0_Hc_T"] for a, b in pairs])
        dP = np.abs([a["phi_p"] - b["phi_p"] for a, b in pairs])
        summary.append([name, len(pairs), f"{np.median(dH):.3f}", f"{dH.max():.3f}", f"{np.median(dP):.3f}", f"{dP.max():.3f}"])
    head_summary = ["change", "pairs", "median of the change of µ0Hc (T)", "largest", "median of the change of Φp", "largest"]
    return f"""## Resolution

One half-cycle each of {len(data["rows"])} samples (α = 0.5°, box of {data["box_nm"][0]} nm; layers of 2 nm), {machine(data)}. A failed one shows its code.

{table(head_summary, summary)}
{table(head, rows)}"""


def shown(figures, key):
    return f"{figures[key]:.3f}" if key in figures else figures["status"].lower()


def exchange():
    data = stored("exchange_formulas")
    rows = [
        [
            f"{r['L_nm']:.2f}, {r['d_nm']:.2f}, {r['wS_nm']:.2f}, {r['wZ_nm']:.2f}",
            r["layer_on"],
            f"{r['paper_mu0_Hc_T']:.2f}",
            *(shown(r[f], "mu0_Hc_T") for f in ("variational", "yang_eq7")),
        ]
        for r in data["table_1"]
    ]
    space = [
        [
            f"{r['L_nm']:g}, {r['d_nm']:g}, {r['wS_nm']:g}, {r['wZ_nm']:g}",
            r["z_set"],
            *(shown(r[f], k) for k in ("mu0_Hc_T", "phi_p") for f in ("variational", "yang_eq7")),
        ]
        for r in data["design_space"]
    ]
    lines = []
    for z in ("literature", "dft", "modified"):
        ratio = np.array([b["mu0_Hc_T"] / a["mu0_Hc_T"] for r, a, b in pairs_of(data) if r["z_set"] == z])
        lines.append([z, len(ratio), f"{np.median(ratio):.2f}", f"{ratio.min():.2f} … {ratio.max():.2f}"])
    return f"""# Exchange between unlike cells: two formulas

`exchange: variational` (default) takes the harmonic mean of A and divides the field by the local Ms; it derives from an energy.
`exchange: yang_eq7` is equation 7 of the supplement of Yang et al., MuMax3's formula before version 3.10: the harmonic mean of
A/Ms. Where Ms jumps, the pair forces it gives are not equal and opposite, so there is no energy: each step of the minimiser is
judged by the work done along it, rest is judged by the torque alone, and every result is marked (`exchange` in the dataset
and in the file of `hardmag simulate`). It is there to reproduce that paper.

Generated by benchmarks/report.py from benchmarks/exchange_formulas.json: {machine(data)}.

## The designs of the paper's Table 1

µ0Hc in T, one half-cycle at α = 0.5°, Z set `dft`, box of 128 nm, cells of 0.5 nm. The paper does not say which faces carry its
2 nm layer without anisotropy; whether there is one matters most, and then the formula or the faces. The paper's Hc is its forward network's for its own design.

{table(["L, d, wS, wZ in nm", "layer on", "paper", "variational", "yang_eq7"], rows)}
## Over the design space

{len(data["design_space"])} samples in a box of 64 nm, cells of 0.5 nm, layer on all sides.

![Hc and Φp under both formulas](exchange_formulas.png)

{table(["Z set", "samples", "median of Hc(yang_eq7) / Hc(variational)", "range"], lines)}
{table(["L, d, wS, wZ in nm", "Z set", "µ0Hc (T), variational", "µ0Hc (T), yang_eq7", "Φp, variational", "Φp, yang_eq7"], space)}"""


def pairs_of(data):
    """(row, variational, yang_eq7) where both gave figures."""
    rows = [(r, r["variational"], r["yang_eq7"]) for r in data["design_space"]]
    return [(r, a, b) for r, a, b in rows if "mu0_Hc_T" in a and "mu0_Hc_T" in b]


def draw_exchange(pairs, path):
    from matplotlib import pyplot as plt

    from hardmag.figures.style import TARGET_LABELS

    figure, axes = plt.subplots(1, 2, figsize=(8, 4), layout="constrained")
    for axis, (key, label) in zip(axes, TARGET_LABELS.items(), strict=True):
        for z, marker, colour in (("literature", "o", "#0072B2"), ("dft", "s", "#D55E00"), ("modified", "^", "#009E73")):
            chosen = [(a[key], b[key]) for r, a, b in pairs if r["z_set"] == z]
            axis.plot(*zip(*chosen, strict=True), marker, color=colour, label=f"Z: {z}", mfc="none", clip_on=False)
        ends = [0, 1.05 * max(max(a[key], b[key]) for _, a, b in pairs)]
        axis.plot(ends, ends, color="0.6", lw=1, zorder=0)
        axis.set(xlabel=f"variational: {label}", ylabel=f"equation 7: {label}", xlim=ends, ylim=ends, aspect="equal")
    axes[0].legend(frameon=False)
    figure.savefig(path, dpi=130)
    plt.close(figure)


def reach():
    """The table of docs/inverse-design.md."""
    data = stored("reach")
    head = (
        "a query is within reach by",
        "left out, within reach",
        "simulated, refused",
        "area",
        "without a target",
        "beyond, refused",
    )
    rows = [
        [
            name,
            f"{100 * r['held_out_within_reach']:.1f} %",
            f"{r['own_targets_refused']} of {data['targets']}",
            f"{r['area_T']:.2f} T",
            f"{100 * r['area_without_a_target_within_tolerance']:.0f} %",
            f"{100 * r['beyond_refused']:.1f} %",
        ]
        for name, r in data["rules"].items()
    ]
    (Hc, phi_p), (most_Hc, most_phi_p) = (
        next(iter(data["rules"].values()))[f"refused_to_nearest_{which}"] for which in ("median", "largest")
    )
    far = f"{Hc:.2f} T and {phi_p:.2f} (median; at most {most_Hc:.2f} T and {most_phi_p:.2f})"
    return f"{table(head, rows)}\nFrom a target that was left out and refused by the first rule, the nearest named is {far} away.\n"


def little_neodymium():
    """A table of docs/inverse-design.md."""
    data = stored("little_neodymium")
    head = (
        "wanted µ0Hc (T)",
        "samples with it",
        "their least Nd (at%)",
        "designs: Nd (at%), simulated µ0Hc (T)",
        "with --least",
    )
    rows = [
        [
            f"{q['wanted_T']:g}",
            str(q["samples"]),
            f"{q['least_of_samples']:.2f}",
            *("; ".join(f"{d['Nd_at_percent']:.2f}, {d['simulated_T']:.2f}" for d in q[name]) for name in ("plain", "sparing")),
        ]
        for q in data["queries"]
    ]
    found = {
        name: [(d, q["wanted_T"], q["least_of_samples"]) for q in data["queries"] for d in q[name]]
        for name in ("plain", "sparing")
    }
    off = {n: np.median([abs(d["simulated_T"] - wanted) / wanted for d, wanted, _ in own]) for n, own in found.items()}
    met = {n: sum(abs(d["simulated_T"] - wanted) <= 0.05 * wanted for d, wanted, _ in own) for n, own in found.items()}
    share = np.median([d["Nd_at_percent"] / least for d, _, least in found["sparing"]])
    return (
        f"{table(head, rows)}\nMedian error of the simulated µ0Hc: {100 * off['plain']:.0f} % without and "
        f"{100 * off['sparing']:.0f} % with `--least`; within 5 % are {met['plain']} and {met['sparing']} of {len(found['plain'])}. "
        f"The designs with little Nd have {100 * share:.0f} % (median) of the least Nd that a sample with such a coercivity has.\n"
    )


def round_trips():
    """The table of docs/export.md."""
    data = stored("round_trips")
    ovf, netcdf, crates, versions = (data[key] for key in ("ovf", "netcdf", "crate", "versions"))
    (checks,) = {crate["checks"] for crate in crates.values()}
    required = sum(len(crate["required"]) for crate in crates.values())
    recommended = list(dict.fromkeys(message.rstrip(".") for crate in crates.values() for message in crate["recommended"]))
    cells = "×".join(map(str, ovf["cells"]))
    rows = [
        [
            "state, OVF",
            f"discretisedfield {versions['discretisedfield']}",
            f"{cells} cells with M in {ovf['unit']}; largest difference to the VTU of the same state "
            f"{ovf['largest_difference_A_per_m']:.2g} {ovf['unit']} of {ovf['largest_M_A_per_m']:.2g} {ovf['unit']}",
        ],
        [
            "dataset, NetCDF",
            f"netCDF4 {versions['netCDF4']}",
            f"{netcdf['numbers']} numbers of {netcdf['samples']} samples and their curves; {netcdf['different']} differ",
        ],
        [
            "crate, folder and .zip",
            f"rocrate-validator {versions['roc-validator']}",
            f"{checks} checks of RO-Crate 1.3 each; {required} requirements are not met",
        ],
    ]
    lacking = f"What rocrate-validator recommends beyond: {'; '.join(recommended)}." if recommended else ""
    return f"{table(('file', 'read by', 'result'), rows)}\n{lacking}\n"


def write_tables():
    """Put tables between the lines of their pages that mark them."""
    for page, part in (("inverse-design", reach), ("inverse-design", little_neodymium), ("export", round_trips)):
        path, begin = DOCS / f"{page}.md", marked(part)
        before, rest = path.read_text().split(begin)
        path.write_text(f"{before}{begin}\n{part()}{END}{rest.split(END, 1)[1]}")


def marked(part):
    """The line before a table."""
    return f"<!-- benchmarks/{part.__name__}.json -->"


def performance():
    sections = [against_magnumnp(), stepping(), cost("cpu"), cost("cuda"), gpu(), gpu_counts(), reduced_order(), resolution()]
    head = "# Performance and resolution\n\nGenerated by benchmarks/report.py from the JSON files in benchmarks/; `make bench` takes them anew.\n"
    return "\n".join([head, *(s for s in sections if s)])


def main():
    pages = [performance, exchange, coreshell_benchmarks, cost_front, magnet_campaign, microstructure_findings, smco17_depends]
    if stored("grain_sizes") is not None:  # of a campaign of an hour
        pages.append(polycrystal_findings)
        write_polycrystal(DOCS)
    for page in pages:
        (DOCS / f"{page.__name__.replace('_', '-')}.md").write_text(page().rstrip("\n") + "\n")
    write_tables()
    draw_exchange(pairs_of(stored("exchange_formulas")), DOCS / "exchange_formulas.png")


if __name__ == "__main__":
    main()
