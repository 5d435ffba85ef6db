// The forward model: networks with ReLU on scaled features, their mean, unscaled. As hardmag.surrogates.models.Networks.
// A design is {values: {input: number}, level: text, "free", or null where the kind has none}; the properties of a level are
// among the values.

// {column: value} of a design: what it sets, what all nanostructures share, and what follows (data.tables, KIND.follows).
function columnsOf(data, { values, level }) {
  const columns = { ...data.shared, ...values };
  if (data.level) columns[data.level.name] = level;
  for (const [name, table] of Object.entries(data.tables ?? {})) if (!(name in columns)) columns[name] = interpolated(table, columns);
  for (const [name, formula] of Object.entries(KIND.follows ?? {})) if (!(name in columns)) columns[name] = formula(columns);
  return columns;
}

// In a table of equidistant nodes: along each axis the cubic through the four around.
function interpolated({ axes, values }, columns) {
  const four = [0, 1, 2, 3], along = axes.map(({ name, from, step, count }) => {
    const way = (columns[name] - from) / step, first = Math.min(Math.max(Math.floor(way) - 1, 0), count - 4), t = way - first;
    return { first, weights: four.map((k) => four.reduce((product, j) => (j === k ? product : (product * (t - j)) / (k - j)), 1)) };
  });
  const sum = (n, place) => (n === axes.length ? values[place]
    : four.reduce((total, k) => total + along[n].weights[k] * sum(n + 1, place * axes[n].count + along[n].first + k), 0));
  return sum(0, 0);
}

// Inputs of the networks, in their order.
function featuresOf(data, design) {
  const columns = columnsOf(data, design);
  return data.features.map((name) => columns[name]);
}

// Why there is no such nanostructure: {column at fault: words}. Empty: there is, as far as the kind tells.
function impossible(data, design) {
  return KIND.impossible ? KIND.impossible(columnsOf(data, design)) : {};
}

// The design with another value of an input.
function changed(design, name, value) {
  return { ...design, values: { ...design.values, [name]: value } };
}

// {values: of each target, slopes: [[d target/d feature, …], …]} of features x, unclipped; slopes only if asked for.
function evaluate(model, x, withSlopes) {
  const { mean, std } = model.features;
  const scaled = x.map((v, i) => (v - mean[i]) / std[i]);
  const targets = model.targets, n = model.members.length;
  const values = targets.mean.slice(), slopes = values.map(() => x.map(() => 0));
  for (const layers of model.members) {
    const outputs = [scaled];
    layers.forEach((layer, k) => outputs.push(affine(layer, outputs[k], k < layers.length - 1)));
    outputs[layers.length].forEach((v, o) => { values[o] += (v * targets.std[o]) / n; });
    if (!withSlopes) continue;
    values.forEach((_, o) => backwards(layers, outputs, o).forEach((g, i) => {
      slopes[o][i] += (g * targets.std[o]) / std[i] / n;
    }));
  }
  return { values, slopes };
}

function affine({ weight, bias }, input, rectify) {
  return weight.map((row, j) => {
    let sum = bias[j];
    for (let i = 0; i < row.length; i++) sum += row[i] * input[i];
    return rectify && sum < 0 ? 0 : sum;
  });
}

// Gradient of output o with respect to the scaled features.
function backwards(layers, outputs, o) {
  let gradient = layers[layers.length - 1].weight[o];
  for (let k = layers.length - 2; k >= 0; k--) {
    const { weight } = layers[k], below = new Array(weight[0].length).fill(0);
    for (let j = 0; j < weight.length; j++) {
      if (outputs[k + 1][j] <= 0) continue;
      for (let i = 0; i < below.length; i++) below[i] += gradient[j] * weight[j][i];
    }
    gradient = below;
  }
  return gradient;
}

// Clipped to what is physical, as in Python: µ0Hc >= 0 and 0 <= Φp <= 1.
function physical(data, values) {
  return values.map((value, i) => within(value, data.targets[i].physical));
}

function within(value, [low, high]) {
  return Math.min(Math.max(value, low ?? -Infinity), high ?? Infinity);
}

// [value of each target] of a design.
function predict(data, design) {
  return physical(data, evaluate(data.model, featuresOf(data, design), false).values);
}

// Half width at an angle from [[angle, width], …]: between simulated angles on a straight line, beyond them the last.
function halfWidth(widths, angle) {
  let [before, last] = widths[0];
  for (const [there, width] of widths) {
    if (there >= angle) return there === before ? width : last + ((width - last) * (angle - before)) / (there - before);
    [before, last] = [there, width];
  }
  return last;
}

// {quantity: {value, low, high}} of the targets and, where both Hc and Φp are known, of µ0Hp; low and high undefined where no
// model was scored.
function predictWithIntervals(data, design) {
  const result = {}, ends = {};
  predict(data, design).forEach((value, i) => {
    result[data.targets[i].name] = { value };
    ends[data.targets[i].name] = data.targets[i].physical;
  });
  if (data.derived.length) {
    result.mu0_Hp_T = { value: result.mu0_Hc_T.value * (1 - result.phi_p.value) };
    ends.mu0_Hp_T = ends.mu0_Hc_T;
  }
  for (const [name, one] of Object.entries(result)) {
    if (!data.half_widths) continue;
    const width = halfWidth(data.half_widths[name], design.values[data.angle]);
    one.low = within(one.value - width, ends[name]);
    one.high = within(one.value + width, ends[name]);
  }
  return result;
}
