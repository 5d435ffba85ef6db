// The page: one state, shown anew after each change, kept in the address.

const data = JSON.parse(at("data").textContent);
let state = startState(data), drawing = false, saving;

function update(changes) {
  Object.assign(state, changes);
  if (!drawing) requestAnimationFrame(() => { drawing = false; show(); });
  drawing = true;
}

function show() {
  const why = impossible(state.values), beyond = outside(data, state), possible = !Object.keys(why).length;
  const prediction = possible ? predictWithIntervals(data.model, data.half_widths, state.values) : null;
  showInputs(data, state, why, beyond);
  showCards(data, prediction);
  showVerdict(data, why, beyond);
  at("bar").textContent = spoken(prediction);
  for (const id of ["picture-and-legend", "angles", "sensitivity", "share"]) at(id).hidden = !possible;
  if (possible) showRest();
  clearTimeout(saving);
  saving = setTimeout(() => {  // browsers allow few changes of the address in a short time
    history.replaceState(null, "", toHash(data, state));
    at("spoken").textContent = spoken(prediction);
  }, 250);
}

// What only a possible structure has.
function showRest() {
  showPicture();
  showAngleCharts(data, state);
  showProfiles(data, state);
  const command = commandLine(data, state);
  at("command").textContent = command || "hardmag predict knows the three Z sets only: choose one of them.";
  at("copy-command").hidden = !command;
}

function showPicture() {
  const voxels = build(data.box, state.values);
  drawStructure(at("structure"), data, voxels, tidy(state.values[4]));
  showLegend(data, fractions(voxels));
}

function setInput(i, value) {
  update({ values: value === null ? state.values : state.values.with(i, value) });
}

function forgetTyped() {
  for (const { key } of data.inputs) say(key, "");
}

function setHeld(key, on) {
  on ? state.held.add(key) : state.held.delete(key);
  update({});
}

function chooseZ(name) {
  setZ(data, state, name);
  update({});
}

function ask(event) {
  if (event) event.preventDefault();
  forgetAnswer();
  const refused = [], wanted = Object.values(WANTED).map(({ field, symbol, unit, limits: [low, high] }) => {
    const text = at(field).value.trim(), value = readNumber(text), allowed = value >= low && value <= high;
    at(field).setAttribute("aria-invalid", !allowed);
    if (!allowed) refused.push(`${symbol} ${text ? `= ${text} cannot be asked for` : "is missing"}: give a number from ${low} to ${high}${unit}.`);
    return value;
  });
  if (refused.length) {
    at("answer").textContent = refused.join(" ");
    return;
  }
  update({ wanted });
  at("answer").textContent = "Searching …";
  setTimeout(() => {  // after the words are on the screen
    const problem = problemOf(wanted), found = search(problem), sets = problem.sets.map(({ name }) => name);
    showAnswer(found);
    if (found.met) showCaution(support(data, wanted, state.held.has("alpha") ? state.values[4] : null, sets));
  }, 20);
}

// What was found is for what was asked, not for what is asked now.
function forgetAnswer() {
  for (const id of ["answer", "designs"]) at(id).replaceChildren();
  for (const id of ["nearest", "caution"]) at(id).hidden = true;
}

// The model may reach what no simulated structure comes near; there its errors are not those of the intervals.
function showCaution(found) {
  at("caution").hidden = !found || found.within;
  if (!found) return;
  const held = [...(state.held.has("alpha") ? ["α"] : []), ...(state.held.has("z") ? ["Z set"] : [])];
  const where = held.length ? ` with this ${held.join(" and ")}` : "";
  at("caution").textContent = `No simulated structure${where} comes near what is wanted: the nearest has µ0Hc = ${fixed(found.nearest[0])} T, Φp = ${fixed(found.nearest[1])}. hardmag design refuses such a query.`;
}

function problemOf(wanted) {
  const here = { name: state.set === "free" ? null : state.set, values: state.values.slice(5) };
  const trained = Object.entries(data.z_sets).filter(([, one]) => one.trained).map(([name, { values }]) => ({ name, values }));
  return {
    model: data.model,
    wanted,
    inputs: data.inputs.map((input) => ({ ...input, held: state.held.has(input.key) })),
    values: state.values,
    set: here.name,
    sets: here.name === null || state.held.has("z") ? [here] : trained,
    gap: Math.max(...data.box.cell_nm.slice(0, 2)),
  };
}

