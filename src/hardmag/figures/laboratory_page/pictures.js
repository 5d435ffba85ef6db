// The map and the spectra as SVG text. Samples are discs and thin lines coloured by a property, what was placed diamonds and thick
// lines with their number, so that no colour alone tells them apart.

const RAMP = [[68, 1, 84], [59, 82, 139], [33, 145, 140], [94, 201, 98], [221, 210, 40]];  // dark to light for any eye
const MOST_NAMES = 24;  // of samples that stand in the map; of more they hide each other, and show under the pointer only
const UNKNOWN = "#ffffff", MARKED = "#D55E00";

// Colour of a value in a range, UNKNOWN for none.
function colourOf(value, [low, high]) {
  if (value === null || value === undefined) return UNKNOWN;
  const place = high > low ? ((value - low) / (high - low)) * (RAMP.length - 1) : 0, k = Math.min(Math.floor(place), RAMP.length - 2);
  return `rgb(${RAMP[k].map((v, n) => Math.round(v + (place - k) * (RAMP[k + 1][n] - v))).join(",")})`;
}

function rangeOf(values) {
  const known = values.filter((v) => v !== null && v !== undefined);
  return [Math.min(...known), Math.max(...known)];
}

// A range with room around it.
function roomy([low, high], share) {
  const room = share * (high - low) || 1;
  return [low - room, high + room];
}

// Axes: {parts, px, py}. x, y: {range, ticks: [{at, text}], label}; with {log: true} a range is in powers of ten.
function axes({ width, height, x, y }) {
  const left = 52, bottom = 40, top = 24, right = 12, of = (axis, v) => (axis.log ? Math.log10(v) : v);
  const px = (v) => round(left + ((of(x, v) - x.range[0]) / (x.range[1] - x.range[0])) * (width - left - right));
  const py = (v) => round(height - bottom - ((of(y, v) - y.range[0]) / (y.range[1] - y.range[0])) * (height - bottom - top));
  const parts = y.ticks.map(({ at, text }) => `<line class="grid" x1="${left}" x2="${width - right}" y1="${py(at)}" y2="${py(at)}"/>
    <text x="${left - 6}" y="${py(at) + 4}" text-anchor="end">${text}</text>`);
  parts.push(...x.ticks.map(({ at, text }) => `<line class="grid" x1="${px(at)}" x2="${px(at)}" y1="${top}" y2="${height - bottom}"/>
    <text x="${px(at)}" y="${height - bottom + 16}" text-anchor="middle">${text}</text>`));
  parts.push(`<text x="${(left + width - right) / 2}" y="${height - 6}" text-anchor="middle">${x.label}</text>`);
  parts.push(`<text x="4" y="12" class="strong">${y.label}</text>`);
  return { parts, px, py };
}

function linearAxis(range, label, count) {
  return { range, label, ticks: ticks(range, count).map((at) => ({ at, text: at })) };
}

// leaders: of 1, 2, 5 those that have ticks.
function logAxis(values, label, leaders) {
  const range = roomy(rangeOf(values.map(Math.log10)), 0.04), found = [];
  for (let ten = Math.floor(range[0]); ten <= range[1]; ten++)
    for (const m of leaders) {
      const at = Number(`${m}e${ten}`), small = ten < -2 || ten > 3;
      if (Math.log10(at) >= range[0] && Math.log10(at) <= range[1])
        found.push({ at, text: small ? `${m > 1 ? m : ""}10<tspan dy="-5" font-size="9">${ten}</tspan>` : at });
    }
  return { log: true, range, label, ticks: found };
}

// map: of the page's data; values: {sample: number or null} of the property; placed: [{number, scores}].
function mapChart({ map, values, placed, width, title }) {
  const height = Math.min(400, Math.max(280, width * 0.7)), colours = rangeOf(Object.values(values));
  const all = [...map.scores, ...placed.map(({ scores }) => scores)], share = (n) => `${Math.round(100 * map.explained[n])} %`;
  const [x, y] = [0, 1].map((n) => linearAxis(roomy(rangeOf(all.map((one) => one[n])), 0.12), "", 4));
  x.label = `first component, ${share(0)} of the variance`;
  y.label = `second component, ${share(1)} of the variance`;
  const { parts, px, py } = axes({ width, height, x, y });
  map.names.forEach((name, n) => {
    const [u, v] = [px(map.scores[n][0]), py(map.scores[n][1])], end = u > 0.75 * width;
    const colour = colourOf(values[name], colours), text = escaped(name), anchor = end ? "end" : "start";
    parts.push(`<circle class="sample" cx="${u}" cy="${v}" r="6" fill="${colour}"><title>${text}</title></circle>`);
    if (map.names.length <= MOST_NAMES) parts.push(`<text x="${u + (end ? -9 : 9)}" y="${v + 4}" text-anchor="${anchor}">${text}</text>`);
  });
  for (const { number, scores } of placed) {
    const [u, v] = [px(scores[0]), py(scores[1])];
    parts.push(`<path class="placed" fill="${MARKED}" d="M${u},${v - 9}l9,9l-9,9l-9,-9Z"/>
      <text class="number" x="${u}" y="${v - 12}" text-anchor="middle">${number}</text>`);
  }
  return svg(width, height, title, parts);
}

// lines: [{x, y}] of what was placed, with its number; of the samples those of the map.
function spectraChart({ map, values, placed, width, title }) {
  const height = 320, colours = rangeOf(Object.values(values)), lines = placed.flatMap(({ lines }) => lines);
  const xs = [map.grid, ...lines.map(({ x }) => x)].flat(), ys = [...map.spectra, ...lines.map(({ y }) => y)].flat();
  const x = map.logarithmic ? logAxis(xs, map.x_label, [1, 2, 5]) : linearAxis(roomy(rangeOf(xs), 0.02), map.x_label, 5);
  const y = map.logarithmic ? logAxis(ys, map.y_label, [1]) : linearAxis(roomy(rangeOf(ys), 0.05), map.y_label, 4);
  const { parts, px, py } = axes({ width, height, x, y });
  const path = (x, y) => `M${x.map((v, n) => `${px(v)},${py(y[n])}`).join("L")}`;
  map.spectra.forEach((one, n) => {
    const colour = colourOf(values[map.names[n]], colours);
    parts.push(`<path class="of-sample" stroke="${colour === UNKNOWN ? "#999999" : colour}" d="${path(map.grid, one)}"/>`);
  });
  for (const { number, lines } of placed)
    for (const { x, y } of lines) parts.push(`<path class="of-placed" d="${path(x, y)}"/>
      <text class="number" x="${px(x[0]) + 4}" y="${py(y[0]) - 6}">${number}</text>`);
  return svg(width, height, title, parts);
}

function svg(width, height, title, parts) {
  return `<svg width="${width}" height="${height}" role="img" aria-label="${escaped(title)}">${parts.join("")}</svg>`;
}

// What the colours mean.
function colourBar(values, label) {
  const known = Object.values(values).filter((v) => v !== null), [low, high] = rangeOf(known).map((v) => Number(v.toPrecision(3)));
  if (!known.length) return `<span>${escaped(label)} is known of no sample</span>`;
  const colours = RAMP.map((rgb) => `rgb(${rgb.join(",")})`).join(", ");
  const white = known.length < Object.keys(values).length ? "; white discs: not known" : "";
  return `<span>${low}</span><i style="background: linear-gradient(to right, ${colours})"></i><span>${high}</span>
    <span>${escaped(label)}${white}</span>`;
}
