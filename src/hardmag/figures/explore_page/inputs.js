// Sliders with their numbers: one row per input, the training range as a band on the slider's track.

const at = (id) => document.getElementById(id);

// Words of a kind, which may hold any sign, within HTML.
function escaped(text) {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

// Makes the rows. change(name, value) is called with a value within the slider's limits or, where a number was
// deleted, null; hold(key, on) with the checkbox.
function makeRows(data, change, hold) {
  for (const input of data.inputs)
    at(input.of_level ? "level-free" : "numbers").append(makeRow(input, (value) => change(input.name, value), hold));
}

function makeRow(input, change, hold) {
  const { key, symbol, plain, unit, limits, step } = input, text = escaped(input.text), row = document.createElement("div");
  row.className = "input";
  row.id = `row-${key}`;
  row.innerHTML = `<div><label for="number-${key}"><b>${symbol}</b> <span>${text}</span></label>
    <span class="number"><input type="text" inputmode="decimal" autocomplete="off" id="number-${key}" aria-describedby="note-${key}">
    <span class="unit">${unit}</span>
    <label class="hold"><input type="checkbox" id="hold-${key}" aria-label="hold ${escaped(plain)} in a search"> hold</label></span></div>
    <input type="range" id="range-${key}" min="${limits[0]}" max="${limits[1]}" step="${step}"
      aria-label="${escaped(plain)}, ${text}" aria-describedby="note-${key}">
    <p class="note" id="note-${key}" aria-live="polite"></p>`;
  const [number, range] = ["number", "range"].map((kind) => row.querySelector(`#${kind}-${key}`));
  const allowed = (value) => value >= limits[0] && value <= limits[1];
  const which = `from ${tidy(limits[0])} to ${withUnit(tidy(limits[1]), unit)}`;
  range.style.setProperty("--track", trainedTrack(input));
  range.addEventListener("input", () => {
    say(key, "");
    change(Number(range.value));
  });
  number.addEventListener("input", () => {
    const value = readNumber(number.value);
    number.dataset.typed = "yes";
    say(key, allowed(value) ? "" : `A number ${which}.`, !allowed(value));
    if (allowed(value)) change(value);
  });
  number.addEventListener("change", () => {
    const typed = number.value.trim(), value = readNumber(typed), nearest = Math.min(Math.max(value, limits[0]), limits[1]);
    number.dataset.typed = "";
    if (allowed(value)) say(key, "");
    else if (!Number.isNaN(value)) say(key, `${typed} is not ${which}: ${tidy(nearest)} is taken.`);
    else say(key, `${typed ? `“${typed}” is no number` : "The field was empty"}: a number ${which}. The value from before is kept.`);
    change(Number.isNaN(value) ? null : nearest);
  });
  stepByKeys(number, step, limits);
  row.querySelector(`#hold-${key}`).addEventListener("change", (event) => hold(key, event.target.checked));
  return row;
}

// Words on what was typed, beside the field and to screen readers, until the input is changed again.
function say(key, words, invalid = false) {
  at(`note-${key}`).dataset.refused = at(`note-${key}`).textContent = words;
  at(`number-${key}`).setAttribute("aria-invalid", invalid);
}

// Arrow keys change a number by a step. The fields are of text: those for numbers drop a decimal comma in silence.
function stepByKeys(field, step, [low, high]) {
  field.addEventListener("keydown", (event) => {
    const way = { ArrowUp: 1, ArrowDown: -1 }[event.key], value = readNumber(field.value);
    if (!way || Number.isNaN(value)) return;
    event.preventDefault();
    field.value = tidy(Math.min(Math.max(value + way * step, low), high));
    field.dispatchEvent(new Event("input"));
  });
}

function trainedTrack({ training, limits }) {
  const percent = training.map((v) => Math.min(Math.max((100 * (v - limits[0])) / (limits[1] - limits[0]), 0), 100));
  const [from, to] = percent[1] - percent[0] < 2 ? [percent[0] - 1, percent[0] + 1] : percent;
  return `linear-gradient(to right, var(--line) ${from}%, var(--trained) ${from}%, var(--trained) ${to}%, var(--line) ${to}%)`;
}

// Brings the rows to a state. why: {column: words} of what is impossible; beyond: {column: words} of what is extrapolated.
function showInputs(data, state, why, beyond) {
  for (const { key, name, unit } of data.inputs) {
    const number = at(`number-${key}`), value = tidy(state.values[name]);
    if (document.activeElement !== number || !number.dataset.typed) number.value = value;  // not while someone types
    at(`range-${key}`).value = value;
    at(`range-${key}`).setAttribute("aria-valuetext", withUnit(value, unit));
    at(`hold-${key}`).checked = state.held.has(key);
    const { refused } = at(`note-${key}`).dataset;
    const words = why[name] || beyond[name] || (name === data.angle ? betweenAngles(data, value) : "");
    at(`note-${key}`).textContent = [refused, words].filter(Boolean).join(" ");
    at(`row-${key}`).classList.toggle("refused", Boolean(refused));
    at(`row-${key}`).classList.toggle("wrong", name in why);
    at(`row-${key}`).classList.toggle("outside", !(name in why) && name in beyond);
  }
  if (data.level) showLevel(data, state, beyond[data.level.name]);
}

function showLevel(data, state, beyond) {
  const free = state.level === "free", own = data.inputs.filter(({ of_level }) => of_level);
  at(`set-${state.level}`).checked = true;
  at("level-free").hidden = !free;
  at("hold-level").parentElement.hidden = free;
  at("hold-level").checked = state.held.has(data.level.key);
  at("level-values").hidden = free;
  at("level-values").innerHTML = own.map(({ name, symbol, unit }) => `${symbol} ${withUnit(state.values[name].toPrecision(4), unit)}`).join(", ");
  at("note-level").textContent = beyond || "";
  at("level").classList.toggle("outside", Boolean(beyond));
}

function betweenAngles({ angles }, angle) {
  if (!angles || angles.includes(angle)) return "";
  const below = angles.filter((one) => one < angle).pop(), above = angles.find((one) => one > angle);
  return below === undefined || above === undefined ? "" : `Simulated were ${below}° and ${above}°; in between the model interpolates.`;
}

function makeLevelChoice(data, choose) {
  at("level").hidden = false;
  at("level-title").textContent = data.level.words;
  at("hold-level").setAttribute("aria-label", `hold the ${data.level.words} in a search`);
  for (const name of levelsOf(data)) {
    const label = document.createElement("label");
    label.innerHTML = `<input type="radio" name="level" id="set-${escaped(name)}" value="${escaped(name)}"> ${escaped(name)}`;
    label.firstChild.addEventListener("change", () => choose(name));
    at("level-choice").append(label);
  }
}
