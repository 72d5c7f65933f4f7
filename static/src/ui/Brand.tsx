/** The mark: two streams passing each other. */

export function Brand({ size = 26 }: { readonly size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 26 26" aria-hidden>
      <rect width="26" height="26" rx="7" fill="var(--accent)" />
      <g fill="none" stroke="var(--on-accent)" strokeWidth="2.2" strokeLinecap="round">
        <path d="M6 11.75h9.5a3.25 3.25 0 0 0 0-6.5" />
        <path d="M20 14.25h-9.5a3.25 3.25 0 0 0 0 6.5" />
      </g>
    </svg>
  );
}
