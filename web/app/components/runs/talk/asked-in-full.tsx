import { ShieldQuestion } from 'lucide-react';
import { graphql } from '~/graphql/gql/gql.ts';
import { readFragment, type FragmentType } from '~/graphql/gql/fragment-masking.ts';
import { visibleText } from '~/lib/visible-text.ts';
import { AnswerButtons } from './answer-buttons.tsx';
import { AnswerUntil } from './answer-until.tsx';
import { AskedDetail } from './asked-detail.tsx';

export const AskedInFull_RunPermissionFragment = graphql(`
  fragment AskedInFull_RunPermission on RunPermission {
    id
    revision
    title
    target
    detail
    expiresAt
    whenUnanswered
  }
`);

/** What an agent asks, with all that there is to decide by, and its answers. */
export function AskedInFull({
  permission: masked,
}: {
  permission: FragmentType<typeof AskedInFull_RunPermissionFragment>;
}) {
  const asked = readFragment(AskedInFull_RunPermissionFragment, masked);
  return (
    <section
      role="status"
      aria-label="The agent asks"
      className="flex flex-col gap-2 rounded-box bg-needs-review/10 px-3 py-2.5 text-dense"
    >
      <h3 className="title-wrap flex items-start gap-2 font-medium">
        <ShieldQuestion aria-hidden className="mt-0.5 size-3.5 shrink-0 text-needs-review" />
        <span>The agent asks: {visibleText(asked.title)}</span>
      </h3>
      <AskedDetail title={asked.title} target={asked.target} detail={asked.detail} />
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <AnswerButtons permissionId={asked.id} about={asked.title} />
        <span className="text-xs">
          <AnswerUntil expiresAt={asked.expiresAt} whenUnanswered={asked.whenUnanswered} />
        </span>
      </div>
    </section>
  );
}
