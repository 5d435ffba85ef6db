// What the model says of the present structure: numbers with intervals, charts, the text about the model.

// The targets, and what follows from them; each {name, symbol (HTML), plain, unit, text}.
function quantitiesOf(data) {
  return [...data.targets, ...data.derived];
}

// prediction: of predictWithIntervals, or null where no structure is possible.
function showCards(data, prediction) {
  const quantities = quantitiesOf(data);
  at("cards").style.setProperty("--cards", quantities.length > 3 ? 2 : quantities.length);
  at("cards").innerHTML = quantities.map(({ name, symbol, plain, unit, text, words }) => {
    const one = prediction && prediction[name];
    const interval = one && one.low !== undefined ? `${fixed(one.low)} to ${fixed(one.high)}` : "–";
    return `<div class="card" id="card-${name}"><div>${symbol}</div>
      <div class="value">${one ? fixed(one.value) : "–"} <small>${unit}</small></div>
      <div class="interval">${interval}</div><div class="interval">${escaped(words && words !== plain ? words : text)}</div></div>`;
  }).join("");
}

function showVerdict(data, why, beyond) {
  const verdict = at("verdict"), words = Object.values(why);
  const names = Object.keys(beyond).map((name) => data.inputs.find((input) => input.name === name)?.plain ?? data.level.words);
  const intervals = data.half_widths ? `Below each value: its ${100 * data.confidence} % interval.` : "No intervals: this campaign scored no such model.";
  verdict.className = words.length ? "wrong" : names.length ? "outside" : "";
  verdict.textContent = words.length
    ? `No such structure: ${words.join(" ")}`
    : names.length ? `Extrapolated in ${names.join(", ")}: the intervals do not hold here.` : `Within the training range. ${intervals}`;
}

function spoken(data, prediction) {
  if (!prediction) return "No such structure.";
  return quantitiesOf(data).map(({ name, plain, unit }) => `${plain} ${withUnit(fixed(prediction[name].value), unit)}`).join(", ");
}

function showLegend(data, shares) {
  at("legend").innerHTML = data.phases.filter(({ name }) => name in shares).map(({ name, colour }) =>
    `<li><span class="swatch" style="background:${colour}"></span>${escaped(name)} ${(100 * shares[name]).toFixed(1)} %</li>`).join("");
}

// Each target over the angle, with intervals; points between simulated angles are joined by the model.
function showAngleCharts(data, state) {
  const { training, limits, plain, name: angle } = data.inputs.find(({ name }) => name === data.angle), box = at("angle-charts").clientWidth;
  const width = box < 808 ? box : (box - 8) / 2, now = predict(data, state);
  const points = range(...limits, 60).map((x) => {
    const design = changed(state, angle, x), possible = !Object.keys(impossible(data, design)).length;
    return { x, one: possible ? predictWithIntervals(data, design) : null, trained: x >= training[0] && x <= training[1] };
  });
  at("angle-charts").innerHTML = data.targets.map(({ name, plain: target, unit, colour }, i) => {
    const curve = points.map(({ x, one, trained }) => (one ? { x, y: one[name].value, ...one[name], trained } : { x }));
    const tops = curve.map(({ y, high, trained }) => (trained ? high : undefined) ?? y ?? 0);
    return lineChart({
      width, height: 190, colour, points: curve,
      x: { range: limits, ticks: range15(limits).map((v) => ({ at: v, text: v })), label: `${plain} (°)` },
      y: { range: [0, 1.05 * Math.max(0.1, ...tops)], label: unit ? `${target} (${unit})` : target },
      at: { x: state.values[angle], y: now[i] },
      title: `${target} against ${plain}`,
    });
  }).join("");
}

// Each input over its training range, one small chart per input and target, all of a target on one scale.
function showProfiles(data, state) {
  const profiles = profilesOf(data, state), now = predict(data, state);
  data.targets.forEach(({ name, plain, colour }, o) => {
    const values = profiles.flatMap(({ points }) => points.flatMap(({ y }) => (y ? [y[o]] : []))).concat([now[o]]);
    const scale = spread(values), box = at(`profiles-${name}`);
    at(`scale-${name}`).textContent = `each from ${fixed(scale[0])} to ${fixed(scale[1])}`;
    const columns = Math.min(profiles.length, Math.max(1, Math.floor((box.clientWidth + 8) / 138)));
    const width = Math.floor((box.clientWidth + 8) / columns) - 8;
    box.style.setProperty("--columns", columns);
    box.innerHTML = profiles.map(({ label, ticks, centred, domain, points, present }) => `<figure><figcaption>${label}</figcaption>${lineChart({
      width, height: 104, colour, x: { range: domain, ticks, centred }, y: { range: scale },
      points: points.map(({ x, y, trained }) => ({ x, y: y && y[o], trained })),
      at: present === null ? null : { x: Math.min(Math.max(present, domain[0]), domain[1]), y: now[o] },
      title: `${plain} against ${label.replace(/<.*?>/g, "")}`,
    })}</figure>`).join("");
  });
}

