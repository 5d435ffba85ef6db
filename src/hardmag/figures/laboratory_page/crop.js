// The part of an image that is kept: a rectangle drawn on it, or four numbers.

const SIDES = ["top", "bottom", "left", "right"];

// {top, bottom, left, right}: rows and columns of pixels, the last ones not included.
function setCrop(crop) {
  for (const side of SIDES) at(side).value = crop[side];
}

function wholeOf({ ny, nx }) {
  return { top: 0, bottom: ny, left: 0, right: nx };
}

// The crop as it is typed; refused where it is none of each of the images.
function readCrop(images, leastPixels) {
  const crop = Object.fromEntries(SIDES.map((side) => [side, /^\s*\d+\s*$/.test(at(side).value) ? Number(at(side).value) : NaN]));
  for (const { name, ny, nx } of images) {
    const inside = crop.top < crop.bottom && crop.bottom <= ny && crop.left < crop.right && crop.right <= nx;
    if (!inside) throw new Refusal(`${name}: the rectangle must have top < bottom of ${ny} rows and left < right of ${nx} columns.`);
  }
  const [rows, columns] = [crop.bottom - crop.top, crop.right - crop.left];
  if (Math.min(rows, columns) < leastPixels)
    throw new Refusal(`${images[0].name}: a field of ${columns} × ${rows} pixels; at least ${leastPixels} are needed along each side.`);
  return crop;
}

// The image with the frame of the crop, all else darker.
function drawPreview({ bitmap, nx, ny }) {
  const canvas = at("preview"), context = canvas.getContext("2d");
  [canvas.width, canvas.height] = [nx, ny];
  context.drawImage(bitmap, 0, 0);
  const [top, bottom, left, right] = SIDES.map((side) => Number(at(side).value));
  context.fillStyle = "rgba(0, 0, 0, 0.5)";
  context.beginPath();
  context.rect(0, 0, nx, ny);
  context.rect(left, top, right - left, bottom - top);
  context.fill("evenodd");
  context.lineWidth = Math.max(2, nx / 200);
  context.strokeStyle = "#E69F00";
  context.strokeRect(left, top, right - left, bottom - top);
}

// changed() is called with every change of the rectangle; imageOf() gives the image that is shown.
function makeCrop(imageOf, changed) {
  const canvas = at("preview");
  let from = null;
  const pixel = (event) => {
    const { nx, ny } = imageOf(), box = canvas.getBoundingClientRect(), within = (v, most) => Math.min(Math.max(Math.round(v), 0), most);
    return [within(((event.clientX - box.left) / box.width) * nx, nx), within(((event.clientY - box.top) / box.height) * ny, ny)];
  };
  canvas.addEventListener("pointerdown", (event) => {
    from = pixel(event);
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!from) return;
    const [[x0, y0], [x1, y1]] = [from, pixel(event)];
    if (x0 === x1 || y0 === y1) return;
    setCrop({ top: Math.min(y0, y1), bottom: Math.max(y0, y1), left: Math.min(x0, x1), right: Math.max(x0, x1) });
    changed();
  });
  for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => { from = null; });
  for (const side of SIDES) at(side).addEventListener("input", changed);
  at("whole").addEventListener("click", () => {
    setCrop(wholeOf(imageOf()));
    changed();
  });
}
