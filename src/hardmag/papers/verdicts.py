"""One rule for all findings: an interval against the range in which a number must lie for the paper to be right."""

import math

AGREES, DISAGREES, CANNOT_TELL = "agrees", "disagrees", "cannot tell"


def verdict(low, high, claimed):
    """'agrees' if the whole interval low … high lies inside the open range `claimed`, 'disagrees' if it lies outside, else, and
    where there is no interval (NaN), 'cannot tell'."""
    below, above = claimed
    if not (math.isfinite(low) and math.isfinite(high)):
        return CANNOT_TELL
    if below < low and high < above:
        return AGREES
    return DISAGREES if high <= below or low >= above else CANNOT_TELL