function showAnswer({ met, designs, nearest }) {
  const button = at("nearest");
  button.hidden = met || !nearest;
  if (!nearest) at("answer").textContent = "The inputs that are held leave no possible structure: wS must be < L and wZ < d.";
  else if (met) at("answer").textContent = designs.length > 1
    ? `${designs.length} designs; the first changes the present one least. A click loads one.`
    : "One design; no other differs enough. A click loads it.";
  else {
    at("answer").textContent = `Out of reach with these inputs. The nearest that the model reaches: µ0Hc = ${fixed(nearest[0])} T, Φp = ${fixed(nearest[1])}.`;
    button.textContent = `ask for ${fixed(nearest[0])} T and ${fixed(nearest[1])} instead`;
    button.onclick = () => {
      at("wanted-Hc").value = fixed(nearest[0]);
      at("wanted-phi").value = fixed(nearest[1]);
      ask();
    };
  }
  at("designs").replaceChildren(...designs.map(designItem));
}

function designItem({ values, set, prediction }) {
  const item = document.createElement("li"), button = document.createElement("button");
  const one = predictWithIntervals(data.model, data.half_widths, values);
  const beyond = outside(data, { values, set: set || "free" });
  const inputs = data.inputs.slice(0, set === null ? 8 : 5).map(({ symbol, unit }, i) => `${symbol} ${tidy(values[i])}${unit === "°" ? "" : " "}${unit}`);
  const outcome = TARGETS.map((name) => {
    const { symbol, unit } = QUANTITIES[name], { value, low, high } = one[name];
    return `${symbol} ${fixed(value)}${low === undefined ? "" : ` (${fixed(low)} to ${fixed(high)})`} ${unit}`;
  });
  button.type = "button";
  button.className = "design";
  button.innerHTML = `${inputs.join(", ")}${set === null ? "" : `, ${set}`}
    <span>${outcome.join(", ")}${Object.keys(beyond).length ? "; extrapolated" : ""}</span>`;
  button.addEventListener("click", () => {
    for (const other of document.querySelectorAll(".design")) other.setAttribute("aria-pressed", other === button);
    forgetTyped();
    update({ values: values.slice(), set: set || "free" });
  });
  button.setAttribute("aria-pressed", "false");
  item.append(button);
  return item;
}

async function copyCommand() {
  try {
    await navigator.clipboard.writeText(at("command").textContent);
    at("copied").textContent = "Copied.";
  } catch {  // a browser that does not let a page write to the clipboard
    getSelection().selectAllChildren(at("command"));
    at("copied").textContent = "Selected: copy it with the keyboard.";
  }
}

function load(hash) {
  const read = fromHash(data, hash);
  state = read.state;
  at("complaints").textContent = read.complaints.join(" ");
  at("complaints").hidden = !read.complaints.length;
  const wanted = state.wanted || predict(data.model, state.values);
  at("wanted-Hc").value = tidy(Number(wanted[0].toFixed(state.wanted ? 6 : 2)));
  at("wanted-phi").value = tidy(Number(wanted[1].toFixed(state.wanted ? 6 : 2)));
  forgetAnswer();
  forgetTyped();
  update({});
  if (state.wanted) ask();
}

document.title = `${data.campaign}: explore`;
at("campaign").textContent = data.campaign;
makeRows(data, setInput, setHeld);
makeZChoice(data, chooseZ);
showAbout(data);
at("hold-z").addEventListener("change", (event) => setHeld("z", event.target.checked));
for (const { field, step, limits } of Object.values(WANTED)) stepByKeys(at(field), step, limits);
at("wanted").addEventListener("submit", ask);
at("reset").addEventListener("click", () => load(""));
at("copy-command").addEventListener("click", copyCommand);
addEventListener("hashchange", () => load(location.hash));
addEventListener("resize", () => update({}));
load(location.hash);
