import { ShieldQuestion } from 'lucide-react';
import { graphql } from '~/graphql/gql/gql.ts';
import { readFragment, type FragmentType } from '~/graphql/gql/fragment-masking.ts';
import { visibleText } from '~/lib/visible-text.ts';
import { AnswerButtons } from './answer-buttons.tsx';
import { AnswerUntil } from './answer-until.tsx';

export const AskedShort_RunPermissionFragment = graphql(`
  fragment AskedShort_RunPermission on RunPermission {
    id
    revision
    title
    target
    expiresAt
    whenUnanswered
  }
`);

/** What an agent asks, on the card of its task, with its answers. */
export function AskedShort({
  permission: masked,
}: {
  permission: FragmentType<typeof AskedShort_RunPermissionFragment>;
}) {
  const { id, title, target, expiresAt, whenUnanswered } = readFragment(AskedShort_RunPermissionFragment, masked);
  return (
    // Above the link that covers the card.
    <div className="relative z-10 flex flex-col gap-1.5 rounded-control bg-needs-review/10 px-2 py-1.5 text-xs">
      <p title={title} className="flex items-start gap-1.5 font-medium text-needs-review">
        <ShieldQuestion aria-hidden className="mt-0.5 size-3 shrink-0" />
        <span className="title-wrap line-clamp-2">Asks: {visibleText(title)}</span>
      </p>
      {target && target !== title ? (
        <code className="line-clamp-5 rounded-control bg-sunken px-1.5 py-1 font-mono text-2xs wrap-anywhere whitespace-pre-wrap">
          {visibleText(target)}
        </code>
      ) : null}
      <AnswerButtons permissionId={id} about={title} />
      <AnswerUntil expiresAt={expiresAt} whenUnanswered={whenUnanswered} />
    </div>
  );
}
