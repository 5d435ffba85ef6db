// Line charts as SVG text: one line, dashed where it is extrapolated, with a band where it is not, and the present value.

// {width, height, colour, x: {range, ticks, label}, y: {range, label}, points: [{x, y, low, high, trained}] (y undefined: no
// structure), at: {x, y} or null, title: for screen readers}
function lineChart({ width, height, colour, x, y, points, at, title }) {
  const left = y.label ? 44 : 8, bottom = x.label ? 36 : 20, top = y.label ? 20 : 8, right = 10;
  const px = (v) => round(left + ((v - x.range[0]) / (x.range[1] - x.range[0] || 1)) * (width - left - right));
  const py = (v) => round(height - bottom - ((v - y.range[0]) / (y.range[1] - y.range[0] || 1)) * (height - bottom - top));
  const parts = [];
  for (const tick of y.label ? ticks(y.range, 4) : []) {
    parts.push(`<line class="grid" x1="${left}" x2="${width - right}" y1="${py(tick)}" y2="${py(tick)}"/>`);
    parts.push(`<text x="${left - 6}" y="${py(tick) + 4}" text-anchor="end">${tick}</text>`);
  }
  x.ticks.forEach((tick, i) => {
    const anchor = x.label || x.centred ? "middle" : i ? "end" : "start";
    const place = anchor === "middle" ? px(tick.at) : i ? width - right : left;
    parts.push(`<text x="${place}" y="${height - bottom + 15}" text-anchor="${anchor}">${tick.text}</text>`);
  });
  if (x.label) parts.push(`<text x="${(left + width - right) / 2}" y="${height - 5}" text-anchor="middle">${x.label}</text>`);
  if (y.label) parts.push(`<text x="4" y="12" class="strong">${y.label}</text>`);
  parts.push(`<line class="axis" x1="${left}" x2="${width - right}" y1="${height - bottom}" y2="${height - bottom}"/>`);
  const clipped = (v) => py(Math.min(Math.max(v, y.range[0]), y.range[1]));
  const shown = points.filter((p) => p.y !== undefined);
  const known = shown.filter((p) => p.trained && p.low !== undefined);
  if (known.length) {
    const edge = [...known.map((p) => [p.x, p.high]), ...known.map((p) => [p.x, p.low]).reverse()];
    parts.push(`<path class="band" fill="${colour}" d="M${edge.map(([u, v]) => `${px(u)},${clipped(v)}`).join("L")}Z"/>`);
  }
  const paths = { solid: "", dashed: "" };
  for (let k = 1; k < points.length && !x.centred; k++) {
    const [a, b] = [points[k - 1], points[k]];
    if (a.y === undefined || b.y === undefined) continue;
    paths[a.trained && b.trained ? "solid" : "dashed"] += `M${px(a.x)},${py(a.y)}L${px(b.x)},${py(b.y)}`;
  }
  for (const [kind, path] of Object.entries(paths)) parts.push(`<path class="line ${kind}" stroke="${colour}" d="${path}"/>`);
  if (x.centred) for (const p of shown) parts.push(`<circle cx="${px(p.x)}" cy="${py(p.y)}" r="3" fill="${colour}"/>`);
  if (at) parts.push(`<circle class="now" cx="${px(at.x)}" cy="${py(at.y)}" r="5" stroke="${colour}"/>`);
  return `<svg width="${width}" height="${height}" role="img" aria-label="${title}">${parts.join("")}</svg>`;
}

// Round numbers within a range, about n of them.
function ticks([low, high], n) {
  const rough = (high - low) / n || 1, ten = 10 ** Math.floor(Math.log10(rough));
  const step = ten * [1, 2, 5, 10].find((m) => m * ten >= rough * 0.999);
  const found = [];
  for (let k = Math.ceil(low / step - 1e-6); k * step <= high + 1e-6 * step; k++) found.push(Number((k * step).toPrecision(6)));
  return found;
}

// The least and largest value, with room around them; never below 0, which Hc and Φp cannot be.
function spread(values) {
  const low = Math.min(...values), high = Math.max(...values), room = 0.08 * (high - low) || 0.1;
  return [Math.max(0, low - room), high + room];
}

function round(v) {
  return Math.round(v * 10) / 10;
}
