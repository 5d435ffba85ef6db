"""Micrographs of magnets: read, segmented, as power spectra, and as magnets that look like them."""
