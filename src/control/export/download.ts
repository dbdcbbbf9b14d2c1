import { PassThrough } from 'node:stream';
import type { Database } from '../../platform/postgres/database.js';
import { Refusal } from '../../platform/web/refusal.js';
import { audit } from '../access/audit.js';
import { action, type ControlRoute } from '../access/route.js';
import { exportStudy } from './export.js';
import { formatSchema } from './manifest.js';

/** Each reads the whole study on a connection of its own. */
const MOST_AT_ONCE = 2;

/** The export as a download: the same that `observatory export` writes. */
export function exportRoutes({ database }: { readonly database: Database }): ControlRoute[] {
  let running = 0;
  return [
    action('/control/studies/:study/export', 'researcher', async (ctx, { visitor, study, form }) => {
      const { success, data: format } = formatSchema.safeParse(form.get('format'));
      if (!success) throw new Refusal(400, 'bad-request', 'An export is native or upstream.');
      const { rowCount } = await database.query('select from studies where id = $1', [study]);
      if (rowCount === 0) throw new Refusal(404, 'unknown-study', 'There is no study of this name.');
      if (running >= MOST_AT_ONCE) {
        throw new Refusal(503, 'busy', 'Other exports are being made at the moment. Try again in a few minutes.');
      }
      await audit(database, {
        subject: 'study',
        id: study,
        study,
        to: 'exported',
        actor: visitor.name,
        reason: format,
      });
      const output = new PassThrough();
      ctx.attachment(`${study}-${format}.zip`);
      ctx.type = 'application/zip';
      ctx.body = output;
      running += 1;
      void exportStudy({ database, studyId: study, format, output, progress: () => undefined })
        // The download breaks off, and what serves it logs why.
        .catch((error: unknown) => output.destroy(error as Error))
        .finally(() => (running -= 1));
    }),
  ];
}
