/** What has an identity and a revision, as it comes in answers and events. */
interface Entity {
  __typename: string;
  id: string;
  revision: number;
  [field: string]: unknown;
}

interface Seen {
  revision: number;
  value: unknown;
}

/** The newest of each field of each thing that this page was told. */
export type NewestValues = Map<string, Map<string, Seen>>;

/**
 * An answer may arrive after the event of something later: of what both tell, the greater revision is kept. The data
 * are changed in place, before any cache sees them. Lists are left alone: they have no revision of their own.
 */
export function keepNewest(newest: NewestValues, data: unknown): void {
  if (Array.isArray(data)) {
    for (const item of data) keepNewest(newest, item);
    return;
  }
  if (typeof data !== 'object' || data === null) return;
  for (const value of Object.values(data)) keepNewest(newest, value);
  if (isEntity(data)) keepNewestOf(newest, data);
}

function keepNewestOf(newest: NewestValues, entity: Entity): void {
  const key = `${entity.__typename}:${entity.id}`;
  const fields = newest.get(key) ?? new Map<string, Seen>();
  newest.set(key, fields);
  const { revision } = entity;
  for (const [field, value] of Object.entries(entity)) {
    if (field === '__typename' || field === 'id' || !isOwn(value)) continue;
    const seen = fields.get(field);
    if (seen === undefined || seen.revision <= revision) fields.set(field, { revision, value });
    else if (!isSameThing(seen.value, value)) entity[field] = seen.value;
  }
}

/** Values of the thing itself: not a page of a list, which depends on what was asked for. */
function isOwn(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (Array.isArray(value)) return value.every((item) => typeof item !== 'object' || item === null);
  return !('__typename' in value) || 'id' in value;
}

/** What is linked has a revision of its own, and the fields that this answer asked for. */
function isSameThing(seen: unknown, value: unknown): boolean {
  return isLink(seen) && isLink(value) && seen.id === value.id;
}

function isLink(value: unknown): value is { id: unknown } {
  return typeof value === 'object' && value !== null && '__typename' in value && 'id' in value;
}

function isEntity(value: object): value is Entity {
  return (
    '__typename' in value &&
    typeof value.__typename === 'string' &&
    'id' in value &&
    typeof value.id === 'string' &&
    'revision' in value &&
    typeof value.revision === 'number'
  );
}
