/** A picture (and sound) of a stream; the one place where a stream meets an element. */

import { useEffect, useRef } from "react";

export interface VideoProps {
  readonly stream: MediaStream | null;
  /** Own picture is shown as in a mirror and never heard. */
  readonly isOwn?: boolean;
  readonly isMirrored?: boolean;
  readonly label: string;
  readonly className?: string;
}

export function Video({ stream, isOwn = false, isMirrored = isOwn, label, className }: VideoProps) {
  const element = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    const video = element.current;
    if (video === null || video.srcObject === stream) return;
    video.srcObject = stream;
    // Where sound needs a touch first the browser refuses; the next touch of the page plays it.
    if (stream) video.play().catch(() => playOnTouch(video));
  }, [stream]);
  useEffect(() => letGo(element.current), []);
  return (
    <video
      ref={element}
      className={className}
      aria-label={label}
      autoPlay
      playsInline
      muted={isOwn}
      data-mirrored={isMirrored || undefined}
    />
  );
}

/** An element that is gone holds pictures until it is swept away, and a camera that has no others to give stands still. */
function letGo(video: HTMLVideoElement | null): () => void {
  return () => {
    if (video !== null) video.srcObject = null;
  };
}

function playOnTouch(video: HTMLVideoElement): void {
  const play = () => void video.play().catch(() => undefined);
  document.addEventListener("pointerdown", play, { once: true });
}
