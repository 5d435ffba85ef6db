"""How much of a batch a pass takes at once. Without torch, which is slow to import: a campaign's plan asks, too."""

# Cells (of fp32; of fp64 half as many): few enough for the cache of a CPU, enough to fill a GPU. What a pass computes on the
# way needs room for these alone, however many half-cycles are in flight.
AT_ONCE = {"cpu": 2**16, "cuda": 2**22}


def slots_at_once(cells, kind):
    """How many half-cycles of so many cells (of fp32) a pass takes together on a device of that kind."""
    return max(1, AT_ONCE[kind] // cells)
