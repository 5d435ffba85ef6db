"""What a dataset says: correlations, clusters, importance, angles, maps, convergence (Yang et al., Fig. 2, Suppl. Note 2)."""
