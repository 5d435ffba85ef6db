// Whether the data support wanted targets: the rule of inverse/reach.py for simulated ones, by which `hardmag design` refuses.

// {within, nearest: [value of each target]}; null where the data do not tell: fewer rows than the rule needs have what is held.
// angle: null if it is searched; levels: names of them, null where the kind has none.
function support(data, wanted, angle, levels) {
  const { neighbours, quantile } = data.reach, { std } = data.model.targets;
  const known = atAngle(data, data.simulated.filter(({ level }) => levels.includes(level)), angle).flatMap(({ values }) => values);
  if (known.length <= neighbours) return null;
  const distance = (a, b) => Math.hypot(...a.map((v, i) => (v - b[i]) / std[i]));
  const nearest = known.reduce((best, one) => (distance(one, wanted) < distance(best, wanted) ? one : best));
  const allowed = data.targets.map(({ tolerance, relative }, i) => (relative ? tolerance * Math.abs(wanted[i]) : tolerance));
  const met = known.some((one) => one.every((v, i) => Math.abs(v - wanted[i]) <= allowed[i]));
  const own = known.map((one) => meanOfLeast(known.map((other) => distance(one, other)), neighbours + 1) * (1 + 1 / neighbours));
  const limit = quantileOf(own, quantile);  // of each among the others: its distance to itself, 0, is one too many in the mean
  return { within: met || meanOfLeast(known.map((one) => distance(one, wanted)), neighbours) <= limit, nearest };
}

// What was simulated at an angle, or at its neighbours; where angles were sampled rather than listed, near it.
function atAngle(data, groups, wanted) {
  if (wanted === null) return groups;
  const angles = [...new Set(groups.map(({ angle }) => angle))];
  if (angles.length > data.reach.most_angles) return groups.filter(({ angle }) => Math.abs(angle - wanted) <= data.reach.near_deg);
  const below = Math.max(...angles.filter((v) => v <= wanted + 1e-6)), above = Math.min(...angles.filter((v) => v >= wanted - 1e-6));
  return groups.filter(({ angle }) => angle === below || angle === above);
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
