/** Whether a face can be seen: brightness of a small copy of the own picture. Nothing of it leaves the page. */

export type Light = "good" | "dark" | "dark_side";

const DARK = 52;
const SIDE_GAP = 70;
const WIDTH = 32;
const HEIGHT = 24;

/** `pixels` is RGBA, row by row; luma by ITU-R BT.601 weights. */
export function lightOf(pixels: ArrayLike<number>, width: number): Light {
  const count = Math.floor(pixels.length / 4);
  if (count === 0) return "good";
  let left = 0;
  let right = 0;
  for (let n = 0; n < count; n += 1) {
    const at = n * 4;
    const [red, green, blue] = [pixels[at] ?? 0, pixels[at + 1] ?? 0, pixels[at + 2] ?? 0];
    const luma = 0.299 * red + 0.587 * green + 0.114 * blue;
    if (n % width < width / 2) left += luma;
    else right += luma;
  }
  const mean = (left + right) / count;
  if (mean < DARK) return "dark";
  return Math.abs(left - right) / (count / 2) > SIDE_GAP ? "dark_side" : "good";
}

/** Looks at the stream about once a second until the returned stop. */
export function watchLight(stream: MediaStream, onLight: (light: Light) => void): () => void {
  const video = document.createElement("video");
  const canvas = document.createElement("canvas");
  canvas.width = WIDTH;
  canvas.height = HEIGHT;
  video.muted = true;
  video.playsInline = true;
  video.srcObject = stream;
  void video.play().catch(() => undefined);
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  const timer = setInterval(() => {
    if (pen === null || video.videoWidth === 0) return;
    pen.drawImage(video, 0, 0, WIDTH, HEIGHT);
    onLight(lightOf(pen.getImageData(0, 0, WIDTH, HEIGHT).data, WIDTH));
  }, 1200);
  return () => {
    clearInterval(timer);
    video.srcObject = null;
  };
}
