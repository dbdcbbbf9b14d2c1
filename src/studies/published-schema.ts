import { studyJsonSchema } from './definition.js';

export const SCHEMA_FILE = 'study.schema.json';

/** Tells editors what completes and checks the file that it begins. */
export const schemaLine = (schema: string): string => `# yaml-language-server: $schema=${schema}\n`;

/** What editors complete and check study.yaml by. */
export function publishedSchema(): string {
  const { $schema, ...rest } = studyJsonSchema;
  const schema = { $schema, title: 'A study of the Developer Observatory: study.yaml', ...rest };
  return `${JSON.stringify(schema, null, 2)}\n`;
}
