import { clsx } from 'clsx';
import { Check, CircleAlert, Search } from 'lucide-react';
import { useId, useState } from 'react';
import { graphql } from '~/graphql/gql/gql.ts';
import { useLiveQuery } from '~/graphql/use-live-query.ts';
import { Button } from '../ui/button.tsx';
import { Input } from '../ui/field.tsx';
import { Skeleton } from '../ui/skeleton.tsx';
import { Spinner } from '../ui/spinner.tsx';
import { RepositoryRow, whyUnusable } from './repository-row.tsx';
import { whyNoRepository, whyTooLong } from './typed-path.ts';
import { usePathCheck } from './use-path-check.ts';

const RepositoryChooser_Query = graphql(`
  query RepositoryChooser($projectId: ID) {
    viewer {
      id
      isAdmin
    }
    runners(first: 100) {
      nodes {
        id
        revision
        connection
        isEnabled
      }
    }
    repositories(projectId: $projectId) {
      runnerId
      runnerName
      runnerConnection
      path
      isGranted
      facts {
        branch
        lastCommitAt
        lastCommitSubject
        isBare
        worktreeOf
      }
    }
  }
`);

/** Rows in the list; the rest is found by typing. */
const MAX_SHOWN = 50;

export interface ChosenRepository {
  /** As typed, where nothing was chosen from the list. */
  path: string;
  runnerId: string | null;
  /** Why it can not be sent as it is; null: the server is to judge. */
  problem: string | null;
}

export interface RefusedRepository {
  path: string;
  message: string;
}

interface RepositoryChooserProps {
  /** The project it is for; null: one that is being made. */
  projectId: string | null;
  /** What the project has now, and keeps when nothing is chosen. */
  kept: string | null;
  chosen: ChosenRepository | null;
  onChoose(chosen: ChosenRepository | null): void;
  /** What was said when it was to be sent. */
  refused: RefusedRepository | null;
}

