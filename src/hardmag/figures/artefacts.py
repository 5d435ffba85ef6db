"""What is made of a campaign: each figure and table of Yang et al. that comes from data, and the campaign's own.

The rules of workflow/rules/figures.smk are made from this list, one for each sheet.
The Snakefile imports it: standard library only.
"""

from dataclasses import dataclass
from importlib import import_module

MAIN, SUPPLEMENT, OWN = "Figures and tables of the paper", "Its supplement", "The campaign's own"

# What is drawn by one job, for a process takes as long to start as a figure to draw: by the last of the files that it needs.
SHEETS = {
    "dataset": ("literature", "dataset", "quality", "magnetostatics"),
    "coercivities": ("coercivities", "states", "grain_states"),
    "networks": ("features", "forward", "inverse"),
    "comparison": ("models", "six_scores"),
    "analysis": ("analysis",),
    "findings": ("findings",),
    "verification": ("verification",),
}


@dataclass(frozen=True)
class Artefact:
    """name: of its file, rule and caption; number: in the paper, '' where it is the campaign's own; function: in the package
    `home`, called with the files named in inputs, then with its outputs; what: in a few words."""

    name: str
    number: str
    home: str
    function: str
    inputs: tuple
    what: str

    @property
    def outputs(self):
        """{name: path below the campaign's folder}: a PNG, or Markdown, CSV and HTML of a table."""
        if self.function.split(".")[1].startswith("write_"):
            return {name: f"tables/{self.name}.{end}" for name, end in (("markdown", "md"), ("table", "csv"), ("page", "html"))}
        return {"figure": f"figures/{self.name}.png"}

    @property
    def sheet(self):
        """Which of SHEETS it is drawn with."""
        return next((sheet for sheet in reversed(SHEETS) if set(SHEETS[sheet]) & set(self.inputs)), "dataset")

    @property
    def category(self):
        """Where it stands in the report."""
        if not self.number:
            return OWN
        return SUPPLEMENT if self.number.startswith("Suppl") else MAIN


