/** One picture of the camera every few seconds, as a track: what a line too weak for video still carries. */

export const STILL_EVERY_MS = 3000;
const MOST_LINES = 360;

export class Stills {
  readonly track: MediaStreamTrack;
  private readonly video: HTMLVideoElement;
  private readonly canvas: HTMLCanvasElement;
  private readonly timer: ReturnType<typeof setInterval>;

  /** Of a live camera track, which stays its owner's. */
  constructor(camera: MediaStreamTrack) {
    this.video = document.createElement("video");
    this.video.muted = true;
    this.video.playsInline = true;
    this.video.srcObject = new MediaStream([camera]);
    this.canvas = document.createElement("canvas");
    const { width = 640, height = 360 } = camera.getSettings();
    const scale = Math.min(1, MOST_LINES / Math.min(width, height));
    this.canvas.width = Math.round(width * scale);
    this.canvas.height = Math.round(height * scale);
    this.canvas.getContext("2d"); // a canvas without a context gives no stream
    this.track = this.canvas.captureStream(0).getVideoTracks()[0] as MediaStreamTrack;
    this.timer = setInterval(() => this.take(), STILL_EVERY_MS);
    void this.video.play().then(
      () => this.take(),
      () => undefined,
    );
  }

  stop(): void {
    clearInterval(this.timer);
    this.track.stop();
    this.video.srcObject = null;
  }

  private take(): void {
    const { width, height } = this.canvas;
    this.canvas.getContext("2d")?.drawImage(this.video, 0, 0, width, height);
    (this.track as CanvasCaptureMediaStreamTrack).requestFrame?.();
  }
}
