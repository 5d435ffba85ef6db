// Nanostructures for a wanted coercivity and Φp: Gauss-Newton steps through the model, damped (Levenberg-Marquardt), from
// many starts within the training range. The same question always has the same answer.

const STARTS = 60, MOST_STEPS = 60, MOST_DESIGNS = 5;
const DISTINCT = 0.1;  // two designs differ in some input by this part of its range, or in the Z set
const MET = [0.01, 0.005];  // T and Φp: what counts as reached
const GRID = 0.01;  // designs are given to this, in nm and degrees

// problem: {model, wanted: [µ0Hc, Φp], inputs: [{training, held}] × 8, values: present inputs (8), set: name of the
// present Z set, sets: [{name, values}] to choose from, gap: least d − wZ and L − wS in nm}. A set whose name is null stands
// for free properties of Z: these three inputs then count as any other. Returns {met, designs: [{values, set, prediction}], nearest: [µ0Hc, Φp] or null}.
function search(problem) {
  const found = [];
  for (let n = 0; n < STARTS; n++) {
    const set = problem.sets[n % problem.sets.length];
    const axes = freeAxes(problem, set);
    const u = axes.map((axis, k) => n ? halton(n, k) : (problem.values[axis.index] - axis.low) / (axis.high - axis.low));
    const end = descend(problem, set, axes, u.map((v) => Math.min(Math.max(v, 0), 1)));
    if (end) found.push(end);
    if (!axes.length && n >= problem.sets.length) break;
  }
  if (!found.length) return { met: false, designs: [], nearest: null };
  found.sort((a, b) => a.misfit - b.misfit);
  const met = found.filter((one) => one.prediction.every((v, i) => Math.abs(v - problem.wanted[i]) <= MET[i]));
  const candidates = met.length ? met : found.filter((one) => one.misfit <= 1.02 * found[0].misfit + 1e-9);
  return { met: met.length > 0, designs: distinct(problem, candidates), nearest: found[0].prediction };
}

// Inputs that may change, and the ends of the grid within their training range.
function freeAxes(problem, set) {
  const axes = [];
  problem.inputs.forEach(({ training, held }, index) => {
    if (held || (set.name !== null && index > 4)) return;
    const low = Math.ceil(training[0] / GRID - 1e-6) * GRID, high = Math.floor(training[1] / GRID + 1e-6) * GRID;
    if (low < high) axes.push({ index, low, high });
  });
  return axes;
}

function descend(problem, set, axes, start) {
  let at = look(problem, set, axes, start), damping = 1e-2;
  for (let n = 0; at && n < MOST_STEPS && at.misfit > 1e-10 && damping < 1e6; n++) {
    const next = look(problem, set, axes, stepFrom(at, damping));
    if (next && next.misfit < at.misfit) {
      at = next;
      damping = Math.max(damping / 5, 1e-9);
    } else damping *= 6;
  }
  return at && onGrid(problem, set, axes, at);
}

// {u, values, misfit, residual, slopes, prediction} at u in [0, 1] per axis; null where no structure is possible.
function look(problem, set, axes, u) {
  const values = problem.values.slice();
  if (set.name !== null) set.values.forEach((v, i) => { values[5 + i] = v; });
  axes.forEach((axis, k) => { values[axis.index] = axis.low + u[k] * (axis.high - axis.low); });
  const placed = apart(problem, axes, values);
  return placed && judged(problem, set, axes, values);
}

function judged(problem, set, axes, values) {
  const { values: raw, slopes } = evaluate(problem.model, values, true);
  const { std } = problem.model.targets, prediction = physical(raw);
  const residual = prediction.map((v, i) => (v - problem.wanted[i]) / std[i]);
  return {
    set: set.name,
    values,
    prediction,
    residual,
    misfit: residual[0] ** 2 + residual[1] ** 2,
    u: axes.map(({ index, low, high }) => (values[index] - low) / (high - low)),
    slopes: slopes.map((row, i) => axes.map(({ index, low, high }) => (row[index] * (high - low)) / std[i])),
  };
}

// Moves a wall below its period, or the period above the wall; false where neither may.
function apart(problem, axes, values) {
  for (const [thin, period] of [[3, 1], [2, 0]]) {
    const axisOf = (index) => axes.find((axis) => axis.index === index);
    if (values[thin] <= values[period] - problem.gap) continue;
    if (axisOf(thin)) values[thin] = Math.max(axisOf(thin).low, values[period] - problem.gap);
    if (values[thin] > values[period] - problem.gap && axisOf(period))
      values[period] = Math.min(axisOf(period).high, values[thin] + problem.gap);
    if (values[thin] > values[period] - problem.gap + 1e-9) return false;
  }
  return true;
}

// −Jᵀ (J Jᵀ + damping)⁻¹ r without the axes that it would push out of [0, 1].
function stepFrom({ u, residual, slopes }, damping) {
  let active = u.map(() => true), step;
  for (let tries = 0; tries <= u.length; tries++) {
    const dot = (a, b) => a.reduce((sum, v, k) => sum + (active[k] ? v * b[k] : 0), 0);
    const [a, b, c] = [dot(slopes[0], slopes[0]) + damping, dot(slopes[0], slopes[1]), dot(slopes[1], slopes[1]) + damping];
    const determinant = a * c - b * b;
    const p = (c * residual[0] - b * residual[1]) / determinant, q = (a * residual[1] - b * residual[0]) / determinant;
    step = u.map((_, k) => (active[k] ? -(slopes[0][k] * p + slopes[1][k] * q) : 0));
    const outward = step.map((s, k) => (u[k] <= 0 && s < 0) || (u[k] >= 1 && s > 0));
    if (!outward.some(Boolean)) break;
    active = active.map((on, k) => on && !outward[k]);
  }
  return u.map((v, k) => Math.min(Math.max(v + step[k], 0), 1));
}

// A design is given in the digits in which it is shown and can be set.
function onGrid(problem, set, axes, at) {
  const values = at.values.slice();
  for (const { index } of axes) values[index] = Number((Math.round(values[index] / GRID) * GRID).toFixed(2));
  return judged(problem, set, axes, values);
}

// Up to five that differ: first the one with the least change to the present structure, then always the one that is
// farthest from those taken.
function distinct(problem, candidates) {
  const ranges = problem.inputs.map(({ training }) => training[1] - training[0] || 1);
  const distance = (a, b) =>
    a.set !== b.set ? 1 : Math.max(...ranges.map((range, i) => Math.abs(a.values[i] - b.values[i]) / range));
  const present = { set: problem.set, values: problem.values };
  const taken = [candidates.reduce((best, one) => (distance(one, present) < distance(best, present) ? one : best))];
  while (taken.length < MOST_DESIGNS) {
    const apartFrom = (one) => Math.min(...taken.map((other) => distance(one, other)));
    const farthest = candidates.reduce((best, one) => (apartFrom(one) > apartFrom(best) ? one : best));
    if (apartFrom(farthest) < DISTINCT) break;
    taken.push(farthest);
  }
  return taken;
}

// Evenly spread starts: the n-th number of van der Corput's sequence in the k-th prime base.
function halton(n, k) {
  const base = [2, 3, 5, 7, 11, 13, 17, 19][k];
  let value = 0, share = 1 / base;
  for (let rest = n; rest > 0; rest = Math.floor(rest / base), share /= base) value += (rest % base) * share;
  return value;
}
