// Nanostructures for wanted targets: Gauss-Newton steps through the model, damped (Levenberg-Marquardt), from many starts within
// the training range. The same question always has the same answer.

const STARTS = 60, MOST_STEPS = 60, MOST_DESIGNS = 5;
const DISTINCT = 0.1;  // two designs differ in some input by this part of its range, or in the level
const DIFFERENCE = 1e-5;  // in u, for the slopes of features
const PRIMES = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53];

// problem: {data, wanted: [value of each target], design: the present one, held: set of keys of inputs, levels: those to choose
// from}. Of the level "free" its properties count as any other input. Returns {met, designs: [{values, level, prediction}],
// nearest: [value of each target] or null}.
function search(problem) {
  const found = [], { data, design, levels } = problem;
  for (let n = 0; n < STARTS; n++) {
    const level = levels[n % levels.length], axes = freeAxes(problem, level);
    const end = descend(problem, level, axes, n ? axes.map((_, k) => halton(n, k)) : wayOf(data, axes, design.values));
    if (end) found.push(end);
    if (!axes.length && n >= levels.length) break;
  }
  if (!found.length) return { met: false, designs: [], nearest: null };
  found.sort((a, b) => a.misfit - b.misfit);
  const met = found.filter((one) => one.prediction.every((v, i) => Math.abs(v - problem.wanted[i]) <= data.targets[i].met));
  const candidates = met.length ? met : found.filter((one) => one.misfit <= 1.02 * found[0].misfit + 1e-9);
  return { met: met.length > 0, designs: distinct(problem, candidates), nearest: found[0].prediction };
}

// Inputs that may change, and the ends of their grid within the training range; parts of other lengths last.
function freeAxes({ data, held }, level) {
  const free = inputsOf(data, level).filter(({ key }) => !held.has(key));
  const axes = free.map(({ name, grid, training: [low, high] }) =>
    ({ name, grid, low: Math.ceil(low / grid - 1e-6) * grid, high: Math.floor(high / grid + 1e-6) * grid }));
  const isPart = ({ name }) => data.shares.some(({ part }) => part === name);
  return axes.filter(({ low, high }) => low < high).sort((a, b) => isPart(a) - isPart(b));
}

// [low, high] of an input, such that a length's part of another stays within what the data have: as feasible.py has it.
function intervalOf(data, axes, values, { name, low, high }) {
  let ends = [low, high];
  for (const { whole, part, range: [least, most] } of data.shares) {
    if (part === name) ends = [Math.max(ends[0], least * values[whole]), Math.min(ends[1], most * values[whole])];
    if (whole === name && !axes.some((axis) => axis.name === part))
      ends = [Math.max(ends[0], values[part] / most), least > 0 ? Math.min(ends[1], values[part] / least) : ends[1]];
  }
  const from = within(ends[0], [low, high]);
  return [from, Math.max(from, ends[1])];
}

// {values, level} of u, the share of the way through its interval for each axis.
function designAt({ data, design }, level, axes, u) {
  const values = { ...design.values, ...data.level?.choices[level]?.values };
  axes.forEach((axis, k) => {
    const [low, high] = intervalOf(data, axes, values, axis);
    values[axis.name] = low + u[k] * (high - low);
  });
  return { values, level };
}

// The inverse, at the nearest end where values lie outside.
function wayOf(data, axes, values) {
  return axes.map((axis) => {
    const [low, high] = intervalOf(data, axes, values, axis);
    return within((values[axis.name] - low) / (high - low || 1), [0, 1]);
  });
}

function descend(problem, level, axes, start) {
  let at = look(problem, level, axes, start), damping = 1e-2;
  for (let n = 0; at && n < MOST_STEPS && at.misfit > 1e-10 && damping < 1e6; n++) {
    const next = look(problem, level, axes, stepFrom(at, damping));
    if (next && next.misfit < at.misfit) {
      at = next;
      damping = Math.max(damping / 5, 1e-9);
    } else damping *= 6;
  }
  return at && onGrid(problem, axes, at);
}

