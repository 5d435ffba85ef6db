"""Columns of the dataset's table with units and descriptions. Version it: readers refuse what they do not know."""

SCHEMA_VERSION = 1

# name: (unit, description); parameters of the nanostructure are columns too, described by their names.
IDENTITY = {
    "id": ("", "content hash of everything that the sample's result depends on"),
    "status": ("", "accepted or quarantined"),
    "failure": ("", "code of the last failure, empty if accepted"),
    "rescue_round": ("1", "round in which the verdict fell; 0: at the first try"),
    "realisations": ("1", "half-cycles averaged"),
    "evaluations": ("1", "field evaluations spent, rescue rounds included"),
}
PARAMETERS = {
    "alpha_deg": ("deg", "angle between applied field and c-axis"),
    "L_nm": ("nm", "perpendicular period of the 1:5 stripes"),
    "d_nm": ("nm", "period of the Z platelets"),
    "wS_nm": ("nm", "thickness of the 1:5 stripes"),
    "wZ_nm": ("nm", "thickness of the Z platelets"),
    "z_set": ("", "properties of the Z phase (Yang et al., Supplementary Table 4)"),
    "size_x_nm": ("nm", "box edge along x"),
    "size_y_nm": ("nm", "box edge along y"),
    "cell_nm": ("nm", "in-plane cell edge"),
    "exchange": ("", "formula of the exchange field between unlike cells"),
}
DESCRIPTORS = {
    "phi_S": ("1", "wS/L"),
    "phi_Z": ("1", "wZ/d"),
    "Ms_Z_kA_per_m": ("kA/m", "spontaneous magnetisation of the Z phase"),
    "sigma_Z_mJ_per_m2": ("mJ/m2", "wall energy of the Z phase"),
    "l_Z_nm": ("nm", "wall width of the Z phase"),
}
FRACTIONS = {
    "fraction_2:17": ("1", "volume fraction of 2:17 voxels"),
    "fraction_1:5": ("1", "volume fraction of 1:5 voxels"),
    "fraction_Z": ("1", "volume fraction of Z voxels"),
    "fraction_boundary": ("1", "volume fraction of grain-boundary voxels"),
    "Sm_at_percent": ("at%", "Sm from the voxel fractions (Supplementary eq. 1)"),
    "Co_at_percent": ("at%", "Co, likewise"),
    "Zr_at_percent": ("at%", "Zr, likewise"),
}
TARGETS = {
    "mu0_Hc_T": ("T", "coercivity of the averaged half-cycle; NaN: no hysteresis"),
    "mu0_Hc_std_T": ("T", "standard deviation of the coercivity over realisations"),
    "mu0_Hp_T": ("T", "depinning field: first discontinuity of the averaged half-cycle; NaN: none"),
    "phi_p": ("1", "(Hc - Hp)/Hc"),
    "m_r": ("1", "remanence along the field over Ms"),
    "squareness": ("1", "Hk/Hc with m(-Hk) = 0.9 m_r"),
    "BHmax_kJ_per_m3": ("kJ/m3", "largest energy product"),
}
COLUMNS = IDENTITY | PARAMETERS | DESCRIPTORS | FRACTIONS | TARGETS
# Least and largest value of a column, far beyond what magnets have: a value outside is in another unit, or wrong.
PLAUSIBLE = {
    "alpha_deg": (0, 90),
    **dict.fromkeys(("L_nm", "d_nm", "wS_nm", "wZ_nm", "l_Z_nm"), (0.1, 1e5)),
    **dict.fromkeys(("size_x_nm", "size_y_nm", "cell_nm"), (0.01, 1e6)),
    "Ms_Z_kA_per_m": (1, 5000),
    "sigma_Z_mJ_per_m2": (0.1, 1000),
    **dict.fromkeys(("phi_S", "phi_Z"), (0, 1)),
    "phi_p": (0, 20),  # above 1 in older datasets alone: a soft phase that reversed before the field did
    **dict.fromkeys(("mu0_Hc_T", "mu0_Hc_std_T"), (0, 100)),  # anisotropy fields end at some 50 T
    "mu0_Hp_T": (-100, 100),
    "BHmax_kJ_per_m3": (0, 5000),
}
# Beside these, in the dataset of an addition:
ADDED = {
    "addition": ("1", "number of the addition that brought the sample; 0: the campaign's own design"),
    "origin": ("", "why it was simulated; design: it is of the campaign's own design"),
}
# Beside these, of samples that are made from a file of the user's own:
SOURCE = {
    "voxels": ("", "file of the cells, its place as seen from the campaign file"),
    "voxels_sha256": ("", "checksum of its bytes"),
    "mesh": ("", "file of the tetrahedra, likewise"),
    "mesh_sha256": ("", "checksum of its bytes"),
}
# Beside these, where finished datasets were joined with a campaign's own:
JOINED = {"source": ("", "file that the sample is of; empty: the campaign's own dataset")}
CURVES = {
    "mu0_H_T": ("T", "applied field, concatenated over curves; curve i is offset[i]:offset[i+1]"),
    "m_parallel": ("1", "moment along the field over the total moment"),
    "offset": ("1", "where each curve begins"),
}
EMPTY = float("nan")
