// Whether the data support a wanted target: the rule of inverse/reach.py for simulated targets, by which `hardmag design` refuses.

// {within, nearest: [µ0Hc, Φp]}; null where the data do not tell: fewer rows than the rule needs have what is held. alpha: the
// angle, null if it is searched; sets: names of Z sets.
function support(data, wanted, alpha, sets) {
  const { neighbours, quantile, tolerances } = data.reach, { std } = data.model.targets;
  const groups = data.targets.filter(({ set }) => sets.includes(set)), angles = groups.map((one) => one.alpha);
  const below = Math.max(...angles.filter((v) => v <= alpha + 1e-6)), above = Math.min(...angles.filter((v) => v >= alpha - 1e-6));
  const known = groups.filter((one) => alpha === null || one.alpha === below || one.alpha === above).flatMap(({ values }) => values);
  if (known.length <= neighbours) return null;
  const distance = (a, b) => Math.hypot((a[0] - b[0]) / std[0], (a[1] - b[1]) / std[1]);
  const nearest = known.reduce((best, one) => (distance(one, wanted) < distance(best, wanted) ? one : best));
  const met = known.some(([Hc, phi_p]) => Math.abs(Hc - wanted[0]) <= tolerances[0] * wanted[0] && Math.abs(phi_p - wanted[1]) <= tolerances[1]);
  const own = known.map((one) => meanOfLeast(known.map((other) => distance(one, other)), neighbours + 1) * (1 + 1 / neighbours));
  const limit = quantileOf(own, quantile);  // of each among the others: its distance to itself, 0, is one too many in the mean
  return { within: met || meanOfLeast(known.map((one) => distance(one, wanted)), neighbours) <= limit, nearest };
}

function meanOfLeast(numbers, count) {
  const least = numbers.slice(0, count).sort((a, b) => a - b);
  for (const v of numbers.slice(count)) {
    if (v >= least[count - 1]) continue;
    least[count - 1] = v;
    least.sort((a, b) => a - b);
  }
  return least.reduce((sum, v) => sum + v, 0) / count;
}

// Linear between the sorted numbers, as NumPy's.
function quantileOf(numbers, share) {
  const sorted = numbers.slice().sort((a, b) => a - b), place = share * (sorted.length - 1), k = Math.floor(place);
  return sorted[k] + (place - k) * ((sorted[k + 1] ?? sorted[k]) - sorted[k]);
}
