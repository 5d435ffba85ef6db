"""Results for others: states as OVF and VTU, curves as CSV, datasets as NetCDF, their descriptions for archives."""
