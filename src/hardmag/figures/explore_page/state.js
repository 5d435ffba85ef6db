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

// A number as people write it, with a decimal point or comma; NaN for all else.
function readNumber(text) {
  return /^\s*[-+]?(\d+([.,]\d*)?|[.,]\d+)(e[-+]?\d+)?\s*$/i.test(text) ? Number(text.replace(",", ".")) : NaN;
}

const WANTED = {  // keys of the address, in the order of the model's outputs
  Hc: { field: "wanted-Hc", symbol: "µ0Hc", unit: " T", limits: [0, 100], step: 0.1 },
  phi_p: { field: "wanted-phi", symbol: "Φp", unit: "", limits: [0, 1], step: 0.01 },
};

// {state, complaints}: what the hash says over the start; what cannot be read or set is left out, and said.
function fromHash(data, hash) {
  const given = new URLSearchParams(hash.replace(/^#/, "")), state = startState(data), complaints = [];
  const number = (key, low, high, instead) => {
    const value = readNumber(given.get(key));
    if (value >= low && value <= high) return value;
    complaints.push(`${key} = ${given.get(key)} in the address must be a number from ${tidy(low)} to ${tidy(high)}: ${instead}.`);
    return null;
  };
  const keys = [...data.inputs.map(({ key }) => key), "z"], known = [...keys, "hold", ...Object.keys(WANTED)];
  for (const key of new Set(given.keys())) if (!known.includes(key)) complaints.push(`${key} in the address is not known.`);
  if (given.has("z")) {
    if (given.get("z") === "free" || Object.hasOwn(data.z_sets, given.get("z"))) setZ(data, state, given.get("z"));
    else complaints.push(`z = ${given.get("z")} in the address is no set of Z properties: ${state.set} is shown.`);
  }
  data.inputs.forEach(({ key, unit, limits }, i) => {
    if (!given.has(key)) return;
    if (i < 5 || state.set === "free") state.values[i] = number(key, ...limits, `${tidy(state.values[i])} ${unit} is shown`) ?? state.values[i];
    else complaints.push(`${key} in the address counts with z=free only.`);
  });
  if (given.has("hold")) {
    const held = given.get("hold").split(".").filter(Boolean), unknown = held.filter((key) => !keys.includes(key));
    if (unknown.length) complaints.push(`hold = ${unknown.join(".")} in the address is no input.`);
    state.held = new Set(held.filter((key) => keys.includes(key)));
  }
  const asked = Object.keys(WANTED).filter((key) => given.has(key));
  const wanted = asked.map((key) => number(key, ...WANTED[key].limits, "nothing is searched"));
  if (asked.length === 1) complaints.push(`${asked[0]} alone in the address: a search takes Hc and phi_p.`);
  else if (asked.length && !wanted.includes(null)) state.wanted = wanted;
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
  const names = ["L_nm", "d_nm", "wS_nm", "wZ_nm", "alpha_deg"];
  const values = names.map((name, i) => `${name}=${tidy(state.values[i])}`);
  return `hardmag predict --campaign ${data.folder} ${values.join(" ")} z_set=${state.set}`;
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
