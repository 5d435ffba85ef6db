"""One HDF5 file per campaign, and a flat table of it."""