/** Chooses a repository from those that runners have told of; administrators may type another path, which is checked at once. */
export function RepositoryChooser({ projectId, kept, chosen, onChoose, refused }: RepositoryChooserProps) {
  const id = useId();
  const { data } = useLiveQuery(RepositoryChooser_Query, { projectId }, { requestPolicy: 'cache-and-network' });
  const [text, setText] = useState('');
  const [isChoosing, setChoosing] = useState(chosen === null);
  // Another path has been chosen since: what was said of the first one is over.
  const error = refused !== null && refused.path === chosen?.path ? refused.message : null;
  const isAdmin = data?.viewer?.isAdmin ?? false;
  const words = text.trim();
  const repositories = data?.repositories ?? [];
  const shown = repositories.filter(({ path }) => path.toLowerCase().includes(words.toLowerCase()));
  const isTyped = isAdmin && words.startsWith('/') && !repositories.some(({ path }) => path === words);
  const online = (data?.runners?.nodes ?? [])
    .filter((runner) => runner.isEnabled && runner.connection === 'ONLINE')
    .map((runner) => runner.id);
  const tooLong = whyTooLong(words);
  const check = usePathCheck(isChoosing && isTyped && tooLong === null ? words : null, online);
  const isBad = error !== null || tooLong !== null || (check !== null && !check.isUsable);
  const known = repositories.find(
    ({ path, runnerId }) => path === chosen?.path && (chosen.runnerId === null || runnerId === chosen.runnerId),
  );
  // A label names a field; beside what is chosen there is none.
  const Label = chosen && !isChoosing ? 'p' : 'label';
  const choose = (repository: { path: string; runnerId: string }): void => {
    onChoose({ ...repository, problem: null });
    setChoosing(false);
    setText('');
  };
  const type = (value: string): void => {
    setText(value);
    const path = value.trim();
    // What is typed counts without another click, and is never left out in silence; the server checks it once more.
    onChoose(path === '' ? null : { path, runnerId: null, problem: whyNoRepository(path, { isAdmin, kept }) });
  };
  return (
    <div className="flex flex-col gap-1">
      <Label
        {...(chosen && !isChoosing ? {} : { htmlFor: id })}
        className="flex items-baseline justify-between text-dense font-medium text-fg"
      >
        Repository
        <span className="text-xs font-normal text-faint">Optional</span>
      </Label>
      {chosen && !isChoosing ? (
        <div className="flex items-center gap-3 rounded-control border border-field bg-raised px-2.5 py-1.5">
          <div className="min-w-0 flex-1">
            {known ? (
              <RepositoryRow {...known} isOnline={known.runnerConnection === 'ONLINE'} />
            ) : (
              <span className="title-wrap font-mono text-dense">{chosen.path}</span>
            )}
          </div>
          <Button
            aria-label="Change repository"
            size="sm"
            variant="ghost"
            onClick={() => {
              setChoosing(true);
              setText('');
            }}
          >
            Change
          </Button>
        </div>
      ) : (
        <>
          <div className="relative">
            <Search aria-hidden className="pointer-events-none absolute left-2.5 top-2.5 size-4 text-faint" />
            <Input
              id={id}
              value={text}
              spellCheck={false}
              autoComplete="off"
              aria-describedby={`${id}-note`}
              aria-invalid={isBad || undefined}
              placeholder={isAdmin ? 'Search, or type a path' : 'Search'}
              className="pl-8! font-mono text-dense"
              onChange={(event) => type(event.target.value)}
              onKeyDown={(event) => {
                if (event.key !== 'Enter') return;
                // Enter takes the only match; otherwise it sends the form with what was typed.
                const [only] = shown;
                if (words === '' || isTyped || shown.length !== 1 || !only || whyUnusable(only.facts)) return;
                event.preventDefault();
                choose({ path: only.path, runnerId: only.runnerId });
              }}
            />
          </div>
          {data === undefined ? (
            <Skeleton className="h-24" />
          ) : shown.length > 0 ? (
            <ul
              aria-label="Repositories"
              className="max-h-44 divide-y divide-line overflow-y-auto overscroll-contain rounded-control border border-line bg-raised"
            >
              {shown.slice(0, MAX_SHOWN).map((repository) => (
                <li key={`${repository.runnerId} ${repository.path}`}>
                  <button
                    type="button"
                    disabled={isAdmin && whyUnusable(repository.facts) !== null}
                    className="block w-full px-2.5 py-1.5 hover:bg-hover focus-visible:-outline-offset-2 disabled:opacity-60 disabled:hover:bg-transparent"
                    onClick={() => choose({ path: repository.path, runnerId: repository.runnerId })}
                  >
                    <RepositoryRow {...repository} isOnline={repository.runnerConnection === 'ONLINE'} />
                  </button>
                </li>
              ))}
            </ul>
          ) : null}
        </>
      )}
      <p
        id={`${id}-note`}
        aria-live="polite"
        className={clsx('flex min-h-4 items-start gap-1.5 text-xs', isBad ? 'text-failed' : 'text-muted')}
      >
        <Note
          text={noteOf()}
          isBusy={isChoosing && isTyped && !check && !isBad}
          tone={isBad ? 'bad' : check ? 'good' : 'plain'}
        />
      </p>
    </div>
  );

  function noteOf(): string {
    if (error !== null) return error;
    if (tooLong !== null) return tooLong;
    if (isChoosing && chosen === null && kept !== null) return `It keeps ${kept}.`;
    if (isChoosing && isTyped) return check?.message ?? 'Looking …';
    if (!isChoosing && chosen)
      return isAdmin && known?.isGranted === false ? 'Choosing it lets this project’s agents work in it.' : '';
    if (data && repositories.length === 0)
      return isAdmin
        ? 'No runner has told of a repository. Type its path, or start a runner.'
        : 'No repository is granted to you. An administrator grants them, on the runner’s page.';
    if (data && shown.length === 0)
      return isAdmin
        ? 'None has this in its path. Type the whole path to look for another one.'
        : 'None has this in its path. An administrator can grant others.';
    return shown.length > MAX_SHOWN ? `${shown.length} repositories; type to find one.` : '';
  }
}

function Note({ text, isBusy, tone }: { text: string; isBusy: boolean; tone: 'plain' | 'good' | 'bad' }) {
  return (
    <>
      {isBusy ? (
        <Spinner />
      ) : tone === 'bad' ? (
        <CircleAlert aria-hidden className="mt-0.5 size-3 shrink-0" />
      ) : tone === 'good' ? (
        <Check aria-hidden className="mt-0.5 size-3 shrink-0 text-done" />
      ) : null}
      <span className="title-wrap">{text}</span>
    </>
  );
}
