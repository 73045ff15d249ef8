import { useQuery } from 'urql';
import { graphql } from '~/graphql/gql/gql.ts';
import { MorePages } from '../ui/more-pages.tsx';
import { PageState } from '../ui/page-state.tsx';
import { ChatMessage } from './chat-message.tsx';

const OlderMessages_Query = graphql(`
  query OlderMessages($conversationId: ID!, $after: String!) {
    conversation(id: $conversationId) {
      id
      messages(first: 60, after: $after) {
        nodes {
          id
          revision
          ...ChatMessage_Message
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
  }
`);

interface OlderMessagesProps {
  conversationId: string;
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
  onOpen(): void;
}

/** What was said before the messages that are shown; it comes above them. */
export function OlderMessages({ pageInfo, ...props }: OlderMessagesProps) {
  return (
    <MorePages pageInfo={pageInfo} label="Show older messages" onOpen={props.onOpen}>
      {(after) => <MessagesPage {...props} after={after} />}
    </MorePages>
  );
}

function MessagesPage({ conversationId, after, onOpen }: Omit<OlderMessagesProps, 'pageInfo'> & { after: string }) {
  const [{ data, error }, refetch] = useQuery({ query: OlderMessages_Query, variables: { conversationId, after } });
  const page = data?.conversation?.messages;
  if (!page)
    return (
      <PageState
        hasFailed={error !== undefined}
        label="Loading messages"
        onRetry={() => refetch({ requestPolicy: 'network-only' })}
      />
    );
  return (
    <>
      <OlderMessages conversationId={conversationId} pageInfo={page.pageInfo} onOpen={onOpen} />
      <ol aria-label="Older messages" className="flex flex-col gap-4">
        {page.nodes.toReversed().map((message) => (
          <ChatMessage key={message.id} message={message} />
        ))}
      </ol>
    </>
  );
}
