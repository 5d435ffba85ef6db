// The page: one state, shown anew after each change, kept in the address.

const data = JSON.parse(at("data").textContent), angle = data.inputs.find(({ name }) => name === data.angle);
let state = startState(data), drawing = false, saving;

function update(changes) {
  Object.assign(state, changes);
  if (!drawing) requestAnimationFrame(() => { drawing = false; show(); });
  drawing = true;
}

function show() {
  const why = impossible(data, state), beyond = outside(data, state), possible = !Object.keys(why).length;
  const prediction = possible ? predictWithIntervals(data, state) : null;
  showInputs(data, state, why, beyond);
  showCards(data, prediction);
  showVerdict(data, why, beyond);
  at("bar").textContent = spoken(data, prediction);
  for (const id of ["picture-and-legend", "angles", "sensitivity", "share"]) at(id).hidden = !possible;
  if (possible) showRest();
  clearTimeout(saving);
  saving = setTimeout(() => {  // browsers allow few changes of the address in a short time
    history.replaceState(null, "", toHash(data, state));
    at("spoken").textContent = spoken(data, prediction);
  }, 250);
}

// What only a possible structure has.
function showRest() {
  showPicture();
  showAngleCharts(data, state);
  showProfiles(data, state);
  const command = commandLine(data, state);
  at("command").textContent = command || `hardmag predict knows ${Object.keys(data.level.choices).join(", ")} only: choose one of them.`;
  at("copy-command").hidden = !command;
}

// A kind need not have one.
function showPicture() {
  const largest = Object.fromEntries(data.inputs.map(({ name, training }) => [name, training[1]]));
  const picture = KIND.picture ? KIND.picture(columnsOf(data, state), largest) : null;
  at("picture-and-legend").hidden = !picture;
  if (!picture) return;
  at("picture-title").textContent = picture.title;
  at("about-picture").textContent = picture.note;
  at("remark").textContent = picture.remark ?? "";
  at("picture").innerHTML = pictureSvg(picture, data.phases, at("picture").clientWidth);
  showLegend(data, picture.shares);
}

function setInput(name, value) {
  update(value === null ? {} : changed(state, name, value));
}

function forgetTyped() {
  for (const { key } of data.inputs) say(key, "");
}

function setHeld(key, on) {
  on ? state.held.add(key) : state.held.delete(key);
  update({});
}

function chooseLevel(name) {
  setLevel(data, state, name);
  update({});
}

function ask(event) {
  if (event) event.preventDefault();
  forgetAnswer();
  const refused = [], wanted = data.targets.map(({ key, plain, unit, limits: [low, high] }) => {
    const field = at(`wanted-${key}`), text = field.value.trim(), value = readNumber(text), allowed = value >= low && value <= high;
    field.setAttribute("aria-invalid", !allowed);
    const range = `a number from ${tidy(low)} to ${withUnit(tidy(high), unit)}`;
    if (!allowed) refused.push(`${plain} ${text ? `= ${text} cannot be asked for` : "is missing"}: give ${range}.`);
    return value;
  });
  if (refused.length) {
    at("answer").textContent = refused.join(" ");
    return;
  }
  update({ wanted });
  at("answer").textContent = "Searching …";
  setTimeout(() => {  // after the words are on the screen
    const problem = problemOf(wanted), found = search(problem);
    showAnswer(found);
    if (found.met) showCaution(support(data, wanted, isHeld(angle) ? state.values[data.angle] : null, problem.levels));
  }, 20);
}

function isHeld({ key }) {
  return state.held.has(key);
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
  const held = [...(isHeld(angle) ? [angle.plain] : []), ...(data.level && isHeld(data.level) ? [data.level.words] : [])];
  const where = held.length ? ` with this ${held.join(" and ")}` : "";
  at("caution").textContent = `No simulated structure${where} comes near what is wanted: the nearest has ${named(found.nearest)}. hardmag design refuses such a query.`;
}

// Values of the targets in words.
function named(values) {
  return data.targets.map(({ plain, unit }, i) => `${plain} = ${withUnit(fixed(values[i]), unit)}`).join(", ");
}

