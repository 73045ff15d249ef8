import { clsx } from 'clsx';

const WORDS = ['', 'Urgent', 'High', 'Normal', 'Low', 'Lowest'] as const;
const BARS = 4;

/** Priority 1 is first: four bars, and in a colour of its own; 5 is none. */
export function Priority({ value, hasWord = false }: { value: number; hasWord?: boolean }) {
  const word = WORDS[value] ?? '';
  return (
    <span className="inline-flex items-center gap-1.5" title={`Priority ${value}: ${word.toLowerCase()}`}>
      <svg
        aria-hidden
        viewBox="0 0 14 12"
        className={clsx('h-3 w-3.5 shrink-0', value === 1 ? 'text-fg' : 'text-muted')}
      >
        {Array.from({ length: BARS }, (_, i) => (
          <rect
            key={i}
            x={i * 3.6}
            y={9 - i * 2.6}
            width="2.4"
            height={3 + i * 2.6}
            rx="0.7"
            fill="currentColor"
            opacity={i < BARS + 1 - value ? 1 : 0.28}
          />
        ))}
      </svg>
      {hasWord ? <span>{word}</span> : <span className="sr-only">{`Priority ${value}, ${word.toLowerCase()}`}</span>}
    </span>
  );
}

export function priorityWord(value: number): string {
  return WORDS[value] ?? String(value);
}
