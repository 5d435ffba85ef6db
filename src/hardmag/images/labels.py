"""What the numbers in a segmented image mean."""

MAIN, BOUNDARY, INCLUSION = 0, 1, 2
NAMES = ("main phase", "boundary", "inclusion")
