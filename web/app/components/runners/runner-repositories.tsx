import { Plus, RefreshCw } from 'lucide-react';
import { useState } from 'react';
import { useMutation } from 'urql';
import { graphql } from '~/graphql/gql/gql.ts';
import { readFragment, type FragmentType } from '~/graphql/gql/fragment-masking.ts';
import { mutationFailure } from '~/graphql/mutation-failure.ts';
import { SettingsList, SettingsSection } from '../settings/settings-section.tsx';
import { Button } from '../ui/button.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { Input } from '../ui/field.tsx';
import { RelativeTime } from '../ui/time.tsx';
import { showToast } from '../ui/toast-store.ts';
import { GrantDialog } from './grant-dialog.tsx';
import { RunnerRepositoryItem } from './runner-repository-item.tsx';
import { AddPathDialog } from './add-path-dialog.tsx';

export const RunnerRepositories_Fragment = graphql(`
  fragment RunnerRepositories_RunnerPage on RunnerPage {
    id
    repositoriesSeenAt
    repositories {
      path
      isGone
      grants {
        projectId
        projectName
        grantedBy
        createdAt
      }
      facts {
        branch
        remoteUrl
        lastCommitAt
        lastCommitSubject
        isBare
        worktreeOf
      }
    }
  }
`);

const LookForRepositories_Mutation = graphql(`
  mutation LookForRepositories($input: LookForRepositoriesInput!) {
    lookForRepositories(input: $input) {
      __typename
      ...MutationFailure_UserError
    }
  }
`);

const RevokeRepository_Mutation = graphql(`
  mutation RevokeRepository($input: RevokeRepositoryInput!) {
    revokeRepository(input: $input) {
      __typename
      ...MutationFailure_UserError
    }
  }
`);

/** Beyond these one looks for a name, or asks for all; what is granted comes first. */
const SHOWN_FIRST = 8;

interface RunnerRepositoriesProps {
  page: FragmentType<typeof RunnerRepositories_Fragment>;
  /** Why it can be asked for nothing now; null: it can. */
  whyAway: string | null;
  onChange(): void;
}

/** The repositories of a runner, and which projects may use them. */
export function RunnerRepositories({ page: masked, whyAway, onChange }: RunnerRepositoriesProps) {
  const page = readFragment(RunnerRepositories_Fragment, masked);
  const [{ fetching: isLooking }, look] = useMutation(LookForRepositories_Mutation);
  const [, revoke] = useMutation(RevokeRepository_Mutation);
  const [granting, setGranting] = useState<string | null>(null);
  const [isTyping, setTyping] = useState(false);
  const [text, setText] = useState('');
  const whyNoLook = whyAway === null ? undefined : `${whyAway}, so it can not look at its disk.`;
  const [isAll, setAll] = useState(false);
  const matching = page.repositories.filter(({ path }) => path.toLowerCase().includes(text.trim().toLowerCase()));
  const ordered = [
    ...matching.filter(({ grants }) => grants.length > 0),
    ...matching.filter(({ grants }) => grants.length === 0),
  ];
  const shown = isAll || text !== '' ? ordered : ordered.slice(0, SHOWN_FIRST);
  const report = (failure: string | null): void => {
    if (failure) showToast({ kind: 'error', text: failure });
    else onChange();
  };
  return (
    <SettingsSection
      title="Repositories"
      text="What it has found under its policy’s roots. A project’s agents work only in repositories that are granted to it."
      actions={
        <div className="flex items-center gap-2">
          <Button disabled={whyAway !== null} title={whyNoLook} onClick={() => setTyping(true)}>
            <Plus aria-hidden className="size-4" />
            Path
          </Button>
          <Button
            isBusy={isLooking}
            disabled={whyAway !== null}
            title={whyNoLook}
            onClick={() =>
              void look({ input: { runnerId: page.id } }).then((result) => report(mutationFailure(result)))
            }
          >
            {isLooking ? null : <RefreshCw aria-hidden className="size-4" />}
            Look again
          </Button>
        </div>
      }
    >
      {whyNoLook ? <p className="mb-3 text-xs text-muted">{whyNoLook}</p> : null}
      {page.repositories.length > SHOWN_FIRST ? (
        <Input
          type="search"
          aria-label="Search repositories"
          placeholder="Search"
          value={text}
          className="mb-3 h-8!"
          onChange={(event) => setText(event.target.value)}
        />
      ) : null}
      {shown.length > 0 ? (
        <SettingsList label="Repositories">
          {shown.map((repository) => (
            <RunnerRepositoryItem
              key={repository.path}
              repository={repository}
              onGrant={() => setGranting(repository.path)}
              onRevoke={(projectId) =>
                void revoke({ input: { runnerId: page.id, path: repository.path, projectId } }).then((result) =>
                  report(mutationFailure(result)),
                )
              }
            />
          ))}
        </SettingsList>
      ) : (
        <EmptyState
          title={text ? 'None has this in its path' : 'No repositories'}
          text={
            text
              ? undefined
              : page.repositoriesSeenAt
                ? 'Its policy.json names the folders that it looks in ("roots").'
                : 'It tells of them when it connects.'
          }
          className="rounded-box border border-line"
        />
      )}
      {shown.length < ordered.length ? (
        <Button size="sm" variant="ghost" className="mt-2" onClick={() => setAll(true)}>
          {`Show all ${ordered.length}`}
        </Button>
      ) : null}
      {page.repositoriesSeenAt ? (
        <p className="mt-2 text-xs text-faint">
          Looked <RelativeTime value={page.repositoriesSeenAt} />
        </p>
      ) : null}
      {granting === null ? null : (
        <GrantDialog runnerId={page.id} path={granting} onClose={() => setGranting(null)} onGranted={onChange} />
      )}
      {isTyping ? (
        <AddPathDialog
          runnerId={page.id}
          onClose={() => setTyping(false)}
          onFound={(path) => {
            setTyping(false);
            onChange();
            setGranting(path);
          }}
        />
      ) : null}
    </SettingsSection>
  );
}
