"""Half-cycles by mammos-mumag, for against_mammos_mumag.py, which starts this in a Python that has it and esys-escript.

Reads names of models (NAME.fly, NAME.krn, NAME.p2) from stdin, one a line, and answers each with a line of JSON. The loop over
the fields is that of mammos-mumag's loop.py, its minimiser is called as it is there; only the clock is ours.
"""

import json
import sys
import time
from importlib.metadata import version

import jax.numpy as jnp
import mammos_mumag
import numpy as np

sys.path.insert(0, str(mammos_mumag._scripts_directory))
import loop
from energies import projection
from mapping import escript2arrays


def clocks():
    """(seconds of the processor, seconds on the wall)."""
    return np.array([time.process_time(), time.perf_counter()])


def half_cycle(name, most_fields=None):
    """The fields of NAME.p2 until the polarisation is below its mfinal; times of assembling and of minimising."""
    begin = clocks()
    m, pars, _ = escript2arrays(name)
    assembled = clocks()
    loop.m = m  # its preconditioner takes the first state from there
    direction, start, end, step = pars["hext_pars"]
    fields = start + step * np.arange(round((end - start) / step) + 1)
    rest, calls = (jnp.zeros(len(m) // 3), jnp.zeros(len(m))), 0
    J, torques = [], []
    for field in fields[:most_fields].tolist():
        _, m, _, rest, calls = loop.minimize(m, field, pars, rest, calls)
        J.append(float(loop.compute_mh(m, (direction, pars["meas"], pars["volume"]))[0]))
        torques.append(torque(m, rest[1], pars))
        if J[-1] <= pars["mag_pars"][2]:
            break
    done = clocks()
    return {
        "mu0_H_T": fields[: len(J)].tolist(),
        "J_T": J,
        "largest_torque_T": torques,
        "evaluations": int(calls),
        "assembling_s": (assembled - begin).tolist(),
        "minimising_s": (done - assembled).tolist(),
    }


def torque(m, gradient, pars):
    """The largest |tangential gradient| over moment at the nodes, in T."""
    moment = np.asarray(pars["meas"]) / pars["volume"]
    size = np.linalg.norm(np.asarray(projection(m, gradient)).reshape(-1, 3), axis=1)
    return float((size[moment > 0] / moment[moment > 0]).max())


if __name__ == "__main__":
    names = {"mammos_mumag": "mammos-mumag", "jax": "jax", "numpy": "numpy"}
    print(json.dumps({key: version(package) for key, package in names.items()}), flush=True)
    for line in sys.stdin:
        name, most_fields = json.loads(line)
        print(json.dumps(half_cycle(name, most_fields)), flush=True)
