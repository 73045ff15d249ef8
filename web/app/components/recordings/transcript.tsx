import { clsx } from 'clsx';
import { useEffect, useRef, useState } from 'react';
import type { RecordingQuery } from '~/graphql/gql/graphql.ts';
import { durationText } from '~/lib/time-text.ts';

/** The sound, with what was said under it: the part that is heard is marked, and a click on another one goes there. */
export function Transcript({
  url,
  text,
  segments,
  isEdited,
}: {
  url: string | null;
  text: string | null;
  segments: NonNullable<RecordingQuery['recording']>['segments'];
  isEdited: boolean;
}) {
  const audio = useRef<HTMLAudioElement>(null);
  const [atMs, setAtMs] = useState(-1);
  const current = segments.findLastIndex(({ startMs }) => startMs <= atMs);
  const marked = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (current >= 0 && audio.current?.paused === false) marked.current?.scrollIntoView({ block: 'nearest' });
  }, [current]);
  const playFrom = (startMs: number): void => {
    if (!audio.current) return;
    audio.current.currentTime = startMs / 1_000;
    void audio.current.play();
  };
  return (
    <>
      {url ? (
        <audio
          ref={audio}
          controls
          preload="metadata"
          src={url}
          className="w-full"
          onTimeUpdate={({ currentTarget }) => setAtMs(currentTarget.currentTime * 1_000)}
        />
      ) : null}
      {text !== null && (isEdited || segments.length === 0) ? (
        <p className="mt-4 whitespace-pre-wrap break-words leading-relaxed">{text}</p>
      ) : null}
      {isEdited && segments.length > 0 ? (
        <h3 className="mt-6 text-dense font-medium text-muted">As it was heard</h3>
      ) : null}
      <ol aria-label="What was said" className="mt-3 flex flex-col">
        {segments.map(({ startMs, text: said }, i) => (
          <li key={startMs}>
            <button
              ref={i === current ? marked : null}
              type="button"
              aria-current={i === current || undefined}
              disabled={url === null}
              onClick={() => playFrom(startMs)}
              className={clsx(
                'flex w-full items-baseline gap-3 rounded-control px-2 py-1.5 text-left transition-colors duration-100',
                i === current ? 'bg-active' : 'enabled:hover:bg-hover',
              )}
            >
              <span className="tabular w-9 shrink-0 text-xs text-muted">{durationText(startMs)}</span>
              <span className="min-w-0 break-words">{said}</span>
            </button>
          </li>
        ))}
      </ol>
    </>
  );
}
