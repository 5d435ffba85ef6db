"""A correction for each failure: a ladder of changes to the sample, one rung per rescue round."""

from dataclasses import replace

from hardmag.campaign.attempts import Attempt
from hardmag.campaign.failures import Failure


def _settings(**change):
    """A rung that changes half-cycle settings; each value is a function of the old settings."""

    def rung(sample):
        old = sample.half_cycle
        return replace(sample, half_cycle=old | {key: value(old) for key, value in change.items()})

    return rung


def _refine(sample):
    """Draw it finer, where its kind can."""
    return _redrawn(sample, sample.structure.refined())


def _mesh_anew(sample):
    """Another mesh, no coarser."""
    return _redrawn(sample, sample.structure.remeshed())


def _redrawn(sample, structure):
    return sample if structure is None else replace(sample, nanostructure=structure.content())


def _other_seeds(sample):
    return replace(sample, seed_offset=sample.seed_offset + 1000)  # more than any sample has realisations


def _anew(sample):
    """Other realisations, each nearer to rest: what comes out owes nothing to the first attempt."""
    return _tighter(_other_seeds(sample))


def _same(sample):
    """Run it again as it is: on another device, maybe."""
    return sample


_fp64 = _settings(precision=lambda s: "fp64")
_more_iterations = _settings(max_iterations=lambda s: 4 * s["max_iterations"])
_finer_steps = _settings(
    step_T=lambda s: s["step_T"] / 2, resolution_T=lambda s: None if s["resolution_T"] is None else s["resolution_T"] / 2
)
# fp64 too: in fp32 rounding may keep the torque above so small a tolerance.
_tighter = _settings(tolerance_T=lambda s: s["tolerance_T"] / 10, precision=lambda s: "fp64")

LADDERS = {
    Failure.NOT_CONVERGED: (_more_iterations, _fp64),
    Failure.NOT_A_NUMBER: (_fp64, _finer_steps),
    Failure.ENERGY_ROSE: (_finer_steps, _fp64),
    Failure.NOT_SATURATED: (_settings(from_T=lambda s: 2 * s["from_T"] + 2), _fp64),
    Failure.NOT_REVERSED: (_settings(to_T=lambda s: 1.5 * s["to_T"]), _settings(to_T=lambda s: 2 * s["to_T"])),
    Failure.FLIPPED_BACK: (_other_seeds, _other_seeds),
    Failure.MALFORMED_CURVE: (_other_seeds, _fp64),
    Failure.MOMENT_EXCEEDED: (_fp64,),
    Failure.MOMENT_ROSE: (_tighter, _finer_steps),
    Failure.REALISATIONS_DISAGREE: (_settings(realisations=lambda s: 2 * s["realisations"]), _finer_steps),
    Failure.UNDER_RESOLVED_WALL: (_refine, _refine),
    Failure.UNFIT_STRUCTURE: (_other_seeds, _other_seeds),
    Failure.UNFIT_MESH: (_mesh_anew, _mesh_anew),
    Failure.OUTLIER: (_anew,),
    Failure.DEVICE_ERROR: (_same, _fp64),
}


def correct(attempt, failure, detail):
    """The next attempt at the sample of one that failed, or None at the ladder's end. After a release from quarantine the
    ladder begins anew."""
    old, corrections = attempt.sample, attempt.corrections
    fresh = max((n + 1 for n, c in enumerate(corrections) if "released" in c["change"]), default=0)
    tried = sum(c["failure"] == failure for c in corrections[fresh:])
    for rung in LADDERS[failure][tried:]:
        sample = rung(old)
        change = _difference(old, sample)
        if change or rung is _same:  # else the same run again would only fail again
            return Attempt.of(sample, [*corrections, {"failure": str(failure), "detail": detail, "change": change}])
    return None


def _difference(before, after):
    """{key: [old, new]} of everything that a correction may change."""
    old, new = (s.half_cycle | s.nanostructure | {"seed_offset": s.seed_offset} for s in (before, after))
    return {key: [old.get(key), value] for key, value in new.items() if value != old.get(key)}
