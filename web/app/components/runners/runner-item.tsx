import { Link } from '@remix-run/react';
import { clsx } from 'clsx';
import { ShieldOff } from 'lucide-react';
import type { ReactNode } from 'react';
import { useMutation } from 'urql';
import { graphql } from '~/graphql/gql/gql.ts';
import { readFragment, type FragmentType } from '~/graphql/gql/fragment-masking.ts';
import { mutationFailure } from '~/graphql/mutation-failure.ts';
import { runnerSandboxText } from '~/lib/sandbox-text.ts';
import { Badge } from '../ui/badge.tsx';
import { IconButton } from '../ui/button.tsx';
import { Menu, MenuItem } from '../ui/menu.tsx';
import { Ago } from '../ui/time.tsx';
import { showToast } from '../ui/toast-store.ts';

export const RunnerItem_RunnerFragment = graphql(`
  fragment RunnerItem_Runner on Runner {
    id
    revision
    name
    labels
    capacity
    version
    isEnabled
    isDraining
    connection
    lastSeenAt
    allProjects
    sandboxNote
  }
`);

const SetRunnerEnabled_Mutation = graphql(`
  mutation SetRunnerEnabled($input: SetRunnerEnabledInput!) {
    setRunnerEnabled(input: $input) {
      __typename
      ... on SetRunnerEnabledPayload {
        runner {
          id
          revision
          isEnabled
          connection
        }
      }
      ...MutationFailure_UserError
    }
  }
`);

const CONNECTIONS = {
  ONLINE: { word: 'Online', className: 'bg-done' },
  UNREACHABLE: { word: 'Unreachable', className: 'bg-blocked' },
  OFFLINE: { word: 'Offline', className: 'bg-canceled' },
} as const;

/** Whether it can be heard, and what it takes. */
export function RunnerConnection({ runner: masked }: { runner: FragmentType<typeof RunnerItem_RunnerFragment> }) {
  const runner = readFragment(RunnerItem_RunnerFragment, masked);
  return (
    <>
      {CONNECTIONS[runner.connection].word}
      {runner.connection !== 'ONLINE' && runner.lastSeenAt ? (
        <>
          , last heard <Ago value={runner.lastSeenAt} />
        </>
      ) : null}
      {`, ${runner.capacity} ${runner.capacity === 1 ? 'run' : 'runs'} at once`}
      {runner.version ? `, version ${runner.version}` : ''}
      {runner.allProjects ? ', every project' : ', chosen projects'}
    </>
  );
}

export function RunnerItem({
  runner: masked,
  isAdmin,
  moreIcon,
  onRotate,
}: {
  runner: FragmentType<typeof RunnerItem_RunnerFragment>;
  isAdmin: boolean;
  moreIcon: ReactNode;
  onRotate(runnerId: string): void;
}) {
  const runner = readFragment(RunnerItem_RunnerFragment, masked);
  const [, setEnabled] = useMutation(SetRunnerEnabled_Mutation);
  const toggle = async (): Promise<void> => {
    const failure = mutationFailure(await setEnabled({ input: { runnerId: runner.id, isEnabled: !runner.isEnabled } }));
    if (failure) showToast({ kind: 'error', text: failure });
  };
  const { className } = CONNECTIONS[runner.connection];
  return (
    <li className="flex items-center gap-3 px-4 py-3">
      <span
        aria-hidden
        className={clsx('size-2 shrink-0 rounded-full', runner.isEnabled ? className : 'bg-line-strong')}
      />
      <div className="min-w-0 flex-1">
        <p className="flex flex-wrap items-center gap-2 font-medium">
          {isAdmin ? (
            <Link to={`/runners/${runner.id}`} className="hover:underline">
              {runner.name}
            </Link>
          ) : (
            runner.name
          )}
          {runner.isEnabled ? null : <Badge>Disabled</Badge>}
          {runner.isDraining ? <Badge title="Finishes what it has and takes nothing new">Draining</Badge> : null}
          {runner.labels.map((label) => (
            <Badge key={label}>{label}</Badge>
          ))}
        </p>
        <p className="text-dense text-muted">
          <RunnerConnection runner={masked} />
        </p>
        {runner.sandboxNote ? (
          <p className="title-wrap flex items-start gap-1.5 text-dense text-muted">
            <ShieldOff aria-hidden className="mt-1 size-3 shrink-0 text-blocked" />
            {runnerSandboxText(runner.sandboxNote, runner.connection === 'ONLINE')}
          </p>
        ) : null}
      </div>
      {isAdmin ? (
        <Menu
          label={`Actions for ${runner.name}`}
          align="end"
          trigger={<IconButton label={`Actions for ${runner.name}`}>{moreIcon}</IconButton>}
        >
          <MenuItem onSelect={() => void toggle()}>{runner.isEnabled ? 'Disable' : 'Enable'}</MenuItem>
          <MenuItem onSelect={() => onRotate(runner.id)}>New token</MenuItem>
        </Menu>
      ) : null}
    </li>
  );
}
