import { clsx } from 'clsx';
import { graphql } from '~/graphql/gql/gql.ts';
import { readFragment, type FragmentType } from '~/graphql/gql/fragment-masking.ts';
import { Select } from '../ui/field.tsx';
import { RelativeTime } from '../ui/time.tsx';

export const StateVersionList_StateVersionFragment = graphql(`
  fragment StateVersionList_StateVersion on StateVersion {
    id
    version
    cause
    createdAt
    createdBy {
      id
      email
    }
  }
`);

interface StateVersionListProps {
  versions: readonly FragmentType<typeof StateVersionList_StateVersionFragment>[];
  latest: number;
  selected: number;
  onSelect(version: number): void;
}

/** All versions, the newest first: a column, or a list to open on a phone. */
export function StateVersionList({ versions: masked, latest, selected, onSelect }: StateVersionListProps) {
  const versions = readFragment(StateVersionList_StateVersionFragment, masked);
  return (
    <>
      <div className="shrink-0 border-b border-line p-3 md:hidden">
        <Select aria-label="Version" value={selected} onChange={(event) => onSelect(Number(event.target.value))}>
          {versions.map((state) => (
            <option key={state.id} value={state.version}>
              Version {state.version}
              {state.version === latest ? ' (current)' : ''}: {causeText(state.cause)}
            </option>
          ))}
        </Select>
      </div>
      <nav
        aria-label="Versions"
        className="hidden w-64 shrink-0 overflow-y-auto overscroll-contain border-r border-line p-2 md:block"
      >
        <ul className="flex flex-col gap-px">
          {versions.map((state) => (
            <li key={state.id}>
              <button
                type="button"
                aria-current={state.version === selected}
                onClick={() => onSelect(state.version)}
                className={clsx(
                  'flex w-full items-baseline gap-2 rounded-control px-2.5 py-1.5 text-left text-dense',
                  state.version === selected ? 'bg-active' : 'hover:bg-hover',
                )}
              >
                <span className="tabular w-8 shrink-0 font-medium">v{state.version}</span>
                <span
                  className="min-w-0 flex-1 truncate text-muted"
                  title={
                    state.createdBy ? `${causeText(state.cause)} by ${state.createdBy.email}` : causeText(state.cause)
                  }
                >
                  {causeText(state.cause)}
                </span>
                <RelativeTime isShort value={state.createdAt} className="shrink-0 text-xs text-faint" />
              </button>
            </li>
          ))}
        </ul>
      </nav>
    </>
  );
}

/** "run_finished" → "Run finished" */
export function causeText(cause: string): string {
  const words = cause.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}
