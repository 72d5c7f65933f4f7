/** Short soft notes made here, so a silent network cannot silence them. */

export type Tone = "test" | "turn" | "picture" | "back";

/** Frequencies in Hz, one after another; the test tone is long enough to notice on a phone. */
const NOTES: Readonly<Record<Tone, readonly number[]>> = {
  test: [523, 659, 784],
  turn: [659, 880],
  picture: [988],
  back: [523, 698],
};
const NOTE_S = 0.26;

/** Resolves when the tone has been played (or at once where sound is not allowed yet). */
export async function playTone(tone: Tone): Promise<void> {
  if (typeof AudioContext === "undefined") return;
  const context = new AudioContext();
  const notes = NOTES[tone];
  notes.forEach((frequency, n) => {
    note(context, frequency, context.currentTime + n * NOTE_S);
  });
  await new Promise((resolve) => setTimeout(resolve, (notes.length * NOTE_S + 0.3) * 1000));
  await context.close();
}

function note(context: AudioContext, frequency: number, at: number): void {
  const oscillator = context.createOscillator();
  const gain = context.createGain();
  oscillator.frequency.value = frequency;
  gain.gain.setValueAtTime(0, at);
  gain.gain.linearRampToValueAtTime(0.22, at + 0.03);
  gain.gain.exponentialRampToValueAtTime(0.001, at + NOTE_S + 0.2);
  oscillator.connect(gain).connect(context.destination);
  oscillator.start(at);
  oscillator.stop(at + NOTE_S + 0.25);
}
