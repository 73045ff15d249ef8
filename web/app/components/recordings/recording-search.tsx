import { clsx } from 'clsx';
import { useDeferredValue } from 'react';
import { apiErrorFacts } from '~/graphql/api-error.ts';
import { graphql } from '~/graphql/gql/gql.ts';
import { useLiveQuery } from '~/graphql/use-live-query.ts';
import { EmptyState } from '../ui/empty-state.tsx';
import { ErrorState } from '../ui/error-state.tsx';
import { SkeletonLines } from '../ui/skeleton.tsx';

const SearchRecordings_Query = graphql(`
  query SearchRecordings($projectId: ID!, $words: String!) {
    searchRecordings(projectId: $projectId, words: $words) {
      recording {
        id
        revision
        name
      }
      snippet {
        text
        isMatch
      }
    }
  }
`);

/** Where the words were said, the best first. */
export function RecordingSearch(props: {
  projectId: string;
  words: string;
  selected: string | null;
  onSelect(id: string): void;
}) {
  const words = useDeferredValue(props.words);
  const { data, error, refetch } = useLiveQuery(SearchRecordings_Query, { projectId: props.projectId, words });
  if (!data?.searchRecordings)
    return error ? (
      <ErrorState title="The search did not work" message={apiErrorFacts(error).message} onRetry={refetch} />
    ) : (
      <SkeletonLines count={6} label="Searching" />
    );
  if (data.searchRecordings.length === 0)
    return (
      <EmptyState title={`Nobody has said “${words}”`} text="Fewer words find more. The last one may be only begun." />
    );
  return (
    <ul aria-label="Found" className="flex flex-col gap-0.5">
      {data.searchRecordings.map(({ recording, snippet }) =>
        recording ? (
          <li key={recording.id}>
            <button
              type="button"
              aria-current={recording.id === props.selected || undefined}
              onClick={() => props.onSelect(recording.id)}
              className={clsx(
                'flex w-full flex-col gap-1 rounded-control px-3 py-2.5 text-left',
                recording.id === props.selected ? 'bg-active' : 'hover:bg-hover',
              )}
            >
              <span className="truncate font-medium">{recording.name}</span>
              <span className="line-clamp-3 text-dense text-muted">
                {snippet.map(({ text, isMatch }, i) =>
                  isMatch ? (
                    <mark key={i} className="rounded-sm bg-accent/20 text-fg">
                      {text}
                    </mark>
                  ) : (
                    text
                  ),
                )}
              </span>
            </button>
          </li>
        ) : null,
      )}
    </ul>
  );
}
