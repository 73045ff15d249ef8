import { CodeXml, FileText, FlaskConical, ScanEye, Server, Telescope, type LucideIcon } from 'lucide-react';

export const TASK_TYPES = ['CODE_CHANGE', 'TEST', 'REVIEW', 'DOC', 'RESEARCH', 'INFRA'] as const;
export type TaskType = (typeof TASK_TYPES)[number];

const LOOKS: Record<TaskType, { Icon: LucideIcon; word: string }> = {
  CODE_CHANGE: { Icon: CodeXml, word: 'Code change' },
  TEST: { Icon: FlaskConical, word: 'Test' },
  REVIEW: { Icon: ScanEye, word: 'Review' },
  DOC: { Icon: FileText, word: 'Documentation' },
  RESEARCH: { Icon: Telescope, word: 'Research' },
  INFRA: { Icon: Server, word: 'Infrastructure' },
};

export function taskTypeWord(type: TaskType): string {
  return LOOKS[type].word;
}

export function TaskTypeIcon({ type, className = 'size-3.5' }: { type: TaskType; className?: string }) {
  const { Icon, word } = LOOKS[type];
  return (
    <span title={word} className="inline-flex">
      <Icon aria-hidden className={`shrink-0 text-faint ${className}`} />
      <span className="sr-only">{word}</span>
    </span>
  );
}
