import { PanelLeftClose } from 'lucide-react';
import { usePreferences } from '~/lib/use-preferences.tsx';
import { IconButton } from '../ui/button.tsx';
import { SplitPane } from '../ui/split-pane.tsx';
import { Tooltip } from '../ui/tooltip.tsx';
import { PARTS, type DashboardPart, type PartCount } from './dashboard-parts.ts';

interface DashboardColumnsProps {
  parts: Record<DashboardPart, JSX.Element>;
  counts: Record<DashboardPart, PartCount>;
  /** Stands beside the board's title. */
  summary: JSX.Element;
}

/** Three columns with borders to drag; each can be put away and comes back from the strip at the right. */
export function DashboardColumns({ parts, counts, summary }: DashboardColumnsProps) {
  const { preferences, setPreferences } = usePreferences();
  const { hiddenPanels, dashboard } = preferences;
  const shown = PARTS.filter((part) => !hiddenPanels.includes(part.id));
  const hidden = PARTS.filter((part) => hiddenPanels.includes(part.id));
  const hide = (id: DashboardPart): void => setPreferences({ hiddenPanels: [...hiddenPanels, id] });
  const show = (id: DashboardPart): void =>
    setPreferences({ hiddenPanels: hiddenPanels.filter((other) => other !== id) });
  const shareOf = (id: DashboardPart): number => dashboard[PARTS.findIndex((part) => part.id === id)] ?? 1;
  return (
    <main className="flex min-h-0 flex-1">
      <SplitPane
        direction="row"
        className="flex-1"
        shares={shown.map((part) => shareOf(part.id))}
        onSharesChange={(shares) => {
          // What the hidden columns had stays theirs: the shown ones divide their own part anew.
          const total = shown.reduce((sum, part) => sum + shareOf(part.id), 0);
          const next = PARTS.map((part) => {
            const at = shown.indexOf(part);
            return at === -1 ? shareOf(part.id) : Math.round(((shares[at] ?? 0) / 100) * total * 10) / 10;
          });
          setPreferences({ dashboard: next as [number, number, number] });
        }}
        panes={shown.map((part) => ({
          id: part.id,
          label: part.label,
          minPx: part.minPx,
          children: (
            <>
              <header className="group/panel flex h-10 shrink-0 items-center gap-2 pl-4 pr-2">
                <h2 className="text-dense font-semibold">{part.label}</h2>
                {part.id === 'board' ? (
                  summary
                ) : counts[part.id].words ? (
                  <span className="tabular truncate text-dense text-muted">{counts[part.id].words}</span>
                ) : null}
                {shown.length > 1 ? (
                  <Tooltip text={`Hide ${part.label.toLowerCase()}`}>
                    <IconButton
                      size="sm"
                      label={`Hide ${part.label}`}
                      className="ml-auto opacity-0 focus-visible:opacity-100 group-hover/panel:opacity-100"
                      onClick={() => hide(part.id)}
                    >
                      <PanelLeftClose aria-hidden className={part.id === 'board' ? 'size-4' : 'size-4 rotate-180'} />
                    </IconButton>
                  </Tooltip>
                ) : null}
              </header>
              {parts[part.id]}
            </>
          ),
        }))}
      />
      {hidden.length > 0 ? (
        <ul
          aria-label="Hidden panels"
          className="flex w-11 shrink-0 flex-col items-center gap-1 border-l border-line py-1.5"
        >
          {hidden.map((part) => (
            <li key={part.id}>
              <Tooltip text={`Show ${part.label.toLowerCase()}`} side="left">
                <IconButton label={`Show ${part.label}`} onClick={() => show(part.id)}>
                  <part.Icon aria-hidden className="size-4" />
                </IconButton>
              </Tooltip>
            </li>
          ))}
        </ul>
      ) : null}
    </main>
  );
}
