import { Shield, ShieldCheck, ShieldOff } from 'lucide-react';
import { runnerSandboxText } from '~/lib/sandbox-text.ts';

/** Whether a runner's runs are sandboxed; of one that is not online, what it said last. */
export function SandboxLine({ note, isOnline }: { note: string | null; isOnline: boolean }) {
  const { Icon, tone } =
    note !== null
      ? { Icon: ShieldOff, tone: 'text-blocked' }
      : isOnline
        ? { Icon: ShieldCheck, tone: 'text-done' }
        : { Icon: Shield, tone: 'text-faint' };
  return (
    <p
      className={`title-wrap mb-6 flex items-start gap-2 text-dense ${note === null || !isOnline ? 'text-muted' : ''}`}
    >
      <Icon aria-hidden className={`mt-0.5 size-4 shrink-0 ${tone}`} />
      {runnerSandboxText(note, isOnline)}
    </p>
  );
}
