// What the page shows, and its text in the address after '#': #L=60&d=25&…&z=dft&hold=alpha.z&Hc=3&phi_p=0.1

// A design (see model.js), with held: set of keys, wanted: [value of each target] or null.
function startState(data) {
  const values = Object.fromEntries(data.inputs.map(({ name, start }) => [name, start]));
  const held = data.inputs.filter(({ name }) => name === data.angle).map(({ key }) => key);
  const state = { values, level: null, held: new Set(data.level ? [...held, data.level.key] : held), wanted: null };
  if (data.level) setLevel(data, state, data.level.start);
  return state;
}

// Inputs of a design: the properties of a level only where it is free.
function inputsOf(data, level) {
  return data.inputs.filter(({ of_level }) => !of_level || level === "free");
}

function toHash(data, state) {
  const parts = inputsOf(data, state.level).map(({ key, name }) => `${key}=${tidy(state.values[name])}`);
  if (data.level) parts.push(`${data.level.key}=${state.level}`);
  parts.push(`hold=${[...state.held].join(".")}`);
  if (state.wanted) parts.push(...data.targets.map(({ key }, i) => `${key}=${tidy(state.wanted[i])}`));
  return `#${parts.map(encodeURI).join("&")}`;
}

// A number as people write it, with a decimal point or comma; NaN for all else.
function readNumber(text) {
  return /^\s*[-+]?(\d+([.,]\d*)?|[.,]\d+)(e[-+]?\d+)?\s*$/i.test(text) ? Number(text.replace(",", ".")) : NaN;
}

// {state, complaints}: what the hash says over the start; what cannot be read or set is left out, and said.
function fromHash(data, hash) {
  const given = new URLSearchParams(hash.replace(/^#/, "")), state = startState(data), complaints = [];
  const number = (key, [low, high], instead) => {
    const value = readNumber(given.get(key));
    if (value >= low && value <= high) return value;
    complaints.push(`${key} = ${given.get(key)} in the address must be a number from ${tidy(low)} to ${tidy(high)}: ${instead}.`);
    return null;
  };
  const keys = [...data.inputs, ...(data.level ? [data.level] : [])].map(({ key }) => key);
  const known = [...keys, "hold", ...data.targets.map(({ key }) => key)];
  for (const key of new Set(given.keys())) if (!known.includes(key)) complaints.push(`${key} in the address is not known.`);
  if (data.level && given.has(data.level.key)) {
    const name = given.get(data.level.key);
    if (levelsOf(data).includes(name)) setLevel(data, state, name);
    else complaints.push(`${data.level.key} = ${name} in the address is no ${data.level.words}: ${state.level} is shown.`);
  }
  for (const { key, name, unit, limits, of_level } of data.inputs) {
    if (!given.has(key)) continue;
    const value = tidy(state.values[name]);
    if (!of_level || state.level === "free") state.values[name] = number(key, limits, `${withUnit(value, unit)} is shown`) ?? state.values[name];
    else complaints.push(`${key} in the address counts with ${data.level.key}=free only.`);
  }
  if (given.has("hold")) {
    const held = given.get("hold").split(".").filter(Boolean), unknown = held.filter((key) => !keys.includes(key));
    if (unknown.length) complaints.push(`hold = ${unknown.join(".")} in the address is no input.`);
    state.held = new Set(held.filter((key) => keys.includes(key)));
  }
  const asked = data.targets.filter(({ key }) => given.has(key)), all = data.targets.map(({ key }) => key).join(" and ");
  const wanted = asked.map(({ key, limits }) => number(key, limits, "nothing is searched"));
  if (asked.length && asked.length < data.targets.length) complaints.push(`${asked[0].key} alone in the address: a search takes ${all}.`);
  else if (asked.length && !wanted.includes(null)) state.wanted = wanted;
  return { state, complaints };
}

// What may be chosen; "free": the properties of the level themselves, where it has some.
function levelsOf(data) {
  return [...Object.keys(data.level.choices), ...(data.inputs.some(({ of_level }) => of_level) ? ["free"] : [])];
}

function setLevel(data, state, name) {
  const own = data.inputs.filter(({ of_level }) => of_level).map(({ name: input }) => input);
  const as_shown = () => Object.fromEntries(own.map((input) => [input, Number(state.values[input].toPrecision(6))]));
  state.values = { ...state.values, ...(name === "free" ? as_shown() : data.level.choices[name].values) };
  state.level = name;
}

// A number as people write it: no rounding noise, no trailing zeros.
function tidy(value) {
  return Number(value.toPrecision(7));
}

function short(value) {
  return Number(value.toPrecision(3));
}

function withUnit(value, unit) {
  return unit ? `${value}${unit === "°" ? "" : " "}${unit}` : `${value}`;
}

// `hardmag predict` for a state; null for properties of a level of one's own, which it does not take.
function commandLine(data, { values, level }) {
  if (level === "free") return null;
  const words = inputsOf(data, level).map(({ name }) => `${name}=${tidy(values[name])}`);
  if (data.level) words.push(`${data.level.name}=${level}`);
  return `hardmag predict --campaign ${data.folder} ${words.join(" ")}`;
}

// What lies outside the training range: {column: words}; of the level where its properties are none of those trained on.
function outside(data, { values, level }) {
  const found = {};
  for (const { name, unit, training: [low, high] } of inputsOf(data, level)) {
    // The digits of a level's properties that are shown when it is freed still count as within.
    const slack = 1e-5 * Math.max(Math.abs(low), Math.abs(high));
    if (!(low - slack <= values[name] && values[name] <= high + slack))
      found[name] = `Outside the training range, ${short(low)} to ${withUnit(short(high), unit)}: extrapolated.`;
  }
  if (!data.level) return found;
  const trained = Object.entries(data.level.choices).filter(([, { trained }]) => trained);
  const close = (a, b) => Math.abs(a - b) <= 1e-3 * Math.abs(b);
  const is = ([name, one]) => level === name || (level === "free" && Object.entries(one.values).every(([input, v]) => close(values[input], v)));
  if (!trained.some(is)) {
    const names = trained.map(([name]) => name).join(", ");
    found[data.level.name] = `The model was trained with ${names} only: other values are extrapolated.`;
  }
  return found;
}
