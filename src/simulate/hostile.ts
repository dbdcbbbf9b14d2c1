/** What a participant must not be able to do. Each try must be refused, and must leave the others' work as it is. */
import type { Tally } from './tally.js';
import { StepError, type Traveller } from './traveller.js';

interface Attack {
  readonly who: Traveller;
  readonly tally: Tally;
  /** The attacker's own instance, and other participants'. */
  readonly own: string;
  readonly others: () => readonly string[];
}

interface Try {
  readonly what: string;
  readonly path: string;
  readonly init?: RequestInit;
  readonly refused: readonly number[];
}

const JSON_POST = { 'content-type': 'application/json', 'x-observatory': '1' };
const post = (body: string, headers: Record<string, string> = JSON_POST): RequestInit => ({
  method: 'POST',
  headers,
  body,
});
const garbage = { seq: 1_000_000, type: 'edit', at: 'never', clock: -1, page: '', data: { steps: 'none' } };
/** Of no participant: an instance's id, not a lease. */
const NOBODYS = '000000000000';

export async function attack({ who, tally, own, others }: Attack): Promise<void> {
  const foreign = others().filter((id) => id !== own);
  const tries = [...garbageTo(`/proxy/${own}/`), ...[NOBODYS, ...foreign.slice(0, 3)].flatMap(foreignTries)];
  const letIn: string[] = [];
  for (const { what, path, init, refused } of tries) {
    const { status } = await who.ask('attack', path, init);
    if (refused.includes(status)) tally.count('attacks refused');
    else letIn.push(`${what} was answered with ${status}`);
  }
  if (letIn.length > 0) throw new StepError('attack', letIn.join('; '));
}

function garbageTo(path: string): Try[] {
  const events = `${path}events`;
  return [
    { what: 'no JSON', path: events, init: post('{"events": ['), refused: [400] },
    { what: 'another shape', path: events, init: post('[1, 2, 3]'), refused: [400] },
    { what: 'garbage events', path: events, init: post(JSON.stringify({ events: [garbage] })), refused: [400] },
    {
      what: 'a form of another site',
      path: events,
      init: post('{"events": []}', { 'content-type': 'text/plain' }),
      refused: [400, 403, 415],
    },
    {
      what: 'a huge body',
      path: events,
      init: post(JSON.stringify({ events: 'x'.repeat(13 * 1024 * 1024) })),
      refused: [413],
    },
    { what: 'files of the instance', path: `${path}api/contents`, refused: [403, 404] },
    { what: 'a terminal', path: `${path}api/terminals`, init: post('{}'), refused: [403, 404] },
    { what: 'the control page', path: '/control', refused: [401, 403, 404, 302, 303] },
    { what: 'the gate', path: '/gate', refused: [401, 403, 404] },
  ];
}

function foreignTries(instance: string): Try[] {
  const path = `/proxy/${instance}/`;
  const event = { events: [], snapshot: { seq: 0, document: { tasks: [] } } };
  return [
    { what: 'another’s notebook', path: `${path}notebook`, refused: [403, 404] },
    { what: 'another’s kernels', path: `${path}api/kernels`, refused: [403, 404] },
    { what: 'another’s events', path: `${path}events`, init: post(JSON.stringify(event)), refused: [400, 403, 404] },
    { what: 'another’s finish', path: `${path}finish`, init: post('{"seq":0}'), refused: [403, 404] },
  ];
}
