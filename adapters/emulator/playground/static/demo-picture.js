// A picture of a jammed printer, drawn here so that the page needs no file of anybody's.

const WIDTH = 480;
const HEIGHT = 360;

export async function demoPicture() {
  const canvas = document.createElement("canvas");
  canvas.width = WIDTH;
  canvas.height = HEIGHT;
  draw(canvas.getContext("2d"));
  const blob = await new Promise((done) => canvas.toBlob(done, "image/png"));
  return new File([blob], "打印机.png", { type: "image/png" });
}

function draw(pen) {
  box(pen, "#dfe6ee", 0, 0, WIDTH, HEIGHT, 0);
  box(pen, "#c3ced9", 0, 282, WIDTH, 78, 0);
  box(pen, "#ffffff", 168, 44, 144, 92, 4);
  box(pen, "#4a5360", 92, 118, 296, 150, 16);
  box(pen, "#2f3640", 122, 196, 236, 20, 8);
  crumpled(pen);
  box(pen, "#20262e", 300, 136, 66, 34, 5);
  pen.fillStyle = "#ff6b4a";
  pen.font = "bold 20px sans-serif";
  pen.fillText("E03", 314, 160);
  box(pen, "#ff6b4a", 118, 146, 14, 14, 7);
}

function crumpled(pen) {
  pen.fillStyle = "#fdfdf8";
  pen.strokeStyle = "#c9cbb9";
  pen.lineWidth = 2;
  pen.beginPath();
  pen.moveTo(160, 206);
  for (const [x, y] of [
    [178, 226],
    [170, 248],
    [206, 240],
    [228, 258],
    [256, 236],
    [290, 252],
    [284, 224],
    [318, 206],
  ])
    pen.lineTo(x, y);
  pen.closePath();
  pen.fill();
  pen.stroke();
}

function box(pen, colour, x, y, width, height, radius) {
  pen.fillStyle = colour;
  pen.beginPath();
  pen.roundRect(x, y, width, height, radius);
  pen.fill();
}
