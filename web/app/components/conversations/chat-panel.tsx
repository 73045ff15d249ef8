import { MessagesSquare } from 'lucide-react';
import { useEffect, useMemo, useRef } from 'react';
import { useBrowserLayoutEffect } from '~/lib/platform.ts';
import { useMutation } from 'urql';
import { PENDING_PREFIX } from '~/graphql/cache-updates.ts';
import { graphql } from '~/graphql/gql/gql.ts';
import type { ChatPanel_ConversationFragment as ChatPanel_ConversationFragmentData } from '~/graphql/gql/graphql.ts';
import { readFragment, type FragmentType } from '~/graphql/gql/fragment-masking.ts';
import { mutationFailure } from '~/graphql/mutation-failure.ts';
import { EmptyState } from '../ui/empty-state.tsx';
import { showToast } from '../ui/toast-store.ts';
import { ChatMessage } from './chat-message.tsx';
import { Composer } from './composer.tsx';
import { OlderMessages } from './older-messages.tsx';

export const ChatPanel_ConversationFragment = graphql(`
  fragment ChatPanel_Conversation on Conversation {
    id
    title
    messages(first: 60) {
      nodes {
        id
        revision
        role
        content
        ...ChatMessage_Message
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

const SendMessage_Mutation = graphql(`
  mutation SendMessage($input: SendMessageInput!) {
    sendMessage(input: $input) {
      __typename
      ... on SendMessagePayload {
        message {
          id
          revision
          conversationId
          ...ChatMessage_Message
        }
      }
      ...MutationFailure_UserError
    }
  }
`);

/** This close to the end, new messages pull the view along. */
const END_PX = 80;

/** The conversation with the orchestrator. */
export function ChatPanel({
  conversation: masked,
}: {
  conversation: FragmentType<typeof ChatPanel_ConversationFragment>;
}) {
  const conversation = readFragment(ChatPanel_ConversationFragment, masked);
  const [, sendMessage] = useMutation(SendMessage_Mutation);
  const messages = useMemo(() => shownMessages(conversation.messages.nodes), [conversation.messages.nodes]);
  const send = async (content: string): Promise<void> => {
    const failure = mutationFailure(await sendMessage({ input: { conversationId: conversation.id, content } }));
    if (failure)
      showToast({
        kind: 'error',
        text: `Not sent: ${failure}`,
        action: { label: 'Send again', run: () => void send(content) },
      });
  };
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      {messages.length === 0 ? (
        <EmptyState
          className="flex-1"
          icon={<MessagesSquare aria-hidden />}
          title="Say what you want done"
          text="For example: “Add a CONTRIBUTING file and, urgent, fix the failing test in src/sum.js”. Each ask becomes a task with its own agent."
        />
      ) : (
        <Messages messages={messages} conversationId={conversation.id} pageInfo={conversation.messages.pageInfo} />
      )}
      <Composer conversationId={conversation.id} onSend={(text) => void send(text)} />
    </div>
  );
}

type Message = ChatPanel_ConversationFragmentData['messages']['nodes'][number];

interface MessagesProps {
  messages: Message[];
  conversationId: string;
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
}

function Messages({ messages, conversationId, pageInfo }: MessagesProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  /** Where the reader was, from the end: what comes above must not move it. */
  const fromEndPx = useRef<number | null>(null);
  const last = messages.at(-1);
  const toEnd = (): void => {
    if (scroller.current) scroller.current.scrollTop = scroller.current.scrollHeight;
  };
  useBrowserLayoutEffect(() => {
    if (isAtEnd.current || last?.id.startsWith(PENDING_PREFIX)) toEnd();
  }, [messages, last?.id]);
  // Fonts, markdown and a resized panel change heights after the fact.
  useEffect(() => {
    const element = scroller.current?.firstElementChild;
    if (!element) return;
    const observer = new ResizeObserver(() => {
      if (isAtEnd.current) return toEnd();
      if (fromEndPx.current === null || !scroller.current) return;
      scroller.current.scrollTop = scroller.current.scrollHeight - fromEndPx.current;
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return (
    <div
      ref={scroller}
      className="scroll-y min-h-0 flex-1"
      onScroll={(event) => {
        const { scrollHeight, scrollTop, clientHeight } = event.currentTarget;
        isAtEnd.current = scrollHeight - scrollTop - clientHeight < END_PX;
      }}
      onWheel={() => (fromEndPx.current = null)}
      onPointerDown={() => (fromEndPx.current = null)}
      onKeyDown={() => (fromEndPx.current = null)}
    >
      <div className="flex flex-col gap-4 px-3 py-4">
        <OlderMessages
          conversationId={conversationId}
          pageInfo={pageInfo}
          onOpen={() => {
            const { scrollHeight = 0, scrollTop = 0 } = scroller.current ?? {};
            isAtEnd.current = false;
            fromEndPx.current = scrollHeight - scrollTop;
          }}
        />
        <ol aria-label="Messages" aria-live="polite" className="flex flex-col gap-4">
          {messages.map((message) => (
            <ChatMessage key={message.id} message={message} />
          ))}
        </ol>
      </div>
    </div>
  );
}

/** Oldest first. A message that is still on its way is not shown beside itself when the event that brings it was quicker than the answer. */
function shownMessages(newestFirst: readonly Message[]): Message[] {
  const sent = newestFirst.filter((m) => !m.id.startsWith(PENDING_PREFIX));
  const newestSent = sent.find((m) => m.role === 'USER');
  const pending = newestFirst.filter((m) => m.id.startsWith(PENDING_PREFIX) && m.content !== newestSent?.content);
  return [...[...sent].sort((a, b) => (a.id < b.id ? -1 : 1)), ...pending.reverse()];
}
