// Places in the maps: of spectra, by ln S, and of curves, by their values over the mean one.

// {x, y} of a text of two columns, x rising, by the rules of images/curves.py.
function parseCurve(text) {
  const x = [], y = [];
  let header = true;  // one line of words may stand above the numbers
  text.replace(/^\ufeff/, "").split(/\r\n|\r|\n/).forEach((raw, n) => {
    const line = raw.trim();
    if (!line || line.startsWith("#")) return;
    const decimalComma = /[;\t]/.test(line), cells = line.split(decimalComma ? /[;\t]/ : /\s*,\s*|\s+/);
    const numbers = cells.map((cell) => numberOf(decimalComma ? cell.replace(",", ".") : cell));
    if (header && numbers.every(Number.isNaN)) header = false;
    else if (numbers.length !== 2 || numbers.some(Number.isNaN)) throw new Refusal(`line ${n + 1} is not two columns of numbers.`);
    else {
      header = false;
      x.push(numbers[0]);
      y.push(numbers[1]);
    }
  });
  if (x.length < 2) throw new Refusal("not two columns of numbers; two lines of them are needed at least.");
  if (x[0] > x.at(-1)) [x, y].forEach((column) => column.reverse());
  if (x.some((v, n) => n && v <= x[n - 1])) throw new Refusal("the first column must rise, or fall, throughout.");
  return { x, y };
}

// A number as people write it, else NaN.
function numberOf(text) {
  return /^\s*[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?\s*$/i.test(text) ? Number(text) : NaN;
}

// Values on a grid over the mean of their absolute values, by the trapezoidal rule.
function normalisedCurve({ x, y }, grid) {
  const short = (v) => Number(v.toPrecision(4)), slack = 1e-9 * (grid.at(-1) - grid[0]);
  if (grid[0] < x[0] - slack || grid.at(-1) > x.at(-1) + slack)
    throw new Refusal(`it covers x = ${short(x[0])} to ${short(x.at(-1))}, the map ${short(grid[0])} to ${short(grid.at(-1))}.`);
  const values = grid.map((v) => interpolated(v, x, y));
  const area = values.slice(1).reduce((sum, v, n) => sum + ((Math.abs(v) + Math.abs(values[n])) / 2) * (grid[n + 1] - grid[n]), 0);
  if (!area) throw new Refusal("all values are zero in the range of the map.");
  return values.map((v) => (v / area) * (grid.at(-1) - grid[0]));
}

// Scores of values on the grid of a map.
function scoresOf(map, values) {
  if (map.logarithmic && !values.every((v) => v > 0)) throw new Refusal("no power at some k: the image lacks what the map is of.");
  const away = values.map((v, n) => (map.logarithmic ? Math.log(v) : v) - map.mean[n]);
  return map.components.map((row) => row.reduce((sum, v, n) => sum + v * away[n], 0));
}

// {name, distance} of the sample that is nearest in all scores, and of the samples the distances to their own nearest.
function nearest(map, scores) {
  const distance = (a, b) => Math.hypot(...a.map((v, n) => v - b[n]));
  const away = map.scores.map((one) => distance(one, scores)), least = Math.min(...away);
  const own = map.scores.map((one, i) => Math.min(...map.scores.filter((_, j) => j !== i).map((other) => distance(one, other))));
  return { name: map.names[away.indexOf(least)], distance: least, own: [Math.min(...own), Math.max(...own)] };
}
