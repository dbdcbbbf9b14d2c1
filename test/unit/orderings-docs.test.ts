/** What docs/studies.md says of orderings: its examples can be used, and its pictures are drawn from them. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { packageRoot } from '../../src/platform/root.js';
import { blocksOf, type Ordering, orderingsSchema } from '../../src/studies/orderings/ordering.js';
import { orderingRows } from '../../src/studies/orderings/rows.js';
import { orderingsPicture } from './orderings-picture.js';

/** `OBSERVATORY_PICTURES=docs/images` draws the pictures anew. */
const PICTURES = process.env['OBSERVATORY_PICTURES'];

interface Example {
  readonly text: string;
  readonly picture: string;
  readonly orderings: Ordering[];
}

function examples(): Example[] {
  const docs = readFileSync(path.join(packageRoot, 'docs/studies.md'), 'utf8');
  return [
    ...docs.matchAll(/```yaml\n(orderings:\n(?:(?!```).)*)```\n\n!\[(.*?)\]\(images\/(ordering-\w+\.svg)\)/gs),
  ].map(([, yaml, text, picture]) => {
    const { orderings } = parse(yaml!) as { orderings: unknown };
    return { text: text!, picture: picture!, orderings: orderingsSchema.parse(orderings) };
  });
}

describe('docs/studies.md on orderings', () => {
  it('has an example and a picture of each kind', () => {
    const kinds = examples().flatMap(({ orderings }) =>
      orderings.flatMap((each) => [each.kind, ...blocksOf(each).map(({ kind }) => kind)]),
    );
    assert.deepEqual([...new Set(kinds)].sort(), ['balanced', 'fixed', 'full', 'latin', 'nested', 'random']);
    assert.equal(examples().length, 7);
  });

  it('says how many orders each example has', () => {
    const words = ['No', 'One', 'Two', 'Three', 'Four', 'Five', 'Six'];
    for (const { text, orderings } of examples()) {
      const rows = orderingRows(orderings, new Map()).length;
      assert.match(text, new RegExp(`^${words[rows]} order`), text);
    }
  });

  it('has pictures that show what the examples give', () => {
    for (const { text, picture, orderings } of examples()) {
      const drawn = orderingsPicture(text, orderings);
      if (PICTURES) writeFileSync(path.join(PICTURES, picture), drawn);
      assert.equal(readFileSync(path.join(packageRoot, 'docs/images', picture), 'utf8'), drawn, picture);
    }
  });
});
