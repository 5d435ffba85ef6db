// Core/shell grains in explore.html: what follows from their parameters, which are no grains, and the picture. As coreshell.py.

const KIND = {
  // {feature: its formula, of {column: value}}, used where a design does not set it; a formula may use those before it.
  follows: {
    layer_mu0_Ms_T: ({ layer_Ms_of_shell, shell_mu0_Ms_T }) => layer_Ms_of_shell * shell_mu0_Ms_T,
    mu0_H_sw_T: (columns) => KIND.smallerSwitchingField(columns),
  },

  // Of core and shell (Stoner and Wohlfarth), in T.
  smallerSwitchingField(columns) {
    const [theta, phi, alpha] = ["misorientation_deg", "azimuth_deg", "alpha_deg"].map((name) => (columns[name] * Math.PI) / 180);
    const cosine = Math.sin(alpha) * Math.sin(theta) * Math.cos(phi) + Math.cos(alpha) * Math.cos(theta);
    const psi = Math.acos(Math.min(Math.abs(cosine), 1));
    const turned = (Math.sin(psi) ** (2 / 3) + Math.cos(psi) ** (2 / 3)) ** -1.5;
    const fields = ["core", "shell"].map((name) => {
      const [K1, Ms] = [columns[`${name}_K1_MJ_per_m3`], columns[`${name}_mu0_Ms_T`]];
      return Ms > 0 ? (8e-1 * Math.PI * K1 * turned) / Ms : 0;
    });
    return Math.min(...fields);
  },

  // Why there is no such grain: {column at fault: words}. Empty: there is.
  impossible(columns) {
    const { a_nm, b_nm, c_nm, shell_nm: shell, layer_nm: layer, cell_nm } = columns;
    const why = noMagnet(columns, ["core", "shell"]), extension = [a_nm, b_nm, c_nm], cells = cell_nm ?? [0, 0, 0], cell = Math.max(...cells);
    for (const [name, thickness] of [["shell", shell], ["layer", layer]])
      if (thickness > 0 && thickness < cell) why[`${name}_nm`] = `A ${name} of ${thickness} nm is thinner than a cell: it must be 0 or >= ${cell} nm.`;
    if (!extension.every((length, axis) => length - 2 * shell > 0 && length - 2 * shell >= cells[axis]))
      why.shell_nm = `A shell of ${shell} nm on both sides leaves no core in a grain of ${extension.join(" × ")} nm.`;
    return why;
  },

  // The section through the middle that holds the texture's axis, up, and the grain's c-axis, turned to the right: of a brick, in
  // the direction of the azimuth from a to b. `largest`: {column: its largest value}, so that a grain grows in the picture.
  picture(columns, largest) {
    if (columns.corners_nm || columns.seeds_nm) return null;  // a polyhedron
    const { misorientation_deg: turn, layer_nm: layer } = columns, of = (name) => Math.max(columns[name], largest[name] ?? 0);
    const [a, b, c] = ["a_nm", "b_nm", "c_nm"].map((name) => of(name) + 2 * of("layer_nm"));
    const frame = Math.hypot("azimuth_deg" in largest ? Math.hypot(a, b) : KIND.width(a, b, columns.azimuth_deg), c);
    const alpha = (columns.alpha_deg * Math.PI) / 180, azimuth = (columns.azimuth_deg * Math.PI) / 180;
    const field = Math.atan2(Math.sin(alpha) * Math.cos(azimuth), Math.cos(alpha)) * (180 / Math.PI);
    const bricks = KIND.bricks(columns);
    return {
      title: "Section through the middle",
      note: "The picture shows the section of the grain in the plane of its c-axis and the texture's, which points up.",
      size_nm: [frame, frame],
      shapes: Object.entries(bricks).reverse().map(([name, brick]) => [name, KIND.outline(columns, brick, frame)]),
      shares: KIND.shares(bricks),
      remark: KIND.content(columns, KIND.shares(bricks)),
      arrows: [{ name: "H", degrees: field, field: true }, { name: `c, turned by ${Number(turn.toPrecision(7))}°`, degrees: turn }],
    };
  },

  // {phase: edges of the brick that it fills but for the one within}; those of thickness 0 are left out.
  bricks({ a_nm, b_nm, c_nm, shell_nm, layer_nm }) {
    const grown = (by) => [a_nm, b_nm, c_nm].map((length) => length + 2 * by), found = { core: grown(-shell_nm) };
    if (shell_nm > 0) found.shell = grown(0);
    if (layer_nm > 0) found.layer = grown(layer_nm);
    return found;
  },

  outline({ misorientation_deg, azimuth_deg }, [a, b, c], frame) {
    const theta = (misorientation_deg * Math.PI) / 180, width = KIND.width(a, b, azimuth_deg);
    const corners = [[-1, -1], [1, -1], [1, 1], [-1, 1]].map(([right, up]) => {
      const x = (right * width) / 2, z = (up * c) / 2;
      return [x * Math.cos(theta) + z * Math.sin(theta), z * Math.cos(theta) - x * Math.sin(theta)].map((v) => (v + frame / 2).toFixed(3));
    });
    return `M${corners.map((corner) => corner.join(",")).join("L")}Z`;
  },

  // Nd in the atoms of core and shell, the layer counted as free of it; "" where a composition is not known.
  content({ core_Nd, shell_Nd }, { core, shell }) {
    if (core_Nd === undefined || shell_Nd === undefined) return "";
    return `Nd in the grain: ${((200 / 17) * (core_Nd * core + shell_Nd * shell)).toFixed(2)} at%`;
  },

  // Of a rectangle through its middle, at an angle from its edge a.
  width(a, b, degrees) {
    const angle = (degrees * Math.PI) / 180;
    return Math.min(a / Math.abs(Math.cos(angle)), b / Math.abs(Math.sin(angle)));
  },

  // {phase: its share of the volume}.
  shares(bricks) {
    const volumes = Object.entries(bricks).map(([name, edges]) => [name, edges.reduce((product, edge) => product * edge, 1)]);
    const total = Math.max(...volumes.map(([, volume]) => volume)), found = { core: 0, shell: 0, layer: 0 };
    volumes.forEach(([name, volume], k) => { found[name] = (volume - (k ? volumes[k - 1][1] : 0)) / total; });
    return found;
  },
};
