// Power spectra of images of any size, by the same formulas, binning and interpolation as images/spectra.py.

// What a person can mend, in one line.
class Refusal extends Error {}

// (re, im) → their discrete Fourier transform of length n, in place.
function makeTransform(n) {
  return n & (n - 1) ? chirpTransform(n) : powerOfTwoTransform(n);
}

function powerOfTwoTransform(n) {
  const cosines = Float64Array.from({ length: n / 2 }, (_, k) => Math.cos((2 * Math.PI * k) / n));
  const sines = Float64Array.from({ length: n / 2 }, (_, k) => Math.sin((2 * Math.PI * k) / n));
  const reversed = new Uint32Array(n);
  for (let k = 1; k < n; k++) reversed[k] = (reversed[k >> 1] >> 1) | (k & 1 ? n >> 1 : 0);
  return (re, im) => {
    for (let k = 0; k < n; k++) {
      const j = reversed[k];
      if (j > k) [re[k], re[j], im[k], im[j]] = [re[j], re[k], im[j], im[k]];
    }
    for (let half = 1, step = n / 2; half < n; half *= 2, step /= 2)
      for (let start = 0; start < n; start += 2 * half)
        for (let k = 0; k < half; k++) {
          const c = cosines[k * step], s = sines[k * step], a = start + k, b = a + half;
          const u = re[b] * c + im[b] * s, v = im[b] * c - re[b] * s;
          re[b] = re[a] - u;
          im[b] = im[a] - v;
          re[a] += u;
          im[a] += v;
        }
  };
}

// Of any length, as a convolution with a chirp (Bluestein 1970): exact, where padding with zeros would change the wavenumbers.
function chirpTransform(n) {
  const m = 2 ** Math.ceil(Math.log2(2 * n - 1)), transform = powerOfTwoTransform(m);
  const angle = (k) => (Math.PI * ((k * k) % (2 * n))) / n;
  const c = Float64Array.from({ length: n }, (_, k) => Math.cos(angle(k))), s = Float64Array.from({ length: n }, (_, k) => Math.sin(angle(k)));
  const chirpRe = new Float64Array(m), chirpIm = new Float64Array(m), a = new Float64Array(m), b = new Float64Array(m);
  for (let k = 0; k < n; k++) {
    chirpRe[k] = chirpRe[(m - k) % m] = c[k];
    chirpIm[k] = chirpIm[(m - k) % m] = s[k];
  }
  transform(chirpRe, chirpIm);
  return (re, im) => {
    a.fill(0);
    b.fill(0);
    for (let k = 0; k < n; k++) {
      a[k] = re[k] * c[k] + im[k] * s[k];
      b[k] = im[k] * c[k] - re[k] * s[k];
    }
    transform(a, b);
    for (let k = 0; k < m; k++)
      [a[k], b[k]] = [a[k] * chirpRe[k] - b[k] * chirpIm[k], a[k] * chirpIm[k] + b[k] * chirpRe[k]];
    transform(b, a);  // with its parts exchanged it is the inverse, but for 1/m
    for (let k = 0; k < n; k++) {
      re[k] = (a[k] * c[k] + b[k] * s[k]) / m;
      im[k] = (b[k] * c[k] - a[k] * s[k]) / m;
    }
  };
}

function hann(n) {
  return Float64Array.from({ length: n }, (_, k) => 0.5 - 0.5 * Math.cos((2 * Math.PI * k) / n));
}

// Density in µm² at the wavenumbers 0 … nx/2 of x and all of y, which for a real image are all. image: {values, ny, nx}.
function density({ values, ny, nx }, pixelUm) {
  const wy = hann(ny), wx = hann(nx), columns = Math.floor(nx / 2) + 1, sum = (w, of) => w.reduce((total, v) => total + of(v), 0);
  let mean = 0;
  for (let y = 0, k = 0; y < ny; y++) for (let x = 0; x < nx; x++, k++) mean += wy[y] * wx[x] * values[k];
  mean /= sum(wy, (v) => v) * sum(wx, (v) => v);
  const re = Array.from({ length: columns }, () => new Float64Array(ny)), im = re.map(() => new Float64Array(ny));
  const alongX = makeTransform(nx), alongY = makeTransform(ny), a = new Float64Array(nx), b = new Float64Array(nx);
  for (let y = 0; y < ny; y += 2) {  // two rows at once, as real and imaginary part
    for (let x = 0; x < nx; x++) {
      a[x] = wy[y] * wx[x] * (values[y * nx + x] - mean);
      b[x] = y + 1 < ny ? wy[y + 1] * wx[x] * (values[(y + 1) * nx + x] - mean) : 0;
    }
    alongX(a, b);
    for (let x = 0; x < columns; x++) {
      const other = (nx - x) % nx;
      re[x][y] = (a[x] + a[other]) / 2;
      im[x][y] = (b[x] - b[other]) / 2;
      if (y + 1 === ny) continue;
      re[x][y + 1] = (b[x] + b[other]) / 2;
      im[x][y + 1] = (a[other] - a[x]) / 2;
    }
  }
  const scale = pixelUm ** 2 / (sum(wy, (v) => v * v) * sum(wx, (v) => v * v));
  return re.map((column, x) => {
    alongY(column, im[x]);
    return column.map((v, y) => (v * v + im[x][y] * im[x][y]) * scale);
  });
}

