import type { Logger } from '../../platform/log.js';
import type { Queryable } from '../../platform/postgres/database.js';
import { Repeated } from '../../platform/repeated.js';
import type { Visitor } from '../access/role.js';
import { visitorsOf } from '../access/sessions.js';
import { type Overview, readOverview } from './overview.js';

const LOOK_MS = 2_000;

interface Watcher {
  /** The id of the session. */
  readonly session: string;
  readonly tell: (text: string) => void;
  /** The session is over: nothing more is told. */
  readonly over: () => void;
  /** The web process stops. */
  readonly end: () => void;
}

interface Needs {
  readonly database: Queryable;
  readonly log: Logger;
  readonly staleAfterSeconds: number;
  /** What somebody with these studies sees of it. */
  readonly show: (overview: Overview, visitor: Visitor) => string;
}

/**
 * All of this web process who have the overview open: it looks at the platform every two seconds for all of them together, and
 * only while there are some. Each look also asks which of their sessions are not over, and what they may see now.
 */
export class Lookout {
  private readonly watchers = new Set<Watcher>();
  private readonly looks = new Repeated(() => this.look());
  private isStopped = false;
  private readonly timer: NodeJS.Timeout;

  constructor(private readonly needs: Needs) {
    this.timer = setInterval(() => {
      if (this.watchers.size > 0) this.looks.hurry();
    }, LOOK_MS);
  }

  /** Tells at each look, until the returned function is called. */
  watch(watcher: Watcher): () => void {
    if (this.isStopped) watcher.end();
    else this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    clearInterval(this.timer);
    for (const watcher of this.watchers) watcher.end();
    this.watchers.clear();
    await this.looks.rest();
  }

  private async look(): Promise<void> {
    const { database, log, staleAfterSeconds } = this.needs;
    const watchers = [...this.watchers];
    try {
      const sessions = await visitorsOf(database, [...new Set(watchers.map(({ session }) => session))]);
      const overview = await readOverview(database, staleAfterSeconds);
      const shown = new Map<string, string>();
      for (const watcher of watchers) {
        const visitor = sessions.get(watcher.session);
        if (visitor === undefined) watcher.over();
        else watcher.tell(this.shownTo(visitor, overview, shown));
      }
    } catch (error) {
      log.warn({ err: error }, 'the overview could not be looked at; open pages show what was told last');
    }
  }

  /** The same for all who see the same studies. */
  private shownTo(visitor: Visitor, overview: Overview, shown: Map<string, string>): string {
    const key = JSON.stringify(visitor.studies === 'all' ? 'all' : visitor.studies.toSorted());
    const known = shown.get(key);
    if (known !== undefined) return known;
    const text = this.needs.show(overview, visitor);
    shown.set(key, text);
    return text;
  }
}
