"""Yang et al. 2024: Sm-Co 2:17 magnets, cells of 2:17 with 1:5 walls and Z platelets. The Snakefile imports it."""

from hardmag.papers.yang2024.artefacts import ARTEFACTS

__all__ = ["ARTEFACTS", "QUERIES", "STAGES", "pictures"]

STAGES = ("analysis",)
QUERIES = {
    "title": "Table 1 of Yang et al.",
    "prescribed": {"alpha_deg": 0.0, "z_set": "dft"},
    "queries": [{"mu0_Hc_T": Hc, "phi_p": phi_p} for Hc, phi_p in ((7.0, 0.05), (5.0, 0.01), (4.0, 0.0))],
}
# The six forward models that the paper compares, by their names in surrogates.models.
SIX_MODELS = ("k_nearest", "neural_network", "gradient_boosting", "decision_tree", "random_forest", "support_vector")


def pictures(campaign, table, stages, too_few):
    """{stage: None, or why it is left out} of what some of the paper's figures stand on.

    table: of the dataset; stages: those found so far; too_few: why there are no maps, or None.
    """
    six = None if set(SIX_MODELS) & set(campaign.surrogate.models) else "surrogate.models has none of the paper's six"
    return {"maps": stages["analysis"] or too_few, "six_models": stages["analysis"] or six}
