import { z } from 'zod';

const fileSchema = z.object({
  path: z.string(),
  /** Of a table; lines of a CSV are more, as texts have line ends. */
  rows: z.int().min(0).optional(),
  columns: z.array(z.string()).optional(),
  bytes: z.int().min(0),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

export const formatSchema = z.enum(['native', 'upstream']);

/** The last file of an export: what is in the others, and what they were made from and by. */
export const manifestSchema = z.object({
  /** The manner of the export; another number cannot be imported. */
  observatoryExport: z.literal(1),
  format: formatSchema,
  exportedAt: z.iso.datetime(),
  study: z.object({ id: z.string(), title: z.string(), state: z.string(), revision: z.string() }),
  software: z.object({ name: z.literal('developer-observatory'), version: z.string(), migration: z.int() }),
  files: z.array(fileSchema),
});

export type Manifest = z.infer<typeof manifestSchema>;
export type ExportFormat = Manifest['format'];
export const MANIFEST = 'manifest.json';
