"""The door to the solvers: full micromagnetics for voxels and meshes, the reduced-order model for grains."""

from hardmag.grains import Grains
from hardmag.micromagnetics import scheduler
from hardmag.reduced_order.half_cycle import run_reduced


def run_half_cycles(runs, *, slots=8, device="cpu", precision="fp32", on_curve=None, on_rest=None, stop=None, suspended=None):
    """Run half-cycles, {key: HalfCycle}, of any bodies; returns {key: Curve} of those that ended.

    As micromagnetics.scheduler.run_half_cycles, but that on_rest is given unit moments (3, g) of Grains, in the order of the
    grains; these are not set aside: a half-cycle that stop() ends begins anew.
    """
    grains = {key: run for key, run in runs.items() if isinstance(run.body, Grains)}
    others = {key: run for key, run in runs.items() if key not in grains}
    shared = {"slots": slots, "device": device, "on_curve": on_curve, "on_rest": on_rest, "stop": stop}
    curves = scheduler.run_half_cycles(others, precision=precision, suspended=suspended, **shared)
    return curves | run_reduced(grains, dtype=scheduler.DTYPES[precision], **shared)
