"""Surrogates of the half-cycles: the forward f-NN, the inverse i-NN (Yang et al., Methods), and their files."""
