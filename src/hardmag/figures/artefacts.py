"""What is drawn of a campaign: the list of figures, tables and pages of any kind of nanostructure, and how one is made.

To add one: a function in this package, a line in OF_ANY_KIND, a caption in workflow/report. What a paper alone has stands in
papers/; `papers.artefacts_of` has both. The Snakefile imports this: standard library only.
"""

from dataclasses import dataclass
from importlib import import_module

MAIN, SUPPLEMENT, OWN = "Figures and tables of the paper", "Its supplement", "The campaign's own"
# {form: {output: path below the campaign's folder}}
FORMS = {
    "figure": {"output": "figures/{}.png"},
    "table": {"markdown": "tables/{}.md", "table": "tables/{}.csv", "page": "tables/{}.html"},
    "page": {"output": "{}.html"},
}
TARGETS = ("explore", "learning")  # sheets that are asked for by their own names; all others are of the target `figures`


@dataclass(frozen=True)
class Artefact:
    """A figure, table or page.

    name: of its file and caption; home, function: the package in hardmag and MODULE.FUNCTION in it, called with the files of
    `inputs` and `outputs` by their names; inputs: names of files (workflow/rules/figures.smk); what: in a few words; when: the
    stage that a campaign must have, else it is left out; sheet: what is drawn by one job, for a process takes as long to start
    as a figure to draw; form: one of FORMS; number: of that paper, '' where it is the campaign's own.
    """

    name: str
    home: str
    function: str
    inputs: tuple
    what: str
    when: str = "dataset"
    sheet: str = "dataset"
    form: str = "figure"
    number: str = ""
    paper: str = ""

    @property
    def outputs(self):
        """{name: path below the campaign's folder}."""
        return {name: path.format(self.name) for name, path in FORMS[self.form].items()}

    @property
    def target(self):
        """Name of the rule that one asks for it by."""
        return self.sheet if self.sheet in TARGETS else "figures"

    @property
    def category(self):
        """Where it stands in the report."""
        if not self.number:
            return OWN
        return SUPPLEMENT if self.number.startswith("Suppl") else MAIN


def _here(*fields, **more):
    return Artefact(fields[0], "figures", *fields[1:], **more)


ANALYSIS = {"when": "analysis", "sheet": "analysis"}
NETWORKS = {"when": "networks", "sheet": "networks"}
VERIFIED = {"when": "verification", "sheet": "verification", "form": "table"}
COERCIVITIES = {"when": "coercivities", "sheet": "coercivities"}
OF_ANY_KIND = (
    _here("half_cycles", "half_cycles.draw_half_cycles", ("dataset",), "half-cycles by angle; Hc, Hp and Φp"),
    _here("structures", "structures.draw_structures", ("dataset",), "nanostructures by phase"),
    _here("health", "health.write_health", ("dataset", "quality"), "samples, failures, corrections", form="table"),
    _here("domain_state", "domain_state.draw_domain_state", ("states",), "domain wall at the pinning sites", **COERCIVITIES),
    _here(
        "demagnetisation",
        "demagnetisation.draw_demagnetisation",
        ("dataset",),
        "M(H), B(H) and load lines of the largest (BH)max",
        **COERCIVITIES,
    ),
    _here("parameters", "parameters.draw_parameters", ("samples",), "Hc and Φp against each parameter", **COERCIVITIES),
    _here("models", "models.draw_models", ("models",), "forward models compared", when="surrogates", sheet="comparison"),
    _here("parity", "parity.draw_parity", ("forward",), "parity of the f-NN", **NETWORKS),
    _here(
        "sensitivity",
        "sensitivity.draw_sensitivity",
        ("predictor", "predictor_scores", "samples"),
        "shares of variance by parameter",
        when="networks",
        sheet="sensitivity",
    ),
    _here("pairs", "pairs.draw_pairs", ("samples",), "all pairs of lengths and targets", **NETWORKS),
    _here("spearman", "correlation.draw_spearman", ("analysis",), "rank correlation with Hc and Φp", **ANALYSIS),
    _here("correlation", "correlation.draw_correlation", ("analysis",), "Pearson's and Spearman's correlation", **ANALYSIS),
    _here("importance", "importance.draw_importance", ("analysis",), "permutation importance", when="maps", sheet="analysis"),
    _here("clustering", "clustering.draw_clustering", ("analysis",), "dendrogram of features and targets", **ANALYSIS),
    _here("convergence", "convergence.draw_convergence", ("analysis",), "characteristic values against size", **ANALYSIS),
    _here("learning_curve", "convergence.draw_learning_curve", ("analysis",), "scores against size", **ANALYSIS),
    _here(
        "inverse_methods",
        "inverse_methods.write_inverse_methods",
        ("verification",),
        "inverse methods, judged by simulation",
        **VERIFIED,
    ),
    # After the findings, which are the last of the jobs that it counts.
    _here(
        "cost", "health.write_cost", ("dataset", "findings"), "time and memory by rule", "analysis", "findings", form="table"
    ),
    _here("learning", "learning.draw_learning", ("learning",), "active learning, cycle by cycle", "learning", "learning"),
    _here("front", "front.draw_front", ("learning",), "Pareto front", "front", "learning"),
    _here(
        "explore",
        "explore.write_explore",
        ("predictor", "predictor_scores", "samples"),
        "nanostructures to try, and designs",
        "explore",
        "explore",
        form="page",
    ),
)


def make_sheet(artefacts, inputs, outputs):
    """`make` for each of some artefacts. inputs: those of all; outputs: {ARTEFACT_OUTPUT: file}."""
    for artefact in artefacts:
        make(artefact, inputs, {output: outputs[f"{artefact.name}_{output}"] for output in artefact.outputs})


def make(artefact, inputs, outputs):
    """Call the function of an artefact, and for a table write its page. inputs: {name: file or list of files}; outputs:
    {name: file}."""
    module, function = artefact.function.split(".")
    call = getattr(import_module(f"hardmag.{artefact.home}.{module}"), function)
    written = {name: path for name, path in outputs.items() if name != "page"}
    call(**{name: inputs[name] for name in artefact.inputs}, **written)
    if "page" in outputs:
        import_module("hardmag.figures.tables").write_page(outputs["table"], artefact.what, outputs["page"])
