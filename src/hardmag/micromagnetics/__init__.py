"""Batched energy minimisation of micromagnetic half-cycles. Needs torch, numpy and scipy only."""
