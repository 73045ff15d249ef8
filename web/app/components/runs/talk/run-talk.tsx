import { MessagesSquare } from 'lucide-react';
import { useState } from 'react';
import { graphql } from '~/graphql/gql/gql.ts';
import { useLiveQuery } from '~/graphql/use-live-query.ts';
import { Folded } from '../activity/folded.tsx';
import { AskedInFull } from './asked-in-full.tsx';
import { RunComposer } from './run-composer.tsx';
import { SaidItem, type Said } from './said-item.tsx';

const RunTalk_Query = graphql(`
  query RunTalk($runId: ID!) {
    run(id: $runId) {
      id
      revision
      canBeMessaged
      permissions(last: 100) {
        nodes {
          id
          revision
          askedAt
          status
          ...AskedInFull_RunPermission
          ...SaidItem_RunPermission
        }
      }
      messages(last: 100) {
        nodes {
          id
          revision
          sentAt
          ...SaidItem_RunMessage
        }
      }
    }
  }
`);

/** What passes between the agent of a run and people: what it asks now, what was said before, and where one says more. */
export function RunTalk({ runId }: { runId: string }) {
  const { data } = useLiveQuery(RunTalk_Query, { runId });
  const [isOpen, setOpen] = useState(true);
  const run = data?.run;
  if (!run) return null;
  const open = run.permissions.nodes.filter(({ status }) => status === 'PENDING');
  const said: Said[] = [
    ...run.permissions.nodes
      .filter(({ status }) => status !== 'PENDING')
      .map((permission) => ({ id: permission.id, at: permission.askedAt, permission })),
    ...run.messages.nodes.map((message) => ({ id: message.id, at: message.sentAt, message })),
  ].sort((a, b) => (a.at < b.at ? -1 : 1));
  if (open.length === 0 && said.length === 0 && !run.canBeMessaged) return null;
  return (
    // What is asked stays in sight when there is little room: what was said before gives way.
    <section aria-label="Talk with the agent" className="flex max-h-7/10 shrink-0 flex-col border-t border-line">
      {said.length > 0 ? (
        <div className="min-h-8 shrink overflow-y-auto overscroll-contain">
          <Folded
            isOpen={isOpen}
            onOpen={setOpen}
            icon={<MessagesSquare aria-hidden />}
            line={
              <span className="flex-1 text-muted">
                Answers and messages <span className="tabular text-faint">{said.length}</span>
              </span>
            }
          >
            <ol aria-label="Answers and messages" className="flex flex-col gap-2">
              {said.map((each) => (
                <SaidItem key={each.id} said={each} />
              ))}
            </ol>
          </Folded>
        </div>
      ) : null}
      {open.length > 0 ? (
        <div className="flex max-h-9/10 shrink-0 flex-col gap-2 overflow-y-auto overscroll-contain p-3">
          {open.map((permission) => (
            <AskedInFull key={permission.id} permission={permission} />
          ))}
        </div>
      ) : null}
      {run.canBeMessaged ? <RunComposer runId={runId} /> : null}
    </section>
  );
}
