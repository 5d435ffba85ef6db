"""The paper's tables, as Markdown and CSV. What imports torch is imported where it is needed: most tables do without."""

import math

from hardmag.figures.tables import write_both
from hardmag.materials import SM2CO17, SMCO5, Z_PHASES
from hardmag.nanostructures.smco17 import UNIT_CELLS
from hardmag.papers.yang2024.columns import TARGETS
from hardmag.papers.yang2024.literature import ELEMENTS, LENGTHS, TEXTS, read_literature

SPACE_GROUPS = {"2:17": "R-3m", "1:5": "P6/mmm", "Z": "R-3m"}  # Yang et al., Supplementary Table 2
# Supplementary Table 3: optimised hyperparameters of the paper's networks.
PAPERS_NETWORKS = {
    "f-NN": ("128", "8, (64, 64), 2", "ReLU", "Adam", "0.001", "247/2000", "mean ± std → ±1"),
    "i-NN": ("128", "2, (128, 128), 4", "ReLU", "Adam", "0.001", "100/100", "mean ± std → ±1"),
}
HYPERPARAMETERS = ("batch size", "layers", "activation", "optimiser", "learning rate", "epochs, stopped/most", "scaling")


def write_designs(verification, markdown, table):
    """Table 1: the paper's queries, the first design of each method, what its networks claim and what a simulation gave.

    verification: verification.json; a query out of the data's reach is replaced by the nearest that is not.
    """
    from hardmag.inverse.judgement import read_judgement

    pairs = [f"{name} {what}" for what in ("queried", "designed for", "claimed", "simulated") for name in ("µ0Hc (T)", "Φp")]
    errors = ["error of µ0Hc (%)", "error of Φp"]
    head = ["method", *pairs[:4], "L (nm)", "d (nm)", "wS (nm)", "wZ (nm)", *pairs[4:], *errors]
    rows = []
    for entry in read_judgement(verification)["published"]["queries"]:
        for design in (d for d in entry.get("designs", []) if d["rank"] == 1):
            queried = entry["wanted"]
            wanted = queried if entry["reachable"] else entry["nearest"]
            simulated = design["simulated"] or dict.fromkeys(TARGETS, math.nan)
            off = [simulated[target] - wanted[target] for target in TARGETS]
            rows.append(
                [design["method"], *_targets(queried), *_targets(wanted)]
                + [_number(design["parameters"][name], ".2f") for name in LENGTHS]
                + [*_targets(design["claimed"]), *_targets(simulated)]
                + [_number(100 * abs(off[0]) / wanted["mu0_Hc_T"], ".1f"), _number(abs(off[1]), ".3f")]
            )
    title = "Inverse designs, simulated (Yang et al., Table 1); errors against what was designed for"
    write_both(title, head, rows, markdown, table)


def _targets(values):
    return [_number(values[target], ".3f") for target in TARGETS]


def write_literature(literature, markdown, table):
    """Supplementary Table 1: compositions and lengths of measured magnets."""
    head = ["reference", *TEXTS, *(f"{e} (at%)" for e in ELEMENTS), *(f"{name.removesuffix('_nm')} (nm)" for name in LENGTHS)]
    rows = [
        [m["reference"], *(m[name] for name in TEXTS)]
        + [_number(m[f"{element}_at_percent"], ".3f") for element in ELEMENTS]
        + [_number(m[name], ".3f") for name in LENGTHS]
        for m in read_literature(literature)
    ]
    write_both("Nanostructures measured in the literature (Yang et al., Supplementary Table 1)", head, rows, markdown, table)


def write_unit_cells(markdown, table):
    """Supplementary Table 2: unit cells, from which the content of Zr follows."""
    head = ["phase", "space group", "atoms per cell", "volume (Å³)"]
    rows = [
        [phase, SPACE_GROUPS[phase], ", ".join(f"{element} {n}" for element, n in atoms.items()), f"{volume:.3f}"]
        for phase, (atoms, volume) in UNIT_CELLS.items()
    ]
    write_both("Unit cells of the phases (Yang et al., Supplementary Table 2)", head, rows, markdown, table)


def write_hyperparameters(forward, inverse, markdown, table):
    """Supplementary Table 3: settings of the networks, this campaign's beside the paper's."""
    from hardmag.inverse import i_nn
    from hardmag.inverse.store import load_inverse
    from hardmag.surrogates import f_nn
    from hardmag.surrogates.store import load_forward

    f, i = load_forward(forward), load_inverse(inverse)
    models = {"f-NN": (f, f_nn.layers(f.variables)), "i-NN": (i, i_nn.layers(f.variables, i.space))}
    columns = {}
    for name, (model, (n_in, *hidden, n_out)) in models.items():
        m = model.metadata
        layers = f"{n_in}, ({', '.join(map(str, hidden))}), {n_out}"
        epochs = f"{m['best_epoch']} kept, {m['epochs_run']}/{m['epochs']}"
        own = (str(m["batch_size"]), layers, "ReLU", "Adam", f"{m['learning_rate']:g}", epochs, "mean ± std → ±1")
        columns |= {f"{name}, here": own, f"{name}, Yang et al.": PAPERS_NETWORKS[name]}
    rows = [[name, *(column[i] for column in columns.values())] for i, name in enumerate(HYPERPARAMETERS)]
    write_both("Hyperparameters of the networks (Yang et al., Supplementary Table 3)", ["", *columns], rows, markdown, table)


def write_phases(markdown, table):
    """Supplementary Table 4, with what follows from it: wall parameter and anisotropy field."""
    phases = {"Sm2Co17": SM2CO17, "SmCo5": SMCO5} | {f"Zr-rich, {name}": phase for name, phase in Z_PHASES.items()}
    quantities = {
        "A (pJ/m)": (lambda p: p.A_J_per_m * 1e12, ".2f"),
        "Ku (MJ/m³)": (lambda p: p.Ku_J_per_m3 / 1e6, ".1f"),
        "Ms (kA/m)": (lambda p: p.Ms_A_per_m / 1e3, ".1f"),
        "l = π √(A/Ku) (nm)": (lambda p: p.wall_width_m * 1e9, ".1f"),
        "σ = 4 √(A Ku) (mJ/m²)": (lambda p: p.wall_energy_J_per_m2 * 1e3, ".1f"),
        "√(A/Ku) (nm)": (lambda p: p.delta0_m * 1e9, ".2f"),
        "µ0Hani = 2 Ku/Ms (T)": (lambda p: p.anisotropy_field_T, ".1f"),
    }
    rows = [[name, *(f"{value(p):{form}}" for p in phases.values())] for name, (value, form) in quantities.items()]
    write_both("Phases (Yang et al., Supplementary Table 4; the last two rows follow)", ["", *phases], rows, markdown, table)


def _number(value, form):
    return "" if math.isnan(value) else f"{value:{form}}"
