/** The desk's ring: two soft notes, repeated, made here so that no file has to load before a call is heard. */

const NOTES_HZ = [587.33, 783.99] as const; // D5, G5
const NOTE_S = 0.42;
const PAUSE_MS = 2600;
const LOUDNESS = 0.11;

export interface Tone {
  /** Plays the two notes once. Resolves false when the browser does not let the page sound yet. */
  play(): Promise<boolean>;
  /** Repeats until the returned function is called. */
  ring(): () => void;
}

export function createTone(): Tone {
  let context: AudioContext | null = null;

  async function play(): Promise<boolean> {
    context ??= new AudioContext();
    await Promise.race([context.resume(), later(200)]);
    if (context.state !== "running") return false;
    for (const [index, hertz] of NOTES_HZ.entries()) sound(context, hertz, index * NOTE_S * 0.55);
    return true;
  }

  function ring(): () => void {
    void play();
    const timer = window.setInterval(() => void play(), PAUSE_MS);
    return () => window.clearInterval(timer);
  }

  return { play, ring };
}

/** One note with a soft start and a long fall, so it is heard without startling. */
function sound(context: AudioContext, hertz: number, delay_s: number): void {
  const starts = context.currentTime + delay_s;
  const oscillator = context.createOscillator();
  const gain = context.createGain();
  oscillator.type = "sine";
  oscillator.frequency.value = hertz;
  gain.gain.setValueAtTime(0.0001, starts);
  gain.gain.exponentialRampToValueAtTime(LOUDNESS, starts + 0.04);
  gain.gain.exponentialRampToValueAtTime(0.0001, starts + NOTE_S * 1.6);
  oscillator.connect(gain).connect(context.destination);
  oscillator.start(starts);
  oscillator.stop(starts + NOTE_S * 1.7);
}

function later(ms: number): Promise<void> {
  return new Promise((resolve) => window.setTimeout(resolve, ms));
}
