"""Sensitivity of what is learnt to each parameter of the nanostructure: Sobol' indices of the networks."""

import matplotlib.pyplot as plt
import numpy as np

from hardmag.analysis.sobol import indices
from hardmag.dataset.read import read_kind, read_table
from hardmag.dataset.schema import columns_of
from hardmag.figures.networks import load_networks
from hardmag.figures.style import BLUE, SKY, axis_label, headline, save, symbol, whiskers
from hardmag.surrogates.models import Networks
from hardmag.surrogates.rows import rows_of

ORDERS = {"total": BLUE, "by itself": SKY}
SEED = 0  # of the points at which networks are asked


def draw_sensitivity(predictor, predictor_scores, samples, output):
    """Of each target the share of variance by parameter, drawn independently as the samples have them.

    Bars: of the mean of the networks; lines: of each network, from the smallest to the largest. Arguments as for
    load_networks.
    """
    networks, _, scored = load_networks(predictor, predictor_scores, samples)
    kind = read_kind(samples)
    rows, quantities = rows_of(read_table(samples), kind), columns_of(kind)
    levels, level = np.unique(rows.level, return_inverse=True)
    columns = np.column_stack([rows.values, level])
    varied = np.ptp(columns, axis=0) > 0
    names = np.array([*rows.variables.numbers, rows.variables.level])[varied]
    whole, *members = (
        indices(_answer(one, rows, columns[0], varied, levels), columns[:, varied], rng=np.random.default_rng(SEED))
        for one in (networks, *_each(networks))
    )
    targets = rows.variables.targets
    figure, axes = plt.subplots(
        1,
        len(targets),
        figsize=(1.6 + 2.9 * len(targets), 1.9 + 0.4 * len(names)),
        sharey=True,
        squeeze=False,
        layout="constrained",
    )
    for t, (axis, target) in enumerate(zip(axes[0], targets, strict=True)):
        for order, (label, colour) in zip((1, 0), ORDERS.items(), strict=True):
            value, spread = whole[order][t], np.array([member[order][t] for member in members])
            at = np.arange(len(names)) + (0.2 if order == 0 else -0.2)
            lines = whiskers(value, spread.min(0), spread.max(0)) if len(members) > 1 else None
            axis.barh(at, value, height=0.38, color=colour, label=label, xerr=lines, error_kw={"lw": 1, "capsize": 2})
        axis.axvline(0, color="black", lw=0.6)
        axis.set_yticks(range(len(names)), [axis_label(name, quantities[name]) for name in names])
        axis.set_xlabel("share of the variance (1)")
        score = "" if scored is None else f"\n$R^2$ {scored['variants'][0]['grouped'][target]['R2']:.2f}, left out"
        axis.set_title(f"{symbol(target)}{score}")
    axes[0, 0].invert_yaxis()
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    who = f"{len(members)} networks, lines from network to network" if len(members) > 1 else "one network"
    headline(figure, f"Sobol' indices of {who}, {len(rows.row)} samples")
    save(figure, output)


def _each(networks):
    return [Networks((member,), networks.feature_scaler, networks.target_scaler) for member in networks.members]


def _answer(networks, rows, first, varied, levels):
    """The function of x (n, k) that these networks are, all that does not vary as in the first row; the last of all columns
    is the place of the level among `levels`."""

    def answer(x):
        columns = np.tile(first, (len(x), 1))
        columns[:, varied] = x
        level = levels[np.rint(columns[:, -1]).astype(int)]
        return networks.predict(rows.variables.features_at(columns[:, :-1], level)).mean

    return answer
