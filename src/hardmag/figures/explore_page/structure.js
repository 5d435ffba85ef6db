// The nanostructure as the solver sees it: voxels of hardmag.nanostructures.smco17, pattern centred in the box.

const CELL = 0, STRIPE = 1, PLATELET = 2, BOUNDARY = 3;  // order of the phase table

// Why lengths in nm are no structure: {key of the input at fault: words}. Empty: they are one.
function impossible([L, d, wS, wZ]) {
  const why = {};
  if (!(wS < L)) why.wS = `Walls of ${wS} nm in a period of L = ${L} nm leave no 2:17 between them: wS must be < L.`;
  if (!(wZ < d)) why.wZ = `Platelets of ${wZ} nm in a period of d = ${d} nm fill everything: wZ must be < d.`;
  return why;
}

// {nx, ny, index}: phase of the voxel in column i (along x) and row j (along y, the c-axis) is index[i * ny + j].
function build(box, [L, d, wS, wZ]) {
  const [cx, cy] = box.cell_nm;
  const nx = Math.max(1, roundHalfEven(box.size_nm[0] / cx)), ny = Math.max(1, roundHalfEven(box.size_nm[1] / cy));
  const half = (box.cell_angle_deg / 2) * (Math.PI / 180), along = Math.cos(half), across = Math.sin(half);
  const index = new Uint8Array(nx * ny);
  for (let i = 0; i < nx; i++) {
    const x = (i + 0.5 - nx / 2) * cx;
    for (let j = 0; j < ny; j++) {
      const y = (j + 0.5 - ny / 2) * cy;
      const wall = inside((x * along + y * across) / L + 0.5, wS / L) || inside((x * along - y * across) / L + 0.5, wS / L);
      index[i * ny + j] = inside(y / d + 0.5, wZ / d) ? PLATELET : wall ? STRIPE : CELL;
    }
  }
  drawBoundary(box, nx, ny, index);
  return { nx, ny, index };
}

// Where a pattern of period 1 with bars of width `share` around each whole number is on; bars are half open.
function inside(u, share) {
  const fromEdge = u + share / 2;
  return fromEdge - Math.floor(fromEdge + 1e-9) < share - 1e-9;
}

function drawBoundary(box, nx, ny, index) {
  const [tx, ty] = [0, 1].map((axis) => roundHalfEven(box.boundary_layer_nm / box.cell_nm[axis]));
  const on = { "x-": (i) => i < tx, "x+": (i) => i >= nx - tx, "y-": (i, j) => j < ty, "y+": (i, j) => j >= ny - ty };
  const faces = box.boundary_faces.map((face) => on[face]);
  for (let i = 0; i < nx; i++)
    for (let j = 0; j < ny; j++) if (faces.some((face) => face(i, j))) index[i * ny + j] = BOUNDARY;
}

// As Python rounds: 2.5 → 2.
function roundHalfEven(x) {
  const below = Math.floor(x), rest = x - below;
  return rest < 0.5 || (rest === 0.5 && below % 2 === 0) ? below : below + 1;
}

// Volume fraction of each phase, in the order of the phase table.
function fractions({ index }) {
  const count = [0, 0, 0, 0];
  for (const phase of index) count[phase]++;
  return count.map((n) => n / index.length);
}
