import { useSearchParams } from '@remix-run/react';
import { Tabs } from '../ui/tabs.tsx';
import { PARTS, type DashboardPart, type PartCount } from './dashboard-parts.ts';

interface DashboardTabsProps {
  parts: Record<DashboardPart, JSX.Element>;
  counts: Record<DashboardPart, PartCount>;
  /** Stands above the board. */
  summary: JSX.Element;
}

/** The dashboard of a phone: one part at a time. */
export function DashboardTabs({ parts, counts, summary }: DashboardTabsProps) {
  const [params, setParams] = useSearchParams();
  const selected = PARTS.find((part) => part.id === params.get('tab'))?.id ?? 'board';
  const select = (id: DashboardPart): void =>
    setParams(
      (current) => {
        current.set('tab', id);
        return current;
      },
      { replace: true, preventScrollReset: true },
    );
  return (
    <main className="flex min-h-0 flex-1 flex-col">
      <Tabs
        label="Parts of the dashboard"
        panelId="dashboard-part"
        tabs={PARTS.map((part) => ({ id: part.id, label: part.label, count: counts[part.id].count }))}
        selected={selected}
        onSelect={select}
        isFull
        className="shrink-0 border-b border-line px-2"
      />
      <div
        id="dashboard-part"
        role="tabpanel"
        aria-label={PARTS.find((part) => part.id === selected)?.label}
        className="flex min-h-0 flex-1 flex-col pt-1"
      >
        {selected === 'board' ? <div className="shrink-0 px-3 pb-1">{summary}</div> : null}
        {counts[selected].words ? (
          <p className="tabular shrink-0 px-4 py-1 text-dense text-muted">{counts[selected].words}</p>
        ) : null}
        {parts[selected]}
      </div>
    </main>
  );
}
