"""hardmag: campaigns of batched micromagnetic half-cycles for permanent magnets."""

__version__ = "0.1.0"

# Part of every sample id. Raise it when a change alters the result of a simulation: every sample is then run anew.
PHYSICS_VERSION = 4
