import { useIsApple } from '~/lib/platform.ts';

/** A key or a chord as people see it on their keyboard: "mod+k" is ⌘K on a Mac and Ctrl K elsewhere. */
export function Kbd({ keys }: { keys: string }) {
  const isApple = useIsApple();
  const text = keys
    .split(/[+ ]/)
    .map((key) =>
      key === 'mod' ? (isApple ? '⌘' : 'Ctrl') : key === 'enter' ? '↵' : key === 'esc' ? 'Esc' : key.toUpperCase(),
    )
    .join(isApple ? '' : ' ');
  return <kbd className="rounded-sm border border-line px-1 font-sans text-2xs font-medium text-muted">{text}</kbd>;
}