// {k, S, pixelUm}: azimuthal mean of the density, k in 1/µm and S in µm², from one period over the shorter side to Nyquist.
function powerSpectrum(image, pixelUm) {
  const { ny, nx } = image, short = Math.min(ny, nx), step = 1 / (short * pixelUm), count = Math.floor(short / 2) + 1;
  const modes = new Float64Array(count), k = new Float64Array(count), S = new Float64Array(count);
  const unitX = 1 / (nx * pixelUm), unitY = 1 / (ny * pixelUm);
  density(image, pixelUm).forEach((column, x) => {
    const weight = x === 0 || 2 * x === nx ? 1 : 2;  // for the column of −x, which is the same
    column.forEach((value, y) => {
      const length = hypotenuse(x * unitX, Math.min(y, ny - y) * unitY), bin = roundHalfEven(length / step);
      if (bin >= count) return;
      modes[bin] += weight;
      k[bin] += weight * length;
      S[bin] += weight * value;
    });
  });
  const means = (sums) => [...sums.slice(1)].map((v, n) => v / modes[n + 1]);
  return { k: means(k), S: means(S), pixelUm };
}

// √(x² + y²) with the correction of Borges (2020), to the last digit as in the C library: in rectangular images modes lie on the
// edges of bins, and the last digit says in which.
function hypotenuse(u, v) {
  const x = Math.max(u, v), y = Math.min(u, v), h = Math.sqrt(x * x + y * y);
  if (!y) return x;
  if (h <= 2 * y) {
    const d = h - y;
    return h - (x * (2 * d - x) + (d - 2 * (x - y)) * d) / (2 * h);
  }
  const d = h - x;
  return h - (2 * d * (x - 2 * y) + ((4 * d - y) * y + d * d)) / (2 * h);
}

function roundHalfEven(v) {
  return v % 1 === 0.5 ? 2 * Math.round(v / 2) : Math.round(v);
}

// The spectrum of a segmented image less what its sampling folds back: S over 1 + q³ Σ c_m q^2m, q = k·pixelUm. rules: {folding}.
function unfolded({ k, S, pixelUm }, { folding }) {
  const share = (q) => q ** 3 * folding.reduceRight((above, c) => above * q * q + c, 0);
  return { k, S: S.map((v, n) => v / (1 + share(k[n] * pixelUm))), pixelUm };
}

// The spectrum less the noise of a grey image, up to where less than the noise would be left. rules: {dropped, floor_from}.
function aboveNoise({ k, S, pixelUm }, { dropped, floor_from }) {
  const floor = median(S.filter((_, n) => k[n] >= floor_from * k.at(-1)));
  const weak = S.findIndex((v, n) => n >= dropped && v < 2 * floor), end = weak < 0 ? S.length : weak;
  if (end <= dropped + 1) throw new Refusal("the power spectrum shows nothing but noise.");
  return { k: k.slice(0, end), S: S.slice(0, end).map((v) => v - floor), pixelUm };
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b), n = sorted.length;
  return (sorted[Math.floor((n - 1) / 2)] + sorted[Math.floor(n / 2)]) / 2;
}

// Mean density at the wavenumbers of a map: ln S is interpolated in ln k, without the first bins; a spectrum that is zero counts
// as zero.
function meanSpectrum(spectra, grid, { dropped }) {
  const total = new Array(grid.length).fill(0), short = (v) => Number(v.toPrecision(3));
  for (const spectrum of spectra) {
    const k = spectrum.k.slice(dropped), S = spectrum.S.slice(dropped), needed = [];
    if (grid[0] < k[0] * (1 - 1e-9)) needed.push("a larger field is needed");
    if (grid.at(-1) > k.at(-1) * (1 + 1e-9)) needed.push("smaller pixels or less noise are needed");
    const [own, wanted] = [k, grid].map((of) => `${short(of[0])} to ${short(of.at(-1))}`);
    if (needed.length) throw new Refusal(`its spectrum covers k = ${own} 1/µm, the map ${wanted}: ${needed.join(" and ")}.`);
    if (!spectrum.S.some((v) => v)) continue;
    const x = k.map(Math.log), y = S.map(Math.log);
    grid.forEach((v, n) => { total[n] += Math.exp(interpolated(Math.log(v), x, y)); });
  }
  return total.map((v) => v / spectra.length);
}

// Linear between points of rising x, constant beyond them.
function interpolated(at, x, y) {
  if (at <= x[0]) return y[0];
  if (at >= x.at(-1)) return y.at(-1);
  let low = 0, high = x.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (x[middle] <= at) low = middle;
    else high = middle;
  }
  return y[low] + ((y[high] - y[low]) / (x[high] - x[low])) * (at - x[low]);
}
