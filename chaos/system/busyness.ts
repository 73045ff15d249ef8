import { availableParallelism, loadavg } from 'node:os';

/** Above this many waiting processes a processor, ours wait for seconds: then nothing is said about times. */
const STARVED = 5;
/** A campaign's own share. */
const USUAL = 2;
const MAX_PATIENCE = 4;

/** Processes that want to run, a processor. */
export const busyness = (): number => (loadavg()[0] ?? 0) / availableParallelism();

/** How much longer than on an idle machine is waited for something. */
export const patience = (): number => Math.min(MAX_PATIENCE, Math.max(1, busyness() / USUAL));

/** Whether other work on this machine takes so much of it that a healthy run may look lost. */
export const isMachineStarved = (): boolean => busyness() > STARVED;
