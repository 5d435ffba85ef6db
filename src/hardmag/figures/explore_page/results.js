// What the model says of the present structure: numbers with intervals, charts, the text about the model.

const QUANTITIES = {
  mu0_Hc_T: { symbol: "µ<sub>0</sub>H<sub>c</sub>", plain: "µ0Hc", unit: "T", text: "coercivity" },
  phi_p: { symbol: "Φ<sub>p</sub>", plain: "Φp", unit: "", text: "(Hc − Hp)/Hc" },
  mu0_Hp_T: { symbol: "µ<sub>0</sub>H<sub>p</sub>", plain: "µ0Hp", unit: "T", text: "depinning field" },
};
const TARGETS = ["mu0_Hc_T", "phi_p"];  // order of the model's outputs

// prediction: of predictWithIntervals, or null where no structure is possible.
function showCards(data, prediction) {
  at("cards").innerHTML = Object.entries(QUANTITIES).map(([name, { symbol, unit, text }]) => {
    const one = prediction && prediction[name];
    const interval = one && one.low !== undefined ? `${fixed(one.low)} to ${fixed(one.high)}` : "–";
    return `<div class="card" id="card-${name}"><div>${symbol}</div>
      <div class="value">${one ? fixed(one.value) : "–"} <small>${unit}</small></div>
      <div class="interval">${interval}</div><div class="interval">${text}</div></div>`;
  }).join("");
}

function showVerdict(data, why, beyond) {
  const verdict = at("verdict"), words = Object.values(why);
  const names = Object.keys(beyond).map((key) => (data.inputs.find((input) => input.key === key) || { symbol: "Z phase" }).symbol);
  const intervals = data.half_widths ? `Below each value: its ${100 * data.confidence} % interval.` : "No intervals: this campaign scored no such model.";
  verdict.className = words.length ? "wrong" : names.length ? "outside" : "";
  verdict.textContent = words.length
    ? `No such structure: ${words.join(" ")}`
    : names.length ? `Extrapolated in ${names.join(", ")}: the intervals do not hold here.` : `Within the training range. ${intervals}`;
}

function spoken(prediction) {
  if (!prediction) return "No such structure.";
  return Object.entries(prediction).map(([name, { value }]) => `${QUANTITIES[name].plain} ${fixed(value)} ${QUANTITIES[name].unit}`).join(", ");
}

function showLegend(data, shares) {
  at("legend").innerHTML = data.phases.map(({ name, colour }, i) =>
    `<li><span class="swatch" style="background:${colour}"></span>${name} ${(100 * shares[i]).toFixed(1)} %</li>`).join("");
  const text = data.phases.map(({ name }, i) => `${name} ${(100 * shares[i]).toFixed(1)} percent`).join(", ");
  at("structure").setAttribute("aria-label", `Voxels of the nanostructure: ${text}`);
}

// µ0Hc and Φp from 0° to 90° with intervals; points between simulated angles are joined by the model.
function showAngleCharts(data, state) {
  const { training } = data.inputs[4], box = at("angle-charts").clientWidth, width = box < 808 ? box : (box - 8) / 2;
  const points = range(0, 90, 60).map((alpha) => {
    const one = predictWithIntervals(data.model, data.half_widths, state.values.with(4, alpha));
    return { alpha, one, trained: alpha >= training[0] && alpha <= training[1] };
  });
  at("angle-charts").innerHTML = TARGETS.map((name) => {
    const curve = points.map(({ alpha, one, trained }) => ({ x: alpha, y: one[name].value, ...one[name], trained }));
    const tops = curve.map(({ y, high, trained }) => (trained ? high : undefined) ?? y);
    const { plain, unit } = QUANTITIES[name];
    return lineChart({
      width, height: 190, colour: data.colours[name], points: curve,
      x: { range: [0, 90], ticks: [0, 15, 30, 45, 60, 75, 90].map((v) => ({ at: v, text: v })), label: "α (°)" },
      y: { range: [0, 1.05 * Math.max(0.1, ...tops)], label: unit ? `${plain} (${unit})` : plain },
      at: { x: state.values[4], y: predict(data.model, state.values)[TARGETS.indexOf(name)] },
      title: `${plain} against the angle between field and c-axis`,
    });
  }).join("");
}

