import type { ChangeSet } from '@codemirror/state';
import type { Document } from '../../src/studies/document.js';
import type { EventKind } from '../../src/studies/recording.js';
import type { StudyEvent } from '../../src/submit/event.js';
import type { PlainParticipant } from '../browser/running-platform.js';

const headers = { 'content-type': 'application/json', 'x-observatory': '1' };

/** The notebook page's side of the record, without a browser: numbers its events and sends them. */
export class Typist {
  private last = 0;
  private loads = 1;

  private constructor(
    readonly who: PlainParticipant,
    readonly path: string,
  ) {}

  static at(who: PlainParticipant, path: string | undefined): Typist {
    if (path === undefined) throw new Error('the participant has no instance');
    return new Typist(who, path);
  }

  get instance(): string {
    return this.path.split('/')[2]!;
  }

  get seq(): number {
    return this.last;
  }

  /** Events from now on are another page's. */
  reload(): void {
    this.loads += 1;
  }

  event(type: EventKind, data: object, more: Partial<StudyEvent> = {}): StudyEvent {
    this.last += 1;
    const head = { seq: this.last, at: new Date().toISOString(), clock: this.last * 10, page: `p${this.loads}` };
    return { ...head, task: null, cell: null, focusSeconds: 0, type, data: { ...data }, ...more };
  }

  edit(changes: ChangeSet): object {
    return { steps: [{ clock: this.last * 10, changes: changes.toJSON() as unknown, by: 'input.type' }] };
  }

  /** Sends them, and asks for no more than that they are taken. */
  async send(...events: StudyEvent[]): Promise<void> {
    await this.taken({ events });
  }

  async sendWith(snapshot: { seq: number; document: Document }, ...events: StudyEvent[]): Promise<void> {
    await this.taken({ events, snapshot });
  }

  post(path: string, body: unknown): Promise<Response> {
    return this.who.request(this.path + path, { method: 'POST', headers, body: JSON.stringify(body) });
  }

  get(path: string): Promise<Response> {
    return this.who.request(this.path + path);
  }

  finish(): Promise<Response> {
    return this.post('finish', { seq: this.last });
  }

  private async taken(body: unknown): Promise<void> {
    const answer = await this.post('events', body);
    if (answer.status !== 200)
      throw new Error(`the events were answered with ${answer.status}: ${await answer.text()}`);
  }
}
