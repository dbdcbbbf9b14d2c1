import { finish } from '../../../src/participants/lease.js';
import { join } from '../../../src/participants/join.js';
import { type ReadyHints, serveLine } from '../../../src/participants/line.js';
import { arrive } from '../../../src/participants/participant.js';
import { liveInstance } from '../../../src/participants/lease.js';
import { markSeen } from '../../../src/participants/presence.js';
import { probeKey } from '../../../src/platform/identity.js';
import { keys, popReady } from '../../../src/platform/redis.js';
import type { FaultStack } from './fault-stack.js';

const STUDY = 'crypto-api';
const PROFILE = 'default';

/** People who come and go, many at once: what the web app does for them, without its pages. */
export class LineOfPeople {
  /** What no participant should ever see, each a sentence. */
  readonly complaints: string[] = [];
  private readonly working = new Map<string, string>();
  private readonly waiting = new Set<string>();
  private arrived = 0;
  private finished = 0;
  private readonly hints: ReadyHints;

  constructor(private readonly stack: FaultStack) {
    this.hints = { pop: () => popReady(stack.parts.redis) };
  }

  get atWork(): number {
    return this.working.size;
  }

  get counts(): string {
    return `${this.arrived} came, ${this.finished} finished`;
  }

  async come(): Promise<void> {
    const { database } = this.stack.parts;
    this.arrived += 1;
    // The study has a cap for each address and day.
    const address = { key: `of person ${this.arrived}`, kept: null };
    const { id } = await arrive(database, STUDY, address);
    const joined = await join(database, { participantId: id, studyId: STUDY, version: 1, address, consent: [] });
    if (joined !== 'joined') throw new Error(`${id} could not join: ${joined}`);
    this.waiting.add(id);
    await this.serve();
  }

  /** Warm instances go to those who wait, as at each question of a waiting page. */
  async serve(): Promise<void> {
    const { database } = this.stack.parts;
    await markSeen(database, [...this.waiting]);
    await serveLine(database, this.hints, PROFILE);
    await this.nudge();
    for (const id of this.waiting) {
      const instance = await liveInstance(database, id);
      if (instance === undefined) continue;
      this.waiting.delete(id);
      this.working.set(id, instance);
    }
  }

  /** The one who has worked longest is done; the instance must have been there all the time. */
  async leave(): Promise<void> {
    const [longest] = this.working;
    if (longest === undefined) return;
    const [id, instance] = longest;
    const { database } = this.stack.parts;
    this.working.delete(id);
    const now = await liveInstance(database, id);
    if (now !== instance) this.complaints.push(`${id} had ${instance} and then ${now}`);
    const status = await this.askInstance(instance);
    if (status !== 200) this.complaints.push(`${instance} of ${id} answered ${status}`);
    const result = await finish(database, id, 0);
    if (!result.finished) this.complaints.push(`${id} could not finish`);
    this.finished += 1;
    await this.nudge();
  }

  /** Until nobody waits and nobody works. */
  async allLeave(): Promise<void> {
    await this.serve();
    while (this.working.size > 0) await this.leave();
  }

  get waits(): number {
    return this.waiting.size;
  }

  private async askInstance(instance: string): Promise<number> {
    const { environment } = this.stack.parts;
    const response = await fetch(`${this.stack.publicUrl}/proxy/${instance}/api/kernels`, {
      headers: { 'x-observatory-probe': probeKey(environment.OBSERVATORY_SECRET ?? '', instance) },
      signal: AbortSignal.timeout(20_000),
    });
    await response.arrayBuffer();
    return response.status;
  }

  private async nudge(): Promise<void> {
    await this.stack.parts.redis.publish(keys.nudge, 'test');
  }
}
