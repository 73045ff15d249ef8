import { listOf, objectOf, textOf } from '../reading.ts';
import type { PlanSteps } from './teller.ts';

type StepStatus = PlanSteps[number]['status'];
const STATUSES = new Map<unknown, StepStatus>([
  ['in_progress', 'active'],
  ['active', 'active'],
  ['running', 'active'],
  ['completed', 'done'],
  ['done', 'done'],
  // Nobody will do it any more.
  ['cancelled', 'done'],
  ['canceled', 'done'],
]);

/** The steps of a plan or a to-do list, as one of the programs writes it. */
export function planStepsOf(list: unknown): PlanSteps {
  return listOf(list)
    .map(objectOf)
    .map((step) => ({
      text:
        textOf(step['content']) ?? textOf(step['text']) ?? textOf(step['step']) ?? textOf(step['description']) ?? '',
      status: step['completed'] === true ? 'done' : (STATUSES.get(step['status']) ?? 'pending'),
    }));
}
