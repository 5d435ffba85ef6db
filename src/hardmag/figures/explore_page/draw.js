// The picture: voxels by phase, below them a scale bar and the directions of c-axis and field.

const STRIP = 76, ARROW = 50;  // px

function drawStructure(canvas, { box, phases }, voxels, alpha) {
  const width = canvas.parentElement.clientWidth, height = Math.round((width * box.size_nm[1]) / box.size_nm[0]);
  const pen = sharpPen(canvas, width, height + STRIP);
  pen.imageSmoothingEnabled = false;
  pen.drawImage(voxelImage(voxels, phases), 0, 0, width, height);
  drawScaleBar(pen, 4, height + 30, width / box.size_nm[0]);
  drawDirections(pen, width - 128, height + STRIP - 12, alpha);
}

// Context of a canvas of this size in CSS pixels, as fine as the screen.
function sharpPen(canvas, width, height) {
  const ratio = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  canvas.style.height = `${height}px`;
  const pen = canvas.getContext("2d");
  pen.scale(ratio, ratio);
  pen.font = "13px system-ui, sans-serif";
  return pen;
}

function voxelImage({ nx, ny, index }, phases) {
  const image = document.createElement("canvas");
  image.width = nx;
  image.height = ny;
  const pen = image.getContext("2d"), pixels = pen.createImageData(nx, ny);
  const rgb = phases.map(({ colour }) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16)));
  for (let i = 0; i < nx; i++)
    for (let j = 0; j < ny; j++) pixels.data.set([...rgb[index[i * ny + j]], 255], 4 * ((ny - 1 - j) * nx + i));  // y upwards
  pen.putImageData(pixels, 0, 0);
  return image;
}

function drawScaleBar(pen, x, y, pxPerNm) {
  const nm = [5, 10, 20, 50, 100].filter((length) => length * pxPerNm < 130).pop() || 2;
  pen.fillStyle = "#222222";
  pen.fillRect(x, y, nm * pxPerNm, 4);
  pen.fillText(`${nm} nm`, x, y + 22);
}

// α is counted from c (up) towards x (right).
function drawDirections(pen, x, y, alpha) {
  drawArrow(pen, x, y, 0, "#555555", "c");
  drawArrow(pen, x, y, alpha, "#D55E00", `H, α = ${alpha}°`);
}

function drawArrow(pen, x, y, degrees, colour, label) {
  const angle = (degrees * Math.PI) / 180, tip = [x + ARROW * Math.sin(angle), y - ARROW * Math.cos(angle)];
  pen.strokeStyle = pen.fillStyle = colour;
  pen.lineWidth = 2;
  pen.beginPath();
  pen.moveTo(x, y);
  pen.lineTo(...tip);
  for (const side of [-0.4, 0.4]) {
    pen.moveTo(...tip);
    pen.lineTo(tip[0] - 9 * Math.sin(angle + side), tip[1] + 9 * Math.cos(angle + side));
  }
  pen.stroke();
  if (label === "c") pen.fillText(label, x - 18, y - ARROW + 10);
  else pen.fillText(label, Math.max(tip[0], x + 8) + 6, Math.min(tip[1] + 4, y - 8));
}
