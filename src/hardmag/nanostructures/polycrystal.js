// Polycrystals in explore.html: what follows from their parameters, which are no magnets, and a sketch. As polycrystal.py.

const KIND = {
  edge: 6,  // of the box that is drawn, in sizes of a grain
  surface: 7.25,  // of equiaxed grains in a box over their volume, times their size: as polycrystal.py draws them

  // {feature: its formula, of {column: value}}, used where a design does not set it.
  follows: {
    boundary_nm: ({ boundary_percent, grain_size_nm }) => (boundary_percent * grain_size_nm) / 100,
  },

  // Why there is no such magnet: {column at fault: words}. Empty: there is.
  impossible(columns) {
    const { boundary_nm: thickness, grain_size_nm: size } = columns, why = noMagnet(columns, ["grain", "second"]);
    const given = columns.boundary_percent === undefined ? "boundary_nm" : "boundary_percent";
    if (!(thickness < size)) why[given] = `A boundary of ${thickness} nm leaves nothing of grains of ${size} nm: it must be thinner than they are.`;
    if (columns.aspect <= 0) why.aspect = "Grains have some width: the aspect ratio must be > 0.";
    return why;
  },

  // A section that holds z, up. None of grains from a file, of two kinds of grains, or of what lies at junctions.
  picture(columns) {
    if (columns.tessellation || columns.seeds || columns.second_percent || columns.shell_nm || columns.inclusion_percent) return null;
    const size = KIND.edge * columns.grain_size_nm, alpha = columns.alpha_deg, grains = KIND.grains(columns, size / 2);
    const path = (points) => `M${points.map((point) => point.map((v) => Number((v + size / 2).toPrecision(6))).join(",")).join("L")}`;
    const outlines = (pore) => grains.filter((one) => one.pore === pore).map(({ corners }) => `${path(corners)}Z`).join("");
    const axes = grains.filter(({ pore }) => !pore).map((one) => path(KIND.line(columns, one))).join("");
    return {
      title: "Sketch of the grains, z up",
      note: `The picture is a sketch, ${KIND.edge} grain sizes wide, made of the same random numbers whatever the inputs. A line is a grain's easy
        axis, shorter where it leaves the plane; a boundary below 1 % of the size is drawn as a line too. Shares are those of the magnet: of
        the boundary, by the mean surface of its grains.`,
      size_nm: [size, size],
      shapes: [["boundary", `M0,0h${size}v${size}h${-size}z`], ["pore", outlines(true)], ["grain", outlines(false)]],
      lines: (columns.boundary_nm < columns.grain_size_nm / 100 ? outlines(false) : "") + axes,
      shares: KIND.shares(columns),
      arrows: [{ name: "z", degrees: 0 }, { name: `H, α = ${Number(alpha.toPrecision(7))}°`, degrees: alpha, field: true }],
    };
  },

  // The k-th number of the grain in a column and row of the lattice: evenly in [0, 1), and always the same.
  number(column, row, k) {
    const mixed = Math.imul(column, 374761393) + Math.imul(row, 668265263) + Math.imul(k, 1274126177);
    const twice = Math.imul(mixed ^ (mixed >>> 15), 2246822519), thrice = Math.imul(twice ^ (twice >>> 13), 3266489917);
    return ((thrice ^ (thrice >>> 16)) >>> 0) / 2 ** 32;
  },

  // Place, and power of the origin, of the grain in a column and row, in units of a lattice as wide and thick as grains.
  seed(column, row, spread) {
    const [right, up, normal] = [0, 1, 2].map((k) => Math.sqrt(12) * (KIND.number(column, row, k) - 0.5));
    const x = column + (row & 1) / 2 + 0.2 * right, z = row + 0.2 * up;
    return { x, z, power: x * x + z * z - Math.exp(2 * spread * (normal - spread)) / 4 };
  },

  // [{corners: [[x, z], …] in nm from the middle, column, row, pore}] of the cells of a power diagram within ± half, apart by the
  // boundary. Cells end within two columns and rows of their seed, whatever the spread.
  grains({ grain_size_nm: size, size_spread: spread, aspect, boundary_nm: thickness, pore_percent: pores }, half) {
    const pitch = [size * aspect ** (1 / 3), size * aspect ** (-2 / 3)], [columns, rows] = pitch.map((p) => Math.ceil(half / p) + 1);
    const known = {}, seed = (...place) => (known[place] ??= KIND.seed(...place, spread));
    const found = [];
    for (let column = -columns; column <= columns; column++) for (let row = -rows; row <= rows; row++) {
      const own = seed(column, row);
      let corners = [[-half, -half], [half, -half], [half, half], [-half, half]];
      for (let i = -2; i <= 2; i++) for (let j = -2; j <= 2; j++) {
        if (!corners.length || (!i && !j)) continue;
        const other = seed(column + i, row + j), normal = [(other.x - own.x) / pitch[0], (other.z - own.z) / pitch[1]];
        corners = KIND.clipped(corners, normal, (other.power - own.power - thickness * Math.hypot(...normal)) / 2);
      }
      const order = 0.5 + 0.7548776662 * column + 0.569840291 * row;  // of which any share of the grains has as many below it
      if (corners.length) found.push({ corners, column, row, pore: order - Math.floor(order) < pores / 100 });
    }
    return found;
  },

  // What of a polygon lies where normal · corner <= limit.
  clipped(corners, [nx, nz], limit) {
    const depth = corners.map(([x, z]) => limit - nx * x - nz * z);
    if (depth.every((v) => v >= 0)) return corners;
    return corners.flatMap((corner, k) => {
      const next = (k + 1) % corners.length, part = depth[k] / (depth[k] - depth[next]), kept = depth[k] >= 0 ? [corner] : [];
      return depth[k] >= 0 === depth[next] >= 0 ? kept : [...kept, corner.map((v, axis) => v + part * (corners[next][axis] - v))];
    });
  },

  // Both ends of the line along a grain's easy axis, as texture.py draws those.
  line({ texture, misalignment_deg }, { corners, column, row }) {
    const tilt = (misalignment_deg * Math.PI) / 180, even = KIND.number(column, row, 3), azimuth = 2 * Math.PI * KIND.number(column, row, 4);
    const cosine = texture === "cap" || !tilt ? 1 - (1 - Math.cos(tilt)) * even : 1 + tilt ** 2 * Math.log1p(even * Math.expm1(-2 / tilt ** 2));
    const middle = [0, 1].map((axis) => corners.reduce((sum, corner) => sum + corner[axis], 0) / corners.length);
    let area = 0, around = 0;
    corners.forEach(([x, z], k) => {
      const [nextX, nextZ] = corners[(k + 1) % corners.length];
      area += (x * nextZ - nextX * z) / 2;
      around += Math.hypot(nextX - x, nextZ - z);
    });
    const half = [Math.sqrt(Math.max(1 - cosine ** 2, 0)) * Math.cos(azimuth), cosine].map((v) => (0.9 * area * v) / around);
    return [-1, 1].map((way) => middle.map((v, axis) => v + way * half[axis]));
  },

  // {phase: its share of the volume}. Cells shrink with their surface S as V (1 − t S / 6V)³; spread makes S smaller, flattening
  // larger, by its mean over all directions. Outside of all grains of an open box, nothing counts.
  shares({ grains, grain_size_nm: size, size_spread: spread, aspect, boundary_nm: thickness, pore_percent: percent, periodic }) {
    const steps = Array.from({ length: 40 }, (_, k) => Math.sqrt(1 + (aspect ** 2 - 1) * ((k + 0.5) / 40) ** 2));
    const surface = KIND.surface * Math.exp(-(spread ** 2)) * aspect ** (-1 / 3) * (steps.reduce((sum, v) => sum + v) / 40);
    const box = periodic ? 1 : 1 - thickness / (size * Math.cbrt((grains * Math.PI) / 6)), ratio = thickness / size;
    const filled = Math.min((Math.max(1 - (ratio * surface) / 6, 0) / box) ** 3, 1);
    const drawn = (grains * percent) / 100, pores = drawn % 1 === 0.5 ? 2 * Math.round(drawn / 2) : Math.round(drawn);  // as Python rounds
    return { grain: filled * (1 - pores / grains), boundary: 1 - filled, pore: (filled * pores) / grains };
  },
};