// {u, values, level, prediction, residual, misfit, slopes: [[d target/d u, …], …] in the targets' spread} at u in [0, 1] per axis;
// null where no structure is possible.
function look(problem, level, axes, u) {
  const { data } = problem, design = designAt(problem, level, axes, u), judgement = judged(problem, design);
  if (!judgement) return null;
  const { slopes } = evaluate(data.model, featuresOf(data, design), true), { std } = data.model.targets;
  const along = axes.map((_, k) => {
    const [above, below] = [DIFFERENCE, -DIFFERENCE].map((away) => featuresOf(data, designAt(problem, level, axes, u.with(k, u[k] + away))));
    return above.map((v, i) => (v - below[i]) / (2 * DIFFERENCE));
  });
  return { ...judgement, u, slopes: slopes.map((row, i) => along.map((rise) => product(row, rise) / std[i])) };
}

function judged({ data, wanted }, design) {
  if (Object.keys(impossible(data, design)).length) return null;
  const prediction = predict(data, design), { std } = data.model.targets;
  const residual = prediction.map((v, i) => (v - wanted[i]) / std[i]);
  return { ...design, prediction, residual, misfit: product(residual, residual) };
}

function product(a, b) {
  return a.reduce((sum, v, k) => sum + v * b[k], 0);
}

// −Jᵀ (J Jᵀ + damping)⁻¹ r without the axes that it would push out of [0, 1].
function stepFrom({ u, residual, slopes }, damping) {
  let active = u.map(() => true), step;
  for (let tries = 0; tries <= u.length; tries++) {
    const rows = slopes.map((row) => row.map((v, k) => (active[k] ? v : 0)));
    const p = solve(rows.map((a, i) => rows.map((b, j) => product(a, b) + (i === j ? damping : 0))), residual);
    step = u.map((_, k) => rows.reduce((sum, row, i) => sum - row[k] * p[i], 0));
    const outward = step.map((s, k) => (u[k] <= 0 && s < 0) || (u[k] >= 1 && s > 0));
    if (!outward.some(Boolean)) break;
    active = active.map((on, k) => on && !outward[k]);
  }
  return u.map((v, k) => within(v + step[k], [0, 1]));
}

// Of a symmetric positive system of as many equations as there are targets.
function solve(matrix, right) {
  const rows = matrix.map((row, i) => [...row, right[i]]);
  rows.forEach((pivot, k) => rows.forEach((row, i) => {
    if (i === k) return;
    const factor = row[k] / pivot[k];
    pivot.forEach((v, j) => { row[j] -= factor * v; });
  }));
  return rows.map((row, i) => row[rows.length] / row[i]);
}

// A design is given in the digits in which it is shown and can be set; null where they make it impossible.
function onGrid(problem, axes, { values, level }) {
  const rounded = { ...values };
  for (const { name, grid } of axes) {
    const digits = Math.max(0, -Math.round(Math.log10(grid)));
    rounded[name] = Number((Math.round(values[name] / grid) * grid).toFixed(digits));
  }
  return judged(problem, { values: rounded, level });
}

// Up to five that differ: first the one with the least change to the present structure, then always the one that is
// farthest from those taken.
function distinct({ data, design }, candidates) {
  const apart = ({ name, training: [low, high] }, a, b) => Math.abs(a.values[name] - b.values[name]) / (high - low || 1);
  const distance = (a, b) => (a.level !== b.level ? 1 : Math.max(...data.inputs.map((input) => apart(input, a, b))));
  const taken = [candidates.reduce((best, one) => (distance(one, design) < distance(best, design) ? one : best))];
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
  const base = PRIMES[k % PRIMES.length];
  let value = 0, share = 1 / base;
  for (let rest = n; rest > 0; rest = Math.floor(rest / base), share /= base) value += (rest % base) * share;
  return value;
}
