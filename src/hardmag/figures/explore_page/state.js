// What the page shows, and its text in the address after '#': #L=60&d=25&…&z=dft&hold=alpha.z&Hc=3&phi_p=0.1

// {values: inputs (8), set: name of the Z set or "free", held: set of keys ("z": the set), wanted: [µ0Hc, Φp]}
function startState(data) {
  const values = data.inputs.map(({ start }) => start);
  data.z_sets[data.z_start].values.forEach((v, i) => { values[5 + i] = v; });
  return { values, set: data.z_start, held: new Set(["alpha", "z"]), wanted: null };
}

function toHash(data, state) {
  const parts = data.inputs.slice(0, state.set === "free" ? 8 : 5).map(({ key }, i) => `${key}=${tidy(state.values[i])}`);
  parts.push(`z=${state.set}`, `hold=${[...state.held].join(".")}`);
  if (state.wanted) parts.push(`Hc=${tidy(state.wanted[0])}`, `phi_p=${tidy(state.wanted[1])}`);
  return `#${parts.join("&")}`;
}

// {state, complaints}: what the hash says over the start; what cannot be read or set is left out, and said.
function fromHash(data, hash) {
  const given = new URLSearchParams(hash.replace(/^#/, "")), state = startState(data), complaints = [];
  const number = (key, low, high) => {
    const value = given.get(key).trim() === "" ? NaN : Number(given.get(key));
    if (value >= low && value <= high) return value;
    complaints.push(`${key} = ${given.get(key)} in the address must be a number from ${low} to ${high}.`);
    return null;
  };
  if (given.has("z")) {
    if (given.get("z") === "free" || Object.hasOwn(data.z_sets, given.get("z"))) setZ(data, state, given.get("z"));
    else complaints.push(`z = ${given.get("z")} in the address is no set of Z properties.`);
  }
  data.inputs.forEach(({ key, limits }, i) => {
    if (given.has(key) && (i < 5 || state.set === "free")) state.values[i] = number(key, ...limits) ?? state.values[i];
  });
  const keys = [...data.inputs.map(({ key }) => key), "z"];
  if (given.has("hold")) state.held = new Set(given.get("hold").split(".").filter((key) => keys.includes(key)));
  if (given.has("Hc") && given.has("phi_p")) {
    const wanted = [number("Hc", 0, 100), number("phi_p", 0, 1)];
    if (!wanted.includes(null)) state.wanted = wanted;
  }
  return { state, complaints };
}

function setZ(data, state, name) {
  state.set = name;
  const values = name === "free" ? state.values.slice(5).map((v) => Number(v.toPrecision(6))) : data.z_sets[name].values;
  values.forEach((v, i) => { state.values[5 + i] = v; });
}

// A number as people write it: no rounding noise, no trailing zeros.
function tidy(value) {
  return Number(value.toPrecision(7));
}

function short(value) {
  return Number(value.toPrecision(3));
}

// `hardmag predict` for a state; null for free Z properties, which it does not take.
function commandLine(data, state) {
  if (state.set === "free") return null;
  const lengths = data.inputs.slice(0, 5).map(({ key }, i) => `--${key} ${tidy(state.values[i])}`);
  return `hardmag predict --campaign ${data.folder} ${lengths.join(" ")} --z-set ${state.set}`;
}

// What lies outside the training range: {key: words}; "z" where the Z phase is none of the sets trained on.
function outside(data, { values, set }) {
  const found = {};
  data.inputs.forEach(({ key, unit, training: [low, high] }, i) => {
    // The digits of a set's values that are shown when it is freed still count as within.
    const slack = 1e-5 * Math.max(Math.abs(low), Math.abs(high));
    if ((i < 5 || set === "free") && !(low - slack <= values[i] && values[i] <= high + slack))
      found[key] = `Outside the training range, ${short(low)} to ${short(high)} ${unit}: extrapolated.`;
  });
  const trained = Object.entries(data.z_sets).filter(([, one]) => one.trained);
  const close = (a, b) => Math.abs(a - b) <= 1e-3 * Math.abs(b);
  if (!trained.some(([, one]) => one.values.every((v, i) => close(values[5 + i], v)))) {
    const names = trained.map(([name]) => name).join(", ");
    found.z = `The model was trained with ${trained.length > 1 ? "the sets" : "the set"} ${names} only: other values are extrapolated.`;
  }
  return found;
}
