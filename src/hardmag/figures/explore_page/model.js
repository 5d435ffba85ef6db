// The forward model: networks with ReLU on scaled inputs, their mean, unscaled. As hardmag.surrogates.models.Networks.

// {values: [µ0Hc, Φp], slopes: [dµ0Hc/dx, dΦp/dx]} of inputs x (8), unclipped; slopes only if asked for.
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

// Gradient of output o with respect to the scaled inputs.
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
function physical([Hc, phi_p]) {
  return [Math.max(Hc, 0), Math.min(Math.max(phi_p, 0), 1)];
}

function predict(model, x) {
  return physical(evaluate(model, x, false).values);
}

// Half width at an angle from [[angle, width], …]: between simulated angles on a straight line, beyond them the last.
function halfWidth(widths, alpha) {
  let [before, last] = widths[0];
  for (const [angle, width] of widths) {
    if (angle >= alpha) return angle === before ? width : last + ((width - last) * (alpha - before)) / (angle - before);
    [before, last] = [angle, width];
  }
  return last;
}

// {mu0_Hc_T, mu0_Hp_T, phi_p: {value, low, high}} of inputs x; low and high undefined where no model was scored.
function predictWithIntervals(model, halfWidths, x) {
  const [Hc, phi_p] = predict(model, x);
  const result = { mu0_Hc_T: { value: Hc }, mu0_Hp_T: { value: Hc * (1 - phi_p) }, phi_p: { value: phi_p } };
  for (const [name, one] of Object.entries(result)) {
    if (!halfWidths) continue;
    const width = halfWidth(halfWidths[name], x[4]);
    one.low = Math.max(one.value - width, 0);
    one.high = name === "phi_p" ? Math.min(one.value + width, 1) : one.value + width;
  }
  return result;
}
