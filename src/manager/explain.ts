import { placementReasons } from '../platform/nomad/placement.js';
import type { AllocationStub, Evaluation } from '../platform/nomad/schemas.js';

/** Task events that tell why a task is over; the others only say that it is. */
const telling = new Set([
  'Terminated',
  'Driver Failure',
  'Setup Failure',
  'Failed Validation',
  'Failed Artifact Download',
  'Killing',
  'Disk Resources Exceeded',
  'Sibling Task Failed',
]);

/** Why an allocation ended, from its tasks' events, in Nomad's words. */
export function ending({ ClientStatus, ClientDescription, NodeName, TaskStates }: AllocationStub): string {
  if (ClientStatus === 'lost') return `The node ${NodeName} was lost.`;
  if (ClientStatus !== 'failed' && ClientStatus !== 'complete') return '';
  const events = Object.values(TaskStates ?? {}).flatMap((state) => state.Events ?? []);
  const event = events.findLast(({ Type }) => telling.has(Type)) ?? events.at(-1);
  const words =
    event === undefined || event.DisplayMessage === '' ? ClientDescription : `${event.Type}: ${event.DisplayMessage}`;
  return `Nomad on ${NodeName}: ${words}.`;
}

/** Why no node takes an instance, such as "No node has room for it: memory is used up on 2 of 3 nodes." */
export function blockedReason({ FailedTGAllocs }: Evaluation): string {
  const failures = Object.values(FailedTGAllocs ?? {});
  const [failure] = failures;
  if (failure === undefined) return 'No node takes it for the moment.';
  const { NodesEvaluated, NodesFiltered } = failure;
  if (NodesEvaluated === 0) return 'No node takes it: there is none in its datacenters and pool.';
  const nodes = NodesEvaluated === 1 ? 'node' : 'nodes';
  const reasons = placementReasons(failure);
  if (reasons.length === 0) return `No node has room for it (${NodesFiltered} of ${NodesEvaluated} ${nodes} excluded).`;
  return `No node has room for it: ${reasons.join(', ')}.`;
}
