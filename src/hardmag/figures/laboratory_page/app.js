// The page: what was opened, what was placed, and the map that is shown.

const at = (id) => document.getElementById(id);
const data = JSON.parse(at("data").textContent);
const state = { images: [], placed: [], map: Object.keys(data.maps)[0], property: data.properties[0].name, number: 0 };

// Words of a person, which may hold any sign, within HTML.
function escaped(text) {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

// Three digits; what is zero but for rounding is zero.
function tidy(value) {
  return Number(Number(value.toFixed(9)).toPrecision(3));
}

// Runs what a person asked for; what they can mend is said, anything else is a fault of the page.
async function attempt(what) {
  at("problem").textContent = at("answer").textContent = "";
  try {
    await what();
  } catch (error) {
    at("answer").textContent = "";
    if (!(error instanceof Refusal)) throw error;
    at("problem").textContent = error.message;
  }
}

// A refusal that names the file.
async function named(name, what) {
  try {
    return await what();
  } catch (error) {
    throw error instanceof Refusal ? new Refusal(`${name}: ${error.message}`) : error;
  }
}

async function openFiles(files) {
  const isImage = ({ name, type }) => /^image\//.test(type) || /\.(png|jpe?g|tiff?)$/i.test(name);
  const images = files.filter(isImage), curves = files.filter((file) => !isImage(file));
  state.images = [];
  at("image").hidden = true;
  for (const file of images) state.images.push(await named(file.name, () => readImage(file)));
  if (images.length) showImage();
  for (const file of curves) await placeCurve(file);
}

function showImage() {
  const [first] = state.images, more = state.images.length > 1 ? ` and ${state.images.length - 1} more, with the same crop and pixels` : "";
  at("opened").textContent = `${first.name}${more}: ${first.nx} × ${first.ny} pixels`;
  at("image").hidden = false;
  setCrop(wholeOf(first));
  at("pixel_um").value = "";  // of the images before, which may be of another magnification
  drawPreview(first);
}

function pixelUm() {
  const text = at("pixel_um").value.trim(), value = numberOf(text.replace(",", "."));
  if (!text) throw new Refusal("The pixel size is missing: give the edge of a pixel in µm, such as 0.1.");
  if (!(value > 0 && value < Infinity)) throw new Refusal(`The edge of a pixel must be a number of µm above 0, not ${text}.`);
  return value;
}

async function placeImages() {
  const pixel = pixelUm(), crop = readCrop(state.images, data.rules.least_pixels);
  const parts = state.images.map((image) => partOf(image, crop, data.rules)), kind = parts[0].map;
  const name = state.images.map((image) => image.name).join(", "), spectra = [];
  if (parts.some((part) => part.map !== kind)) throw new Refusal(`${name}: some are segmented and some grey; open them apart.`);
  const map = await named(name, () => mapFor(kind));
  for (const [n, part] of parts.entries())
    spectra.push(await named(state.images[n].name, () => {
      const spectrum = powerSpectrum(part, pixel);
      return (kind === "grey" ? aboveNoise : unfolded)(spectrum, data.rules);
    }));
  const seen = spectra.filter(({ S }) => S.some((v) => v));  // one without the phase has no line
  const lines = seen.map(({ k, S }) => ({ x: k.slice(data.rules.dropped), y: S.slice(data.rules.dropped) }));
  await named(name, () => add(name, kind, lines, meanSpectrum(spectra, map.grid, data.rules)));
}

async function placeCurve(file) {
  await named(file.name, async () => {
    const curve = parseCurve(await file.text()), map = mapFor("curves"), values = normalisedCurve(curve, map.grid);
    add(file.name, "curves", [{ x: map.grid, y: values }], values);
  });
}

// The map of what was opened; refused where the campaign has none.
function mapFor(kind) {
  const map = data.maps[kind];
  if (!map) throw new Refusal("no place for it; the campaign's samples have no curves.");
  if (map.absent) throw new Refusal(`no place for it; the page has no map of ${map.of}: ${map.absent}.`);
  return map;
}

function add(name, kind, lines, values) {
  const map = data.maps[kind], scores = scoresOf(map, values), near = nearest(map, scores), number = (state.number += 1);
  state.placed.push({ number, name, map: kind, lines, values, scores, near });
  state.map = kind;
  at("answer").textContent = `${name}: ${map.one}, placed as number ${number} in the map of ${map.of}.`;
  show();
}

function remove(number) {
  state.placed = state.placed.filter((one) => one.number !== number);
  at("answer").textContent = `Number ${number} is taken away.`;
  show();
}

function placedItem({ number, name, map, scores, near }) {
  const item = document.createElement("li"), button = document.createElement("button"), [low, high] = near.own.map(tidy);
  item.innerHTML = `<b>${number}</b> ${escaped(name)}: in the map of ${data.maps[map].of} at (${scores.slice(0, 2).map(tidy).join(", ")}).
    Nearest sample: ${escaped(near.name)}, ${tidy(near.distance)} away; the samples themselves are ${low} to ${high} from their nearest. `;
  button.type = "button";
  button.className = "quiet";
  button.textContent = "remove";
  button.setAttribute("aria-label", `remove number ${number}`);
  button.addEventListener("click", () => remove(number));
  item.append(button);
  return item;
}

function show() {
  const map = data.maps[state.map], property = data.properties.find(({ name }) => name === state.property);
  at("map").value = state.map;
  at("placed").replaceChildren(...state.placed.map(placedItem));
  at("absent").hidden = !map.absent;
  at("absent").textContent = map.absent ? `There is no map of ${map.of}: ${map.absent}.` : "";
  at("of-map").hidden = Boolean(map.absent);
  at("about-map").textContent = map.about;
  if (map.absent) return;
  const placed = state.placed.filter((one) => one.map === state.map);
  const values = Object.fromEntries(map.names.map((name) => [name, property.values[name]]));
  const words = placed.length ? `; placed: ${placed.map(({ number, name }) => `${number}, ${name}`).join("; ")}` : "";
  const chart = { map, values, placed, width: at("map-chart").clientWidth };
  at("map-chart").innerHTML = mapChart({ ...chart, title: `Map of ${map.of} of ${map.names.length} samples${words}` });
  at("spectra-chart").innerHTML = spectraChart({ ...chart, title: `${map.title} of ${map.names.length} samples${words}` });
  at("spectra-title").textContent = map.title + (placed.length ? "; dashed: what was placed" : "");
  at("bar-of-colours").innerHTML = colourBar(values, property.label);
  const found = map.correlation[property.name];
  at("correlation").textContent = found
    ? `Correlation of the first component with ${property.label}: ${found.r.toFixed(2)} (${found.samples} samples). By chance alone the
      largest of all components exceeds ${found.chance_r.toFixed(2)} in one case of twenty.`
    : `${property.label} is known of too few samples, or the same for all: no correlation.`;
  showRecognised(map);
}

// How much a single image tells, tried on those of the campaign.
function showRecognised({ recognised }) {
  at("recognised").hidden = !recognised;
  if (!recognised) return;
  const [share, chance] = [recognised.share, recognised.chance].map((v) => `${Math.round(100 * v)} %`);
  at("recognised").textContent = `Of ${recognised.images} single images of the samples ${share} lie nearest to their own sample in a map
    that is made without them, by chance ${chance}. Several images, opened together, tell more than one.`;
}

function makeChoices() {
  for (const [name, { of }] of Object.entries(data.maps)) at("map").append(new Option(of, name));
  for (const { name, label } of data.properties) at("property").append(new Option(label, name));
  for (const key of ["map", "property"])
    at(key).addEventListener("change", () => {
      state[key] = at(key).value;
      show();
    });
}

function makeDrop() {
  const zone = at("drop");
  at("files").addEventListener("change", () => attempt(async () => {
    const files = [...at("files").files];
    at("files").value = "";  // so that the same file can be chosen again
    await openFiles(files);
  }));
  for (const kind of ["dragover", "drop"])
    document.addEventListener(kind, (event) => event.preventDefault());  // a file beside the zone must not replace the page
  for (const [kind, over] of [["dragover", true], ["dragleave", false], ["drop", false]])
    zone.addEventListener(kind, () => zone.classList.toggle("over", over));
  zone.addEventListener("drop", (event) => attempt(() => openFiles([...event.dataTransfer.files])));
}

document.title = `${data.campaign}: laboratory`;
at("campaign").textContent = data.campaign;
makeChoices();
makeDrop();
makeCrop(() => state.images[0], () => drawPreview(state.images[0]));
at("image").addEventListener("submit", (event) => {
  event.preventDefault();
  attempt(async () => {
    at("answer").textContent = "Computing …";
    await new Promise((done) => setTimeout(done, 20));  // after the words are on the screen
    await placeImages();
  });
});
addEventListener("resize", show);
show();
