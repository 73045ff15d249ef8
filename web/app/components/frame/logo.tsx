/** The mark: one still point, and what moves around it. */
export function Logo({ className }: { className?: string }) {
  return (
    <svg viewBox="0 0 32 32" aria-hidden className={className}>
      <rect width="32" height="32" rx="8" fill="var(--color-accent)" />
      <circle cx="16" cy="16" r="3.2" fill="var(--color-on-accent)" />
      <path
        d="M16 6.5a9.5 9.5 0 0 1 9.5 9.5M16 25.5A9.5 9.5 0 0 1 6.5 16"
        fill="none"
        stroke="var(--color-on-accent)"
        strokeWidth="2.4"
        strokeLinecap="round"
      />
      <circle cx="25" cy="20.5" r="1.9" fill="var(--color-on-accent)" opacity="0.7" />
      <circle cx="7" cy="11.5" r="1.9" fill="var(--color-on-accent)" opacity="0.7" />
    </svg>
  );
}
