import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import { studyJsonSchema } from '../../src/studies/definition.js';
import { fieldsAt, type JsonSchema } from '../../src/studies/json-schema.js';
import { publishedSchema, SCHEMA_FILE, schemaLine } from '../../src/studies/published-schema.js';

const FOLDER = 'studies';

describe('the published schema of study.yaml', () => {
  it('is the current one: `observatory study schema > studies/study.schema.json` makes it anew', async () => {
    assert.equal(await readFile(path.join(FOLDER, SCHEMA_FILE), 'utf8'), publishedSchema());
  });

  it('is named by each example study, on its first line', async () => {
    for (const entry of await readdir(FOLDER, { withFileTypes: true })) {
      if (!entry.isDirectory()) continue;
      const text = await readFile(path.join(FOLDER, entry.name, 'study.yaml'), 'utf8');
      assert.equal(text.slice(0, text.indexOf('\n') + 1), schemaLine(`../${SCHEMA_FILE}`), entry.name);
    }
  });

  it('knows every field of the example studies, and explains each at the top', async () => {
    const study = parse(await readFile(path.join(FOLDER, 'crypto-api/study.yaml'), 'utf8')) as Record<string, unknown>;
    const known = fieldsAt(studyJsonSchema, []);
    assert.deepEqual(
      Object.keys(study).filter((field) => !known.includes(field)),
      [],
    );
    for (const [field, schema] of Object.entries(studyJsonSchema.properties!)) {
      assert.match(String((schema as JsonSchema).description), /^\S.*[.:`]/, field);
    }
  });

  it('is explained in docs/studies.md, field by field', async () => {
    const docs = await readFile('docs/studies.md', 'utf8');
    for (const field of fieldsAt(studyJsonSchema, [])) assert.match(docs, new RegExp(`^\\| \`${field}\` +\\|`, 'm'));
    for (const field of fieldsAt(studyJsonSchema, ['tasks', 0])) assert.ok(docs.includes(`\`${field}\``), field);
  });

  it('gives the fields of alternatives: all kinds of cells, levels, both ends', () => {
    assert.deepEqual(fieldsAt(studyJsonSchema, ['tasks', 0, 'cells', 0]), [
      'id',
      'markdown',
      'code',
      'runnable',
      'expect',
      'notebook',
      'tasknum',
    ]);
    assert.deepEqual(fieldsAt(studyJsonSchema, ['conditions', 'any', 1]), ['name', 'label', 'values', 'order']);
    assert.deepEqual(fieldsAt(studyJsonSchema, ['exitSurvey']), ['url', 'parameters', 'questions', 'thanks']);
    assert.ok(fieldsAt(studyJsonSchema, ['screening', 'questions', 0]).includes('several'));
  });
});