function problemOf(wanted) {
  const here = { values: state.values, level: state.level };
  const trained = Object.entries(data.level?.choices ?? {}).filter(([, one]) => one.trained).map(([name]) => name);
  const levels = !data.level || here.level === "free" || isHeld(data.level) ? [here.level] : trained;
  return { data, wanted, design: here, held: state.held, levels };
}

function showAnswer({ met, designs, nearest }) {
  const button = at("nearest");
  button.hidden = met || !nearest;
  if (!nearest) at("answer").textContent = "The inputs that are held leave no possible structure.";
  else if (met) at("answer").textContent = designs.length > 1
    ? `${designs.length} designs; the first changes the present one least. A click loads one.`
    : "One design; no other differs enough. A click loads it.";
  else {
    at("answer").textContent = `Out of reach with these inputs. The nearest that the model reaches: ${named(nearest)}.`;
    button.textContent = `ask for ${data.targets.map(({ unit }, i) => withUnit(fixed(nearest[i]), unit)).join(" and ")} instead`;
    button.onclick = () => {
      data.targets.forEach(({ key }, i) => { at(`wanted-${key}`).value = fixed(nearest[i]); });
      ask();
    };
  }
  at("designs").replaceChildren(...designs.map(designItem));
}

function designItem({ values, level }) {
  const item = document.createElement("li"), button = document.createElement("button"), design = { values, level };
  const one = predictWithIntervals(data, design), beyond = outside(data, design);
  const inputs = inputsOf(data, level).map(({ name, symbol, unit }) => `${symbol} ${withUnit(tidy(values[name]), unit)}`);
  if (data.level && level !== "free") inputs.push(escaped(level));
  const outcome = data.targets.map(({ name, symbol, unit }) => {
    const { value, low, high } = one[name];
    return `${symbol} ${fixed(value)}${low === undefined ? "" : ` (${fixed(low)} to ${fixed(high)})`}${unit && ` ${unit}`}`;
  });
  button.type = "button";
  button.className = "design";
  button.innerHTML = `${inputs.join(", ")}
    <span>${outcome.join(", ")}${Object.keys(beyond).length ? "; extrapolated" : ""}</span>`;
  button.addEventListener("click", () => {
    for (const other of document.querySelectorAll(".design")) other.setAttribute("aria-pressed", other === button);
    forgetTyped();
    update(design);
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
  const wanted = state.wanted || predict(data, state);
  data.targets.forEach(({ key }, i) => { at(`wanted-${key}`).value = tidy(Number(wanted[i].toFixed(state.wanted ? 6 : 2))); });
  forgetAnswer();
  forgetTyped();
  update({});
  if (state.wanted) ask();
}

function makeQuery() {
  at("query-title").textContent = `Wanted: ${data.targets.map(({ words }) => words).join(", ").replace(/, (?=[^,]*$)/, " and ")}`;
  at("wanted-fields").innerHTML = data.targets.map(({ key, symbol, unit }) =>
    `<label>${symbol} <input type="text" inputmode="decimal" autocomplete="off" id="wanted-${key}" aria-describedby="answer"> ${unit}</label>`).join("");
  for (const { key, step, limits } of data.targets) stepByKeys(at(`wanted-${key}`), step, limits);
}

document.title = `${data.campaign}: explore`;
at("campaign").textContent = data.campaign;
at("angles-title").textContent = `Over ${angle.plain}, ${angle.text}`;
makeRows(data, setInput, setHeld);
if (data.level) makeLevelChoice(data, chooseLevel);
makeQuery();
makeProfiles(data);
showAbout(data);
at("hold-level").addEventListener("change", (event) => setHeld(data.level.key, event.target.checked));
at("wanted").addEventListener("submit", ask);
at("reset").addEventListener("click", () => load(""));
at("copy-command").addEventListener("click", copyCommand);
addEventListener("hashchange", () => load(location.hash));
addEventListener("resize", () => update({}));
load(location.hash);
