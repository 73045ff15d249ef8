import type { Queryable } from '#core/platform/db.ts';

/** Best first; who needs more says more words. */
export const MAX_RECORDINGS_FOUND = 50;

export interface RecordingFound {
  recordingId: string;
  /** A part of the transcript, cut at what was found: text, never markup. */
  snippet: { text: string; isMatch: boolean }[];
}

// Characters that no transcript has: see plain() in transcribe-recording.ts, and the rule of edit-transcript.ts.
const START = '\u0002';
const STOP = '\u0003';

/**
 * Looks for words in the names and transcripts of a project's recordings, as people type them into a search: all of
 * them, "a phrase", -without; the last one may be only begun.
 */
export async function searchRecordings(db: Queryable, projectId: string, words: string): Promise<RecordingFound[]> {
  const rows = await db.$queryRaw<{ id: string; snippet: string }[]>`
    with said as (select websearch_to_tsquery('simple', ${words}) as query),
    asked as (
      select case when query::text like '%''' then (query::text || ':*')::tsquery else query end as query from said
    ), found as (
      select r.id, r.name, r.transcript_text, a.query, ts_rank_cd(r.words, a.query) as rank
        from recordings r, asked a
       where r.project_id = ${projectId}::uuid and r.words @@ a.query
       order by rank desc, r.id desc limit ${MAX_RECORDINGS_FOUND}
    )
    select id, ts_headline('simple', coalesce(transcript_text, name), query, ${`StartSel=${START}, StopSel=${STOP}, MaxFragments=2, MinWords=8, MaxWords=24, FragmentDelimiter=" … "`}) as snippet
      from found order by rank desc, id desc`;
  return rows.map(({ id, snippet }) => ({ recordingId: id, snippet: partsOf(snippet) }));
}

function partsOf(marked: string): RecordingFound['snippet'] {
  return marked.split(START).flatMap((piece, i) => {
    const [match = '', rest = ''] = i === 0 ? ['', piece] : piece.split(STOP);
    return [
      { text: match, isMatch: true },
      { text: rest, isMatch: false },
    ].filter(({ text }) => text !== '');
  });
}
