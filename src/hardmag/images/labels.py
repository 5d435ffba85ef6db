"""What the numbers in a segmented image mean, and the colours that they are drawn in."""

MAIN, BOUNDARY, INCLUSION = 0, 1, 2
NAMES = ("main phase", "boundary", "inclusion")
COLOURS = ((221, 221, 221), (51, 51, 51), (204, 121, 167))  # of a polycrystal's phases elsewhere
