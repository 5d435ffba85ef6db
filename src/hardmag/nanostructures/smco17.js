// SmCo-1:7 in explore.html: which lengths are no structure, and the picture, voxels as smco17.py draws them.

const KIND = {
  phases: ["2:17", "1:5", "Z", "boundary"],  // order of the phase table

  // Why there is no such structure: {column at fault: words}. Empty: there is.
  impossible({ L_nm: L, d_nm: d, wS_nm: wS, wZ_nm: wZ, cell_nm }) {
    const why = {}, cell = Math.max(...cell_nm.slice(0, 2));
    if (!(wS < L)) why.wS_nm = `Walls of ${wS} nm in a period of L = ${L} nm leave no 2:17 between them: wS must be < L.`;
    else if (!(wS >= cell)) why.wS_nm = `Walls of ${wS} nm are thinner than a cell: wS must be >= ${cell} nm.`;
    if (!(wZ < d)) why.wZ_nm = `Platelets of ${wZ} nm in a period of d = ${d} nm fill everything: wZ must be < d.`;
    else if (!(wZ >= cell)) why.wZ_nm = `Platelets of ${wZ} nm are thinner than a cell: wZ must be >= ${cell} nm.`;
    return why;
  },

  // y of the voxels, the c-axis, is up; the field is counted from there towards x.
  picture(columns) {
    const voxels = KIND.build(columns), { nx, ny } = voxels, [cx, cy] = columns.cell_nm, alpha = columns.alpha_deg;
    return {
      title: "Voxels, c-axis up",
      note: `The picture shows the box of ${columns.size_nm[0]} × ${columns.size_nm[1]} nm in cells of ${cx} nm as it is simulated, with a 2:17 cell in its middle.`,
      size_nm: [nx * cx, ny * cy],
      cells: true,
      shapes: KIND.phases.map((name, phase) => [name, KIND.outline(voxels, phase, cx, cy)]),
      shares: KIND.fractions(voxels),
      arrows: [{ name: "c", degrees: 0 }, { name: `H, α = ${Number(alpha.toPrecision(7))}°`, degrees: alpha, field: true }],
    };
  },

  // {nx, ny, index}: phase of the voxel in column i (along x) and row j (along y) is index[i * ny + j].
  build({ L_nm: L, d_nm: d, wS_nm: wS, wZ_nm: wZ, ...box }) {
    const [cx, cy] = box.cell_nm, { round, inside } = KIND;
    const nx = Math.max(1, round(box.size_nm[0] / cx)), ny = Math.max(1, round(box.size_nm[1] / cy));
    const half = (box.cell_angle_deg / 2) * (Math.PI / 180), along = Math.cos(half), across = Math.sin(half);
    const index = new Uint8Array(nx * ny);
    for (let i = 0; i < nx; i++) {
      const x = (i + 0.5 - nx / 2) * cx;
      for (let j = 0; j < ny; j++) {
        const y = (j + 0.5 - ny / 2) * cy;
        const wall = inside((x * along + y * across) / L + 0.5, wS / L) || inside((x * along - y * across) / L + 0.5, wS / L);
        index[i * ny + j] = inside(y / d + 0.5, wZ / d) ? 2 : wall ? 1 : 0;
      }
    }
    KIND.drawBoundary(box, nx, ny, index);
    return { nx, ny, index };
  },

  // Where a pattern of period 1 with bars of width `share` around each whole number is on; bars are half open.
  inside(u, share) {
    const fromEdge = u + share / 2;
    return fromEdge - Math.floor(fromEdge + 1e-9) < share - 1e-9;
  },

  drawBoundary(box, nx, ny, index) {
    const [tx, ty] = [0, 1].map((axis) => KIND.round(box.boundary_layer_nm / box.cell_nm[axis]));
    const on = { "x-": (i) => i < tx, "x+": (i) => i >= nx - tx, "y-": (i, j) => j < ty, "y+": (i, j) => j >= ny - ty };
    const faces = box.boundary_faces.map((face) => on[face]);
    for (let i = 0; i < nx; i++)
      for (let j = 0; j < ny; j++) if (faces.some((face) => face(i, j))) index[i * ny + j] = 3;
  },

  // As Python rounds: 2.5 → 2.
  round(x) {
    const below = Math.floor(x), rest = x - below;
    return rest < 0.5 || (rest === 0.5 && below % 2 === 0) ? below : below + 1;
  },

  // Path of the voxels of a phase: for each column its runs along y.
  outline({ nx, ny, index }, phase, cx, cy) {
    const runs = [], short = (v) => Number(v.toFixed(3));
    for (let i = 0; i < nx; i++) {
      for (let j = 0, from; j < ny; j++) {
        if (index[i * ny + j] !== phase) continue;
        for (from = j; j < ny && index[i * ny + j] === phase; ) j++;
        runs.push(`M${short(i * cx)},${short(from * cy)}h${cx}v${short((j - from) * cy)}h${-cx}z`);
      }
    }
    return runs.join("");
  },

  // {phase: its share of the voxels}.
  fractions({ index }) {
    const count = [0, 0, 0, 0];
    for (const phase of index) count[phase]++;
    return Object.fromEntries(KIND.phases.map((name, phase) => [name, count[phase] / index.length]));
  },
};
