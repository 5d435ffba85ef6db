"""The published phases of SmCo-1:7 and Nd-Fe-B magnets, each with its source."""

from hardmag.materials.phase import MU0, Phase

# Yang et al., Supplementary Table 4. The c-axis of the nanostructure is y.
SM2CO17 = Phase("2:17", 19.60e-12, 3.9e6, 987.7e3)
SMCO5 = Phase("1:5", 8.60e-12, 18.3e6, 810.8e3)
Z_PHASES = {
    "literature": Phase("Z", 0.48e-12, 2.1e6, 310.4e3),
    "dft": Phase("Z", 4.83e-12, 2.1e6, 290.0e3),
    "modified": Phase("Z", 0.70e-12, 1.4e6, 310.4e3),
}
# Grain-boundary layer: A and Ms of 2:17, no anisotropy (Yang et al., Supplementary Note 1.2).
GRAIN_BOUNDARY = SM2CO17.with_(name="boundary", Ku_J_per_m3=0.0)

# Coey 2010, p. 401, room temperature, as taken by Kovacs et al. 2023, section 2.2.1. The c-axis of the grains is z.
ND2FE14B = Phase("Nd2Fe14B", 8.0e-12, 4.9e6, 1.61 / MU0, (0.0, 0.0, 1.0))
# Kovacs et al. 2023, section 3.2: an almost Nd-free core, a shell that protects it, a soft grain-boundary layer around both.
GRAIN_CORE = Phase("core", 8.0e-12, 0.7e6, 1.04 / MU0, (0.0, 0.0, 1.0))
GRAIN_SHELL = Phase("shell", 8.0e-12, 3.77e6, 1.45 / MU0, (0.0, 0.0, 1.0))
GRAIN_LAYER = Phase("layer", 8.0e-12, 0.0, 1.1 / MU0, (0.0, 0.0, 1.0))