// Each input over its training range, one small chart per input and target, all of a target on one scale.
function showProfiles(data, state) {
  const profiles = profilesOf(data, state), now = predict(data.model, state.values);
  TARGETS.forEach((name, o) => {
    const values = profiles.flatMap(({ points }) => points.flatMap(({ y }) => (y ? [y[o]] : []))).concat([now[o]]);
    const scale = spread(values), box = at(`profiles-${name}`);
    at(name === "phi_p" ? "phi-scale" : "Hc-scale").textContent = `each from ${fixed(scale[0])} to ${fixed(scale[1])}`;
    const columns = Math.min(profiles.length, Math.max(1, Math.floor((box.clientWidth + 8) / 138)));
    const width = Math.floor((box.clientWidth + 8) / columns) - 8;
    box.style.setProperty("--columns", columns);
    box.innerHTML = profiles.map(({ label, ticks, centred, domain, points, present }) => `<figure><figcaption>${label}</figcaption>${lineChart({
      width, height: 104, colour: data.colours[name], x: { range: domain, ticks, centred }, y: { range: scale },
      points: points.map(({ x, y, trained }) => ({ x, y: y && y[o], trained })),
      at: present === null ? null : { x: Math.min(Math.max(present, domain[0]), domain[1]), y: now[o] },
      title: `${QUANTITIES[name].plain} against ${label}`,
    })}</figure>`).join("");
  });
}

function profilesOf(data, state) {
  const free = state.set === "free", shown = data.inputs.map((input, i) => ({ ...input, i })).slice(0, free ? 8 : 5);
  const profiles = shown.map(({ i, symbol, unit, training: [low, high] }) => {
    const present = state.values[i], domain = [Math.min(low, present), Math.max(high, present)];
    const points = range(...domain, 40).map((x) => {
      const values = state.values.with(i, x), trained = x >= low && x <= high;
      return { x, y: Object.keys(impossible(values)).length ? undefined : predict(data.model, values), trained };
    });
    const ends = domain.map((v) => ({ at: v, text: short(v) }));
    return { label: `${symbol} (${unit})`, ticks: ends, domain, points, present };
  });
  if (!free) profiles.push(zProfile(data, state));
  return profiles;
}

function zProfile(data, state) {
  const names = Object.keys(data.z_sets);
  const points = names.map((name, x) => ({ x, y: predict(data.model, [...state.values.slice(0, 5), ...data.z_sets[name].values]), trained: true }));
  const ticks = names.map((name, x) => ({ at: x, text: name.slice(0, 3) }));
  return { label: "Z set", ticks, centred: true, domain: [-0.5, names.length - 0.5], points, present: names.indexOf(state.set) };
}

function showAbout(data) {
  const { scores, geometries, rows } = data, members = data.model.members.length;
  const kind = members > 1 ? `the mean of ${members} networks 8-64-64-2, fitted on all` : "one network 8-64-64-2 (forward.h5), fitted on two thirds of";
  const line = (name) => {
    const { R2, MAE, coverage } = scores[name], { symbol, unit } = QUANTITIES[name];
    return `<tr><th>${symbol}</th><td>${R2.toFixed(3)}</td><td>${MAE.toPrecision(2)} ${unit}</td><td>${(100 * coverage.overall).toFixed(1)} %</td></tr>`;
  };
  const table = scores ? `<p>Its errors on nanostructures left out of the training (five folds):</p>
    <table><thead><tr><th></th><th>R²</th><th>mean absolute error</th><th>within the ${100 * data.confidence} % interval</th></tr></thead>
    <tbody>${TARGETS.map(line).join("")}</tbody></table>
    <p>Half the width of an interval is that of the errors at the same angle on nanostructures left out (conformal prediction); between
    simulated angles it is interpolated. It holds for nanostructures like those of the campaign, on average over them.</p>` :
    "<p>The campaign scored neither this network nor an ensemble, so that no interval is known.</p>";
  const { size_nm, cell_nm } = data.box;
  at("about-text").innerHTML = `<p>The model is ${kind} ${rows} simulated samples of ${geometries} nanostructures.
    ${members > 1 ? "" : "<code>hardmag predict</code> asks the ensemble of designer.h5 instead, so its numbers differ a little."}</p>${table}
    <p>The picture shows the box of ${size_nm[0]} × ${size_nm[1]} nm in cells of ${cell_nm[0]} nm as it is simulated, with a 2:17 cell in its
    middle. Dashed lines, without a band, are extrapolated. hardmag ${data.version}.</p>`;
}

function range(low, high, n) {
  return Array.from({ length: n + 1 }, (_, k) => low + ((high - low) * k) / n);
}

function fixed(value) {
  return value.toFixed(value < 10 ? 2 : 1);
}
