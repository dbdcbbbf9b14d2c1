import { lapse } from '../participants/lapse.js';
import { type ReadyHints, serveLine } from '../participants/line.js';
import { type Place, readPlaces, readStandings, type Standing } from '../participants/line-view.js';
import { KEPT_SECONDS, markSeen } from '../participants/presence.js';
import type { Logger } from '../platform/log.js';
import { Repeated } from '../platform/repeated.js';
import type { Database } from '../platform/postgres/database.js';
import type { Telemetry } from '../platform/web/telemetry.js';

const LOOK_MS = 1_000;
const MARK_MS = 5_000;
const LAPSE_MS = 15_000;

interface Needs {
  readonly database: Database;
  readonly hints: ReadyHints;
  readonly log: Logger;
  /** Instances were given out: makes them ready, in its own time. */
  readonly prepare: () => void;
  readonly telemetry: Pick<Telemetry, 'served'>;
}

interface Watcher {
  readonly id: string;
  readonly tell: (place: Place) => void;
  /** The web process stops. */
  readonly end: () => void;
}

interface Question {
  readonly id: string;
  readonly answer: (place: Place) => void;
  readonly fail: (error: unknown) => void;
}

/**
 * All of this web process who wait: it looks at the line once a second for all of them, and only while there are some. A look
 * notes who is there, gives out what is ready, and tells each where they are.
 */
export class WaitingRoom {
  private readonly watchers = new Set<Watcher>();
  private questions: Question[] = [];
  private readonly marked = new Map<string, number>();
  private readonly looks = new Repeated(() => this.answerAll());
  private isStopped = false;
  private lapseAfter = Date.now() + KEPT_SECONDS * 1000;
  private readonly timers: readonly NodeJS.Timeout[];

  constructor(private readonly needs: Needs) {
    const look = (): void => {
      if (this.watchers.size > 0) this.looks.hurry();
    };
    this.timers = [setInterval(look, LOOK_MS), setInterval(() => void this.lapse(), LAPSE_MS)];
  }

  /** Tells at once and at each look, until the returned function is called. */
  watch(watcher: Watcher): () => void {
    if (this.isStopped) watcher.end();
    else this.watchers.add(watcher);
    this.looks.hurry();
    return () => this.watchers.delete(watcher);
  }

  /** Where somebody is just now, after ready instances were given out. */
  ask(id: string): Promise<Place> {
    return new Promise((answer, fail) => {
      this.questions.push({ id, answer, fail });
      this.looks.hurry();
    });
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    for (const timer of this.timers) clearInterval(timer);
    for (const watcher of this.watchers) watcher.end();
    this.watchers.clear();
    await this.looks.rest();
  }

  private async answerAll(): Promise<void> {
    const questions = this.questions;
    this.questions = [];
    try {
      const places = await this.look(questions.map(({ id }) => id));
      for (const { id, answer } of questions) answer(places.get(id) ?? { state: 'gone' });
      for (const watcher of this.watchers) {
        const place = places.get(watcher.id);
        if (place) watcher.tell(place);
      }
    } catch (error) {
      this.needs.log.warn({ err: error }, 'the waiting line could not be looked at');
      for (const { fail } of questions) fail(error);
    }
  }

  private async look(asking: readonly string[]): Promise<Map<string, Place>> {
    const { database, hints, prepare, telemetry } = this.needs;
    const watching = [...this.watchers].map(({ id }) => id);
    const ids = [...new Set([...asking, ...watching])];
    if (ids.length === 0) return new Map();
    await this.mark(asking, watching);
    const profiles = profilesWaited(await readStandings(database, ids));
    const waits: number[] = [];
    for (const profile of profiles) waits.push(...(await serveLine(database, hints, profile)));
    for (const seconds of waits) telemetry.served(seconds);
    if (waits.length > 0) prepare();
    return readPlaces(database, ids, profiles);
  }

  /** Who asks each time, who watches now and then. */
  private async mark(asking: readonly string[], watching: readonly string[]): Promise<void> {
    const now = Date.now();
    for (const [id, at] of this.marked) if (now - at >= MARK_MS) this.marked.delete(id);
    const due = new Set([...asking, ...watching.filter((id) => !this.marked.has(id))]);
    if (due.size === 0) return;
    await markSeen(this.needs.database, [...due]);
    for (const id of due) this.marked.set(id, now);
  }

  /** While the platform was away nobody could be seen: nobody loses a place for that. */
  private async lapse(): Promise<void> {
    if (Date.now() < this.lapseAfter) return;
    try {
      const lapsed = await lapse(this.needs.database);
      if (lapsed > 0) this.needs.log.info({ lapsed }, 'places in the line were given up by who did not come back');
    } catch (error) {
      this.lapseAfter = Date.now() + KEPT_SECONDS * 1000;
      this.needs.log.warn({ err: error }, 'places in the line that were given up are still there');
    }
  }
}

function profilesWaited(standings: readonly Standing[]): string[] {
  return [...new Set(standings.filter(({ state }) => state === 'waiting').map(({ profile }) => profile))];
}
