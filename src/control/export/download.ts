import { PassThrough, type Readable } from 'node:stream';
import type { Database } from '../../platform/postgres/database.js';
import { Refusal } from '../../platform/web/refusal.js';
import { audit } from '../access/audit.js';
import { action, type ControlRoute } from '../access/route.js';
import { checkKnownStudy } from '../access/study-right.js';
import { exportStudy } from './export.js';
import { type ExportFormat, formatSchema } from './manifest.js';

/** Each reads the whole study on a connection of its own. */
const MOST_AT_ONCE = 2;

export interface Wanted {
  readonly study: string;
  readonly format: ExportFormat;
  readonly actor: string;
}

/** The exports that are downloaded: the same that `observatory export` writes. */
export class Exports {
  private running = 0;

  constructor(private readonly database: Database) {}

  /** What is written while it is read. */
  async start({ study, format, actor }: Wanted): Promise<{ readonly fileName: string; readonly content: Readable }> {
    const { database } = this;
    await checkKnownStudy(database, study);
    if (this.running >= MOST_AT_ONCE) {
      throw new Refusal(503, 'busy', 'Other exports are being made at the moment. Try again in a few minutes.');
    }
    await audit(database, { subject: 'study', id: study, study, to: 'exported', actor, reason: format });
    const content = new PassThrough();
    this.running += 1;
    void exportStudy({ database, studyId: study, format, output: content, progress: () => undefined })
      // The download breaks off, and what serves it logs why.
      .catch((error: unknown) => content.destroy(error as Error))
      .finally(() => (this.running -= 1));
    return { fileName: `${study}-${format}.zip`, content };
  }
}

export function exportRoutes(exports: Exports): ControlRoute[] {
  return [
    action('/control/studies/:study/export', 'researcher', async (ctx, { visitor, study, form }) => {
      const { success, data: format } = formatSchema.safeParse(form.get('format'));
      if (!success) throw new Refusal(400, 'bad-request', 'An export is native or upstream.');
      const { fileName, content } = await exports.start({ study, format, actor: visitor.name });
      ctx.attachment(fileName);
      ctx.type = 'application/zip';
      ctx.body = content;
    }),
  ];
}
