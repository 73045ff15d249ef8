/** What was said and the server does not have yet, kept by the browser: a page that is closed, or falls down, loses nothing. */
export interface KeptPart {
  recordingId: string;
  projectId: string;
  number: number;
  bytes: Blob;
}

const DATABASE = 'overmind-recordings';
const STORE = 'parts';
const OPEN = -1;

function openDatabase(): Promise<IDBDatabase> {
  const request = indexedDB.open(DATABASE, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: ['recordingId', 'number'] });
  return resultOf(request);
}

function resultOf<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('The browser keeps nothing'));
  });
}

async function inStore<T>(mode: IDBTransactionMode, work: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const database = await openDatabase();
  try {
    return await resultOf(work(database.transaction(STORE, mode).objectStore(STORE)));
  } finally {
    database.close();
  }
}

export const keepPart = (part: KeptPart): Promise<unknown> => inStore('readwrite', (store) => store.put(part));

/** Stands for a recording whose parts may all have been sent, but which was not ended yet. */
export const keepOpen = (recordingId: string, projectId: string): Promise<unknown> =>
  keepPart({ recordingId, projectId, number: OPEN, bytes: new Blob() });
export const forgetOpen = (recordingId: string): Promise<unknown> => forgetPart({ recordingId, number: OPEN });

export const forgetPart = ({ recordingId, number }: Pick<KeptPart, 'recordingId' | 'number'>): Promise<unknown> =>
  inStore('readwrite', (store) => store.delete([recordingId, number]));

/** What is left of recordings of a project, by recording, its parts in order; one may have none. */
export async function keptParts(projectId: string): Promise<Map<string, KeptPart[]>> {
  const parts = (await inStore('readonly', (store) => store.getAll())) as KeptPart[];
  const byRecording = new Map<string, KeptPart[]>();
  for (const part of parts)
    if (part.projectId === projectId)
      byRecording.set(part.recordingId, [
        ...(byRecording.get(part.recordingId) ?? []),
        ...(part.number === OPEN ? [] : [part]),
      ]);
  return byRecording;
}

const lockOf = (recordingId: string): string => `overmind-recording-${recordingId}`;

/** Tells the other pages of this browser that the recording goes on here. @returns ends that; the page's end does too */
export function holdRecording(recordingId: string): () => void {
  let release = (): void => undefined;
  void navigator.locks.request(lockOf(recordingId), () => new Promise<void>((resolve) => (release = resolve)));
  return () => release();
}

/** Works on a recording that no page goes on with. */
export async function ifLeft(recordingId: string, work: () => Promise<void>): Promise<void> {
  await navigator.locks.request(lockOf(recordingId), { ifAvailable: true }, async (lock) => {
    if (lock) await work();
  });
}
