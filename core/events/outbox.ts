import type { z } from 'zod';
import type { Actor } from '#core/access/actor.ts';
import { describeActor } from '#core/access/actor.ts';
import type { Queryable } from '#core/platform/db.ts';
import { NotFoundError } from '#core/errors/errors.ts';
import { groupBy } from '#core/platform/group-by.ts';
import { projectDeleted } from './catalogue.ts';
import type { EventDefinition, EventEnvelope } from './define-event.ts';

export interface PendingEvent {
  definition: EventDefinition;
  projectId: string;
  entityId: string;
  patch: Record<string, unknown>;
  /** Who did it and what was changed: for the line of a state version, and sent to nobody. */
  told?: { actor: Record<string, string>; what: readonly string[] };
}

/** What an event may be given beside its patch. */
export interface EventFields<P extends z.ZodRawShape> {
  projectId: string;
  entityId: string;
  patch: z.infer<z.ZodObject<P>>;
  /** The fields that have really changed, and by whom; left out: no line tells of it. */
  told?: { actor: Actor; what: readonly string[] };
}

/** Checks a patch against its definition, so that a wrong event fails the change it belongs to and not its readers. */
export function pendingEvent<P extends z.ZodRawShape>(
  definition: EventDefinition<P>,
  event: EventFields<P>,
): PendingEvent {
  return {
    definition: definition,
    projectId: event.projectId,
    entityId: event.entityId,
    patch: definition.patch.parse(event.patch),
    ...(event.told ? { told: { actor: describeActor(event.told.actor), what: event.told.what } } : {}),
  };
}

/**
 * Writes the events of one transaction as its last statements and gives them their cursors: gap-free and in
 * commit order, because the project's row stays locked from here to the commit, which is microseconds.
 * Projects are taken in the order of their ids, so two transactions never wait for each other in a circle.
 * @throws NotFoundError for a project that is being deleted: nothing changes in it any more
 */
export async function writeEvents(db: Queryable, events: PendingEvent[]): Promise<EventEnvelope[]> {
  const byProject = groupBy(
    events.filter((event) => event.definition.isStored),
    (event) => event.projectId,
  );
  const states = statesTouchedBy(events);
  const envelopes: EventEnvelope[] = [];
  for (const projectId of [...byProject.keys()].sort()) {
    const ofProject = byProject.get(projectId) ?? [];
    const rows = ofProject.map((event) => ({
      type: event.definition.type,
      payload: { id: event.entityId, patch: event.patch, ...(event.told ? { told: event.told } : {}) },
    }));
    const touches = ofProject.some((event) => event.definition.touchesProject);
    const isLast = ofProject.some((event) => event.definition.type === projectDeleted.type);
    const written = await db.$queryRawUnsafe<{ cursor: bigint; created_at: Date }[]>(
      WRITE_EVENTS,
      projectId,
      rows.length,
      JSON.stringify(rows),
      touches,
      states.has(projectId),
      isLast,
    );
    if (written.length === 0) throw new NotFoundError('project', projectId);
    if (written.length !== ofProject.length)
      throw new Error(
        `Expected ${ofProject.length} events of project ${projectId} to be written, found ${written.length}`,
      );
    ofProject.forEach((event, i) => {
      const row = written[i];
      if (row) envelopes.push(envelope(event, row.created_at, String(row.cursor)));
    });
  }
  return envelopes;
}

/** The projects whose state document, or a line of its versions, tells of these events. */
export function statesTouchedBy(events: readonly PendingEvent[]): Set<string> {
  const isTold = ({ definition: { touchesState }, patch, told }: PendingEvent): boolean => {
    if (told && told.what.length > 0) return true;
    if (typeof touchesState === 'boolean') return touchesState;
    return typeof touchesState === 'function' ? touchesState(patch) : touchesState.some((key) => key in patch);
  };
  return new Set(events.filter(isTold).map(({ projectId }) => projectId));
}

export function envelope(event: PendingEvent, at: Date, cursor: string | null): EventEnvelope {
  return {
    type: event.definition.type,
    ts: at.toISOString(),
    projectId: event.projectId,
    cursor,
    entity: { id: event.entityId, patch: event.patch },
  };
}

// In milliseconds, as JavaScript counts: a list of projects goes on behind this time, and would pass over others in the same one.
const WRITE_EVENTS = `
  with bumped as (
    update projects
       set event_cursor = event_cursor + $2::int,
           state_changes = state_changes + $5::boolean::int,
           updated_at = case when $4::boolean then date_trunc('milliseconds', clock_timestamp()) else updated_at end
     where id = $1::uuid and (deleting_at is null or $6::boolean)
    returning event_cursor
  ), written as (
    insert into realtime_events (project_id, cursor, event_type, payload, created_at)
    select $1::uuid, bumped.event_cursor - $2::int + event.ordinal, event.value->>'type', event.value->'payload', clock_timestamp()
      from bumped, jsonb_array_elements($3::jsonb) with ordinality as event(value, ordinal)
    returning cursor, created_at
  )
  select cursor, created_at from written order by cursor`;
