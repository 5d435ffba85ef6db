"""Graded films: readers of maps, patterns and loops, and regressions from spectra and composition to coercivity."""
