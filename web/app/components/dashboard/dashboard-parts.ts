import { KanbanSquare, MessagesSquare, SquareTerminal, type LucideIcon } from 'lucide-react';

export type DashboardPart = 'board' | 'runs' | 'chat';

/** How much of a part is going on. */
export interface PartCount {
  count: number | null;
  /** What is counted, where there is room. */
  words: string | null;
}

export const PARTS: { id: DashboardPart; label: string; Icon: LucideIcon; minPx: number }[] = [
  { id: 'board', label: 'Board', Icon: KanbanSquare, minPx: 280 },
  { id: 'runs', label: 'Runs', Icon: SquareTerminal, minPx: 280 },
  { id: 'chat', label: 'Chat', Icon: MessagesSquare, minPx: 260 },
];
