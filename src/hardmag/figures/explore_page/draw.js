// The picture that a kind gives of a design, as SVG text; below it a scale bar and directions.

const STRIP = 76, ARROW = 50;  // px

// picture: {size_nm: [width, height], shapes: [[phase, path in nm, y upwards], …], lines: a path that is drawn thin over them, cells:
// whether they are cells of a grid, shares: {phase: share}, arrows: [{name, degrees from up to the right, field: whether it is that of
// the field}]}. width: px.
function pictureSvg({ size_nm, shapes, lines, cells, shares, arrows }, phases, width) {
  const scale = width / size_nm[0], height = Math.round(scale * size_nm[1]);
  const colour = (phase) => phases.find(({ name }) => name === phase).colour;
  const paths = shapes.map(([phase, path]) => `<path fill="${colour(phase)}" d="${path}"/>`);
  if (lines) paths.push(`<path class="thin" vector-effect="non-scaling-stroke" d="${lines}"/>`);
  const text = Object.entries(shares).map(([name, share]) => `${name} ${(100 * share).toFixed(1)} percent`).join(", ");
  return `<svg id="structure" width="${width}" height="${height + STRIP}" role="img" aria-label="Nanostructure: ${escaped(text)}">
    <g transform="translate(0 ${height}) scale(${scale} ${-scale})"${cells ? ' shape-rendering="crispEdges"' : ""}>${paths.join("")}</g>
    ${scaleBar(4, height + 30, scale)}${arrows.map((arrow, k) => arrowSvg(width - 150, height + STRIP - 12, arrow, k)).join("")}</svg>`;
}

function scaleBar(x, y, pxPerNm) {
  const lengths = [1, 10, 100, 1e3, 1e4, 1e5].flatMap((ten) => [2 * ten, 5 * ten, 10 * ten]);
  const nm = lengths.filter((length) => length * pxPerNm < 130).pop() || 2, words = nm < 1000 ? `${nm} nm` : `${nm / 1000} µm`;
  return `<rect x="${x}" y="${y}" width="${nm * pxPerNm}" height="4" fill="#222222"/><text x="${x}" y="${y + 22}">${words}</text>`;
}

// The first has its name to its left, others to their right.
function arrowSvg(x, y, { name, degrees, field }, k) {
  const angle = (degrees * Math.PI) / 180, colour = field ? "#D55E00" : "#555555";
  const tip = [x + ARROW * Math.sin(angle), y - ARROW * Math.cos(angle)];
  const sides = [-0.4, 0.4].map((side) => `M${tip}L${tip[0] - 9 * Math.sin(angle + side)},${tip[1] + 9 * Math.cos(angle + side)}`);
  const [left, top] = k ? [Math.max(tip[0], x + 8) + 6, Math.min(tip[1] + 4, y - 8)] : [x - 18, y - ARROW + 10];
  return `<path class="arrow" stroke="${colour}" d="M${x},${y}L${tip}${sides.join("")}"/>
    <text x="${left}" y="${top}" style="fill:${colour}">${escaped(name)}</text>`;
}