HERE, YANG, KOVACS = "figures", "papers.yang2024.figures", "papers.kovacs2023.figures"
_ALL = (
    ("composition", "Fig. 1d", YANG, "composition.draw_composition", ("literature",), "measured lengths against Zr"),
    ("domain_state", "Fig. 1c", HERE, "domain_state.draw_domain_state", ("states",), "domain wall at the pinning sites"),
    ("half_cycles", "Fig. 2a", HERE, "half_cycles.draw_half_cycles", ("dataset",), "half-cycles by angle; Hc, Hp and Φp"),
    ("angular", "Fig. 2b", YANG, "angular.draw_angular", ("analysis",), "Hc and Φp by angle"),
    ("contours", "Fig. 2c", YANG, "contours.draw_contours", ("forward", "features"), "Hc and Φp over L and d"),
    ("maps", "Fig. 2d", YANG, "maps.draw_maps", ("analysis",), "Hc and Φp over the phase shares, isolines of Zr"),
    ("spearman", "Fig. 2e", HERE, "correlation.draw_spearman", ("analysis",), "rank correlation with Hc and Φp"),
    ("importance", "Fig. 2f", HERE, "importance.draw_importance", ("analysis",), "permutation importance"),
    ("clustering", "Fig. 2g", HERE, "clustering.draw_clustering", ("analysis",), "dendrogram of features and targets"),
    ("designs", "Table 1", YANG, "tables.write_designs", ("verification",), "inverse designs, simulated"),
    ("literature", "Suppl. Table 1", YANG, "tables.write_literature", ("literature",), "nanostructures of the literature"),
    ("unit_cells", "Suppl. Table 2", YANG, "tables.write_unit_cells", (), "unit cells of the phases"),
    (
        "hyperparameters",
        "Suppl. Table 3",
        YANG,
        "tables.write_hyperparameters",
        ("forward", "inverse"),
        "settings of the networks",
    ),
    ("phases", "Suppl. Table 4", YANG, "tables.write_phases", (), "properties of the phases"),
    ("pairs", "Suppl. Fig. 1", HERE, "pairs.draw_pairs", ("features",), "all pairs of lengths and targets"),
    ("six_Hc", "Suppl. Fig. 2", YANG, "six_models.draw_six_Hc", ("features", "six_scores"), "parity of six models, Hc"),
    ("six_phi_p", "Suppl. Fig. 3", YANG, "six_models.draw_six_phi_p", ("features", "six_scores"), "parity of six models, Φp"),
    ("parity", "Suppl. Fig. 4", HERE, "parity.draw_parity", ("forward",), "parity of the f-NN"),
    ("contours_Hc", "Suppl. Fig. 5", YANG, "contours.draw_Hc_contours", ("forward", "features"), "Hc over L and d, 16 planes"),
    (
        "contours_phi_p",
        "Suppl. Fig. 6",
        YANG,
        "contours.draw_phi_p_contours",
        ("forward", "features"),
        "Φp over L and d, 16 planes",
    ),
    (
        "correlation",
        "Suppl. Fig. 7",
        HERE,
        "correlation.draw_correlation",
        ("analysis",),
        "Pearson's and Spearman's correlation",
    ),
    ("convergence", "Suppl. Fig. 9", HERE, "convergence.draw_convergence", ("analysis",), "characteristic values against size"),
    ("learning_curve", "Suppl. Fig. 10", HERE, "convergence.draw_learning_curve", ("analysis",), "scores against size"),
    ("findings", "", YANG, "findings.write_findings", ("findings",), "the paper's findings, held against these data"),
    ("health", "", HERE, "health.write_health", ("dataset", "quality"), "samples, failures, corrections"),
    ("cost", "", HERE, "health.write_cost", ("dataset", "findings"), "time and memory by rule"),
    ("structures", "", HERE, "structures.draw_structures", ("dataset",), "nanostructures by phase"),
    ("parameters", "", HERE, "parameters.draw_parameters", ("coercivities",), "Hc and Φp against each parameter"),
    ("models", "", HERE, "models.draw_models", ("models",), "forward models compared"),
    ("inverse_methods", "", YANG, "tables.write_inverse_methods", ("verification",), "inverse methods, judged by simulation"),
    ("grain", "", KOVACS, "grain.draw_grain", ("grain_states",), "a grain by phase, and m around nucleation"),
    ("kronmuller", "", KOVACS, "kronmuller.draw_kronmuller", ("magnetostatics",), "α and N_eff of core/shell grains"),
)
ARTEFACTS = {fields[0]: Artefact(*fields) for fields in _ALL}
# Left out where the data know too few nanostructures (dataset.join.too_few): they would show noise.
OF_MANY = ("contours", "maps", "importance", "contours_Hc", "contours_phi_p")
LEFT_OUT = {
    "Fig. 1a, 1b": "electron micrographs",
    "Fig. 1e, Suppl. Fig. 8": "schematics",
}


def make_sheet(names, inputs, outputs):
    """`make` for each of some artefacts. inputs: those of all; outputs: {ARTEFACT_OUTPUT: file}."""
    for name in names:
        make(name, inputs, {output: outputs[f"{name}_{output}"] for output in ARTEFACTS[name].outputs})


def make(name, inputs, outputs):
    """Call the function of an artefact, and for a table write its page. inputs: {name: file or list of files}; outputs:
    {name: file}."""
    artefact = ARTEFACTS[name]
    module, function = artefact.function.split(".")
    call = getattr(import_module(f"hardmag.{artefact.home}.{module}"), function)
    call(*(inputs[key] for key in artefact.inputs), *(outputs[key] for key in artefact.outputs if key != "page"))
    if "page" in artefact.outputs:
        import_module("hardmag.figures.tables").write_page(outputs["table"], artefact.what, outputs["page"])
