// Files that are dropped or chosen: pixels of images, and which of them are segmented.

const PNG = [137, 80, 78, 71], PNG_DEPTH = 24;  // first bytes of a PNG file, and the byte of its bits per channel

// {name, nx, ny, rgba, bitmap} of a PNG or JPEG file, its bytes as they are stored: no profile of colours is applied.
async function readImage(file) {
  const head = new Uint8Array(await file.slice(0, PNG_DEPTH + 1).arrayBuffer());
  if (PNG.every((v, n) => head[n] === v) && head[PNG_DEPTH] > 8)
    throw new Refusal("an image of 16 bits; the page reads 8 bits, hardmag itself both.");
  let bitmap;
  try {
    bitmap = await createImageBitmap(file, { colorSpaceConversion: "none", premultiplyAlpha: "none" });
  } catch {
    throw new Refusal("not an image that a browser can read; PNG and JPEG are.");
  }
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height), context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(bitmap, 0, 0);
  const rgba = context.getImageData(0, 0, bitmap.width, bitmap.height).data;
  for (let k = 3; k < rgba.length; k += 4) if (rgba[k] !== 255) throw new Refusal("an image with transparent parts, whose grey is not known.");
  return { name: file.name, nx: bitmap.width, ny: bitmap.height, rgba, bitmap };
}

// {map, values, ny, nx} of a part of an image: the main phase's indicator where all pixels have a colour of the three phases, else
// the grey values from 0 to 1. crop: {top, bottom, left, right} in pixels.
function partOf({ rgba, nx }, { top, bottom, left, right }, { colours, main }) {
  const values = new Float64Array((bottom - top) * (right - left)), phases = colours.map(([r, g, b]) => (r << 16) | (g << 8) | b);
  let labels = true;
  const each = (what) => {
    for (let y = top, n = 0; y < bottom; y++)
      for (let x = left; x < right; x++, n++) {
        const k = 4 * (y * nx + x);
        values[n] = what(rgba[k], rgba[k + 1], rgba[k + 2]);
      }
  };
  each((r, g, b) => {
    const phase = phases.indexOf((r << 16) | (g << 8) | b);
    labels &&= phase >= 0;
    return phase === main ? 1 : 0;
  });
  // The weights of the luminance are those of ITU-R 601 in 16 bits, as of the library that reads the campaign's images.
  if (!labels) each((r, g, b) => Math.fround(((19595 * r + 38470 * g + 7471 * b + 32768) >> 16) / 255));
  return { map: labels ? "labels" : "grey", values, ny: bottom - top, nx: right - left };
}
