import { Check, CircleSlash, MessageSquare, ShieldCheck, ShieldX } from 'lucide-react';
import { graphql } from '~/graphql/gql/gql.ts';
import type { SaidItem_RunPermissionFragment as AnsweredPermission } from '~/graphql/gql/graphql.ts';
import { readFragment, type FragmentType } from '~/graphql/gql/fragment-masking.ts';
import { visibleText } from '~/lib/visible-text.ts';
import { RelativeTime } from '../../ui/time.tsx';

export const SaidItem_RunPermissionFragment = graphql(`
  fragment SaidItem_RunPermission on RunPermission {
    id
    revision
    title
    target
    status
    whenUnanswered
    answeredBy
    answeredAt
  }
`);
export const SaidItem_RunMessageFragment = graphql(`
  fragment SaidItem_RunMessage on RunMessage {
    id
    revision
    text
    author
    sentAt
    deliveredAt
  }
`);

/** An answer to what the agent asked, or a message to it. */
export type Said = { id: string; at: string } & (
  | { permission: FragmentType<typeof SaidItem_RunPermissionFragment> }
  | { message: FragmentType<typeof SaidItem_RunMessageFragment> }
);

export function SaidItem({ said }: { said: Said }) {
  return 'message' in said ? <Message message={said.message} /> : <Answer permission={said.permission} />;
}

function Answer({ permission: masked }: { permission: FragmentType<typeof SaidItem_RunPermissionFragment> }) {
  const permission = readFragment(SaidItem_RunPermissionFragment, masked);
  const { Icon, tone } =
    ICONS[isAllowed(permission) ? 'allowed' : permission.status === 'CANCELED' ? 'none' : 'denied'];
  return (
    <li className="flex items-start gap-2 text-dense">
      <Icon aria-hidden className={`mt-0.5 size-3.5 shrink-0 ${tone}`} />
      <p className="title-wrap min-w-0 flex-1 text-muted">
        <span className="text-fg">{outcomeOf(permission)}</span> {visibleText(permission.title)}
        {permission.target && !permission.title.includes(permission.target) ? (
          <>
            {' '}
            <code className="font-mono text-xs">{visibleText(permission.target)}</code>
          </>
        ) : null}{' '}
        {permission.answeredAt ? <RelativeTime value={permission.answeredAt} className="text-faint" /> : null}
      </p>
    </li>
  );
}

const ICONS = {
  allowed: { Icon: ShieldCheck, tone: 'text-done' },
  denied: { Icon: ShieldX, tone: 'text-failed' },
  none: { Icon: CircleSlash, tone: 'text-faint' },
} as const;

const isAllowed = ({ status, whenUnanswered }: AnsweredPermission): boolean =>
  status === 'ALLOWED' || (status === 'EXPIRED' && whenUnanswered === 'ALLOW_ONCE');

function outcomeOf(permission: AnsweredPermission): string {
  // It is on its way, and not yet said whose it is.
  const by = permission.answeredBy ?? 'You';
  switch (permission.status) {
    case 'ALLOWED':
      return `${by} allowed once:`;
    case 'DENIED':
      return `${by} denied:`;
    case 'EXPIRED':
      return `Nobody answered, so it was ${isAllowed(permission) ? 'allowed' : 'denied'}:`;
    default:
      return 'No longer asked:';
  }
}

function Message({ message: masked }: { message: FragmentType<typeof SaidItem_RunMessageFragment> }) {
  const { text, author, sentAt, deliveredAt } = readFragment(SaidItem_RunMessageFragment, masked);
  return (
    <li className="flex items-start gap-2 text-dense">
      <MessageSquare aria-hidden className="mt-0.5 size-3.5 shrink-0 text-faint" />
      <div className="min-w-0 flex-1">
        <p className="title-wrap whitespace-pre-wrap">{text}</p>
        <p className="flex flex-wrap items-center gap-x-1.5 text-xs text-muted">
          <span>{author}</span>
          <RelativeTime value={sentAt} className="text-faint" />
          <span className="flex items-center gap-1">
            {deliveredAt ? <Check aria-hidden className="size-3 text-done" /> : null}
            {deliveredAt ? 'Delivered' : 'Sent'}
          </span>
        </p>
      </div>
    </li>
  );
}