function makeProfiles(data) {
  at("profiles").innerHTML = data.targets.map(({ name, symbol, unit }) =>
    `<h3>${symbol}${unit ? ` (${unit})` : ""}, <span id="scale-${name}"></span></h3><div class="profiles" id="profiles-${name}"></div>`).join("");
}

function profilesOf(data, state) {
  const profiles = inputsOf(data, state.level).map(({ name, symbol, unit, training: [low, high] }) => {
    const present = state.values[name], domain = [Math.min(low, present), Math.max(high, present)];
    const points = range(...domain, 40).map((x) => {
      const design = changed(state, name, x), trained = x >= low && x <= high;
      return { x, y: Object.keys(impossible(data, design)).length ? undefined : predict(data, design), trained };
    });
    const ends = domain.map((v) => ({ at: v, text: short(v) }));
    return { label: unit ? `${symbol} (${unit})` : symbol, ticks: ends, domain, points, present };
  });
  if (data.level && state.level !== "free") profiles.push(levelProfile(data, state));
  return profiles;
}

function levelProfile(data, state) {
  const names = Object.keys(data.level.choices);
  const points = names.map((level, x) => {
    const design = { values: { ...state.values, ...data.level.choices[level].values }, level };
    return { x, y: Object.keys(impossible(data, design)).length ? undefined : predict(data, design), trained: true };
  });
  const ticks = names.map((name, x) => ({ at: x, text: name.slice(0, 3) }));
  return { label: data.level.words, ticks, centred: true, domain: [-0.5, names.length - 0.5], points, present: names.indexOf(state.level) };
}

function showAbout(data) {
  const { scores, geometries, rows } = data, { members } = data.model;
  const sizes = [data.features.length, ...members[0].map(({ bias }) => bias.length)].join("-");
  const kind = members.length > 1 ? `the mean of ${members.length} networks ${sizes}, fitted on all` : `one network ${sizes} (forward.h5), fitted on two thirds of`;
  const line = ({ name, symbol, unit }) => {
    const { R2, MAE, coverage } = scores[name];
    return `<tr><th>${symbol}</th><td>${R2 === null ? "–" : R2.toFixed(3)}</td><td>${withUnit(MAE.toPrecision(2), unit)}</td><td>${(100 * coverage.overall).toFixed(1)} %</td></tr>`;
  };
  const table = scores ? `<p>Its errors on nanostructures left out of the training (five folds):</p>
    <table><thead><tr><th></th><th>R²</th><th>mean absolute error</th><th>within the ${100 * data.confidence} % interval</th></tr></thead>
    <tbody>${data.targets.map(line).join("")}</tbody></table>
    <p>Half the width of an interval is that of the errors at the same angle on nanostructures left out (conformal prediction); between
    simulated angles it is interpolated. It holds for nanostructures like those of the campaign, on average over them.</p>` :
    "<p>The campaign scored neither this network nor an ensemble, so that no interval is known.</p>";
  at("about-text").innerHTML = `<p>The model is ${kind} ${rows} simulated samples of ${geometries} nanostructures.
    ${members.length > 1 ? "" : "<code>hardmag predict</code> asks the ensemble of designer.h5 instead, so its numbers differ a little."}</p>${table}
    <p><span id="about-picture"></span> Dashed lines, without a band, are extrapolated. hardmag ${data.version}.</p>`;
}

// Multiples of 15° in a range.
function range15([low, high]) {
  return range(0, 24, 24).map((k) => 15 * k).filter((v) => v >= low && v <= high);
}

function range(low, high, n) {
  return Array.from({ length: n + 1 }, (_, k) => low + ((high - low) * k) / n);
}

function fixed(value) {
  return value.toFixed(value < 10 ? 2 : 1);
}
