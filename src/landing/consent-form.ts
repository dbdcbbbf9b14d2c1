import type { Context } from 'koa';
import { z } from 'zod';
import type { StoredStudy } from '../participants/study-store.js';
import { parsed } from '../platform/web/body.js';
import { refusal } from '../platform/web/refusal-pages.js';

/** What the original's form called the boxes that are ours by default. */
const originalNames = { age_yes: 'age', lang_yes: 'language', read_yes: 'read', cont_yes: 'continue' };

const formSchema = z.looseObject({
  /** Of the study; scripts that know the original's form do not send it. */
  version: z.string().optional(),
  consent: z.union([z.string(), z.array(z.string())]).optional(),
});

/** The study's boxes, all of which have to be ticked. */
export function tickedBoxes(ctx: Context, study: StoredStudy): string[] {
  const form = parsed(formSchema, ctx.request.body);
  const ticked = [form.consent ?? []].flat();
  for (const [name, box] of Object.entries(originalNames)) if (form[name] === 'on') ticked.push(box);
  const boxes = study.page.consentBoxes.map(({ id }) => id);
  if (boxes.every((id) => ticked.includes(id))) return boxes;
  throw refusal('consent-incomplete');
}

/** Whether the form that was sent showed another version of the study than it has now. */
export function sawAnotherVersion(ctx: Context, { version }: StoredStudy): boolean {
  const { version: seen } = parsed(formSchema, ctx.request.body);
  return seen !== undefined && seen !== String(version);
}
