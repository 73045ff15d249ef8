import { TriangleAlert } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useClient } from 'urql';
import { graphql } from '~/graphql/gql/gql.ts';
import type { SystemBannerSubscription } from '~/graphql/gql/graphql.ts';
import { useNow } from '~/lib/clock.tsx';
import { systemPartText } from '~/lib/system-part-text.ts';

const SystemBanner_Subscription = graphql(`
  subscription SystemBanner {
    systemPartsChanged {
      name
      state
      ends
      lastEnd
      detail
      nextTryAt
    }
  }
`);

type Part = SystemBannerSubscription['systemPartsChanged'][number];

/** Says which part of the system keeps ending, for as long as it does, while everything else goes on. */
export function SystemBanner() {
  const client = useClient();
  const [parts, setParts] = useState<readonly Part[]>([]);
  useEffect(() => {
    const { unsubscribe } = client.subscription(SystemBanner_Subscription, {}).subscribe(({ data }) => {
      if (data) setParts(data.systemPartsChanged.filter(({ ends }) => ends > 1));
    });
    return unsubscribe;
  }, [client]);
  return parts.length === 0 ? null : <Troubles parts={parts} />;
}

function Troubles({ parts }: { parts: readonly Part[] }) {
  const now = useNow(true);
  return (
    <ul role="status" className="border-b border-line bg-blocked/12 px-4 py-1.5 text-dense">
      {parts.map((part) => (
        <li key={part.name} className="flex items-center gap-2">
          <TriangleAlert aria-hidden className="size-3.5 shrink-0 text-blocked" />
          <span className="shrink-0">{systemPartText(part, now)}</span>
          {part.detail ? (
            <span title={part.detail} className="min-w-0 truncate text-muted">
              {part.detail}
            </span>
          ) : null}
        </li>
      ))}
    </ul>
  );
}
