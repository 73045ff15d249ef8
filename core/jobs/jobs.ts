import { z } from 'zod';
import { defineJob } from './define-job.ts';

const project = z.strictObject({ projectId: z.uuid() });
export type ProjectPayload = typeof project;

/** Run the cycle that waits for this project, if one waits. */
export const orchestratorCycle = defineJob({
  name: 'orchestrator.cycle',
  queue: 'orchestrator',
  payload: project,
  attempts: 5,
});
/** Bring the state document up to date; a new version only when something has changed. */
export const rebuildState = defineJob({ name: 'state.rebuild', queue: 'maintenance', payload: project, attempts: 3 });
/** Copy the state versions that are not in the project's Git repository yet. */
export const copyStateToGit = defineJob({ name: 'state.copy', queue: 'maintenance', payload: project, attempts: 5 });
/** Tell runners, and whoever looks, of a run whose retry delay is over. */
export const wakeRunners = defineJob({
  name: 'runners.wake',
  queue: 'maintenance',
  payload: z.strictObject({ runId: z.uuid() }),
  attempts: 3,
});
/** Tell runners, and whoever looks, of an agent whose limit of use is over. */
export const wakeAgent = defineJob({
  name: 'agents.wake',
  queue: 'maintenance',
  payload: z.strictObject({ agentId: z.uuid() }),
  attempts: 3,
});
/** Transcribe this recording, if it waits for that. */
export const transcribe = defineJob({
  name: 'recording.transcribe',
  queue: 'transcription',
  payload: z.strictObject({ recordingId: z.uuid() }),
  attempts: 1,
});
