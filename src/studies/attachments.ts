/** Files of a study that pages link to as they are. */
import type { StudyParts } from './definition.js';
import type { DefinitionProblem } from './definition-problem.js';
import { readStudyPdf, UnreadableFile } from './study-files.js';

export const CONSENT_PDF = 'consent.pdf';

export interface Attachment {
  /** Its path in the study folder. */
  readonly file: string;
  /** Under which pages link to it. */
  readonly name: string;
  readonly type: string;
  readonly content: Buffer;
}

export async function readAttachments(
  folder: string,
  { texts }: StudyParts,
): Promise<{ attachments: Attachment[]; problems: DefinitionProblem[] }> {
  if (texts?.consentPdf === undefined) return { attachments: [], problems: [] };
  try {
    const content = await readStudyPdf(folder, texts.consentPdf);
    return { attachments: [{ file: texts.consentPdf, name: CONSENT_PDF, type: 'application/pdf', content }], problems: [] };
  } catch (error) {
    if (!(error instanceof UnreadableFile)) throw error;
    return { attachments: [], problems: [{ path: ['texts', 'consentPdf'], message: error.message }] };
  }
}
