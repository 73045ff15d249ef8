import { Link, useParams } from '@remix-run/react';
import { clsx } from 'clsx';
import { Bot, Mic, Radio } from 'lucide-react';
import { memo } from 'react';
import { PENDING_PREFIX } from '~/graphql/cache-updates.ts';
import { graphql } from '~/graphql/gql/gql.ts';
import { readFragment, type FragmentType } from '~/graphql/gql/fragment-masking.ts';
import { Logo } from '../frame/logo.tsx';
import { RelativeTime } from '../ui/time.tsx';
import { Markdown } from '../ui/markdown.tsx';
import { ChatTask } from './chat-task.tsx';
import { Clamped } from './clamped.tsx';
import { MakeTask } from './make-task.tsx';

export const ChatMessage_MessageFragment = graphql(`
  fragment ChatMessage_Message on Message {
    id
    revision
    role
    content
    contentFormat
    answersId
    recordingId
    createdAt
    relatedTasks {
      id
      revision
      ...ChatTask_Task
    }
  }
`);

const SPEAKERS = {
  USER: 'You',
  ORCHESTRATOR: 'Orchestrator',
  AGENT: 'Agent',
  RELAYER: 'Relayer',
} as const;

/** One thing said: yours on the right, answers on the left with the tasks they speak of, live. */
export const ChatMessage = memo(function ChatMessage({
  message: masked,
}: {
  message: FragmentType<typeof ChatMessage_MessageFragment>;
}) {
  const message = readFragment(ChatMessage_MessageFragment, masked);
  const isMine = message.role === 'USER';
  const isPending = message.id.startsWith(PENDING_PREFIX);
  if (isMine) {
    return (
      <li className="flex flex-col items-end gap-1 pl-8">
        <p
          className={clsx(
            'title-wrap whitespace-pre-wrap rounded-box rounded-br-sm bg-accent/16 px-3 py-2',
            isPending && 'opacity-70',
          )}
        >
          <span className="sr-only">You: </span>
          {message.content}
        </p>
        <span className="flex items-center gap-2 text-xs text-faint">
          {message.recordingId ? <SaidIn recordingId={message.recordingId} /> : null}
          {isPending ? 'Sending' : <RelativeTime value={message.createdAt} />}
        </span>
      </li>
    );
  }
  return (
    <li className="flex gap-2.5">
      <span aria-hidden className="mt-0.5 grid size-6 shrink-0 place-items-center">
        {message.role === 'ORCHESTRATOR' ? (
          <Logo className="size-6" />
        ) : message.role === 'AGENT' ? (
          <Bot className="size-4 text-muted" />
        ) : (
          <Radio className="size-4 text-muted" />
        )}
      </span>
      <div className="min-w-0 flex-1">
        <p className="flex items-baseline gap-2 text-xs">
          <span className="font-medium text-muted">{SPEAKERS[message.role]}</span>
          <RelativeTime value={message.createdAt} className="text-faint" />
        </p>
        <Clamped isShort={message.role !== 'AGENT'}>
          {message.contentFormat === 'MARKDOWN' ? (
            <Markdown text={message.content} className="mt-0.5" />
          ) : (
            <p className="title-wrap mt-0.5 whitespace-pre-wrap">{message.content}</p>
          )}
        </Clamped>
        {message.relatedTasks.length > 0 && message.role === 'ORCHESTRATOR' ? (
          <ul className="mt-2 flex flex-col gap-1.5">
            {message.relatedTasks.map((task) => (
              <ChatTask key={task.id} task={task} />
            ))}
          </ul>
        ) : null}
        {message.relatedTasks.length === 0 && message.answersId !== null ? (
          <MakeTask messageId={message.answersId} />
        ) : null}
      </div>
    </li>
  );
});

/** The way to the sound of what was said aloud. */
function SaidIn({ recordingId }: { recordingId: string }) {
  const { projectId = '' } = useParams();
  return (
    <Link
      to={`/projects/${projectId}/recordings?recording=${recordingId}`}
      className="inline-flex items-center gap-1 text-accent-text hover:underline"
    >
      <Mic aria-hidden className="size-3" />
      Recorded
    </Link>
  );
}
