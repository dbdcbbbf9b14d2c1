/** The main path in a real browser on real parts, and what stands in Postgres afterwards. */
import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import { playParticipant, type Visit } from '../../src/local/participant.js';
import { instanceToken } from '../../src/platform/identity.js';
import type { Document } from '../../src/studies/document.js';
import { eventually, type RunningPlatform, startPlatform } from './running-platform.js';

interface StoredEvent {
  readonly seq: string;
  readonly type: string;
  readonly task: string | null;
}

const TYPED = '# typed by the test: äöü 🙂';

describe('the path of one participant', function () {
  this.timeout(180_000);
  let platform: RunningPlatform;
  let visit: Visit;
  let participant: string;
  const sources: Record<string, string> = {};
  const seen: string[] = [];

  before(async () => {
    platform = await startPlatform(1);
    visit = await playParticipant({
      cache: platform.cache,
      studyLink: platform.studyLink,
      log: () => undefined,
      at: async (landmark, page) => {
        seen.push(await everythingTheBrowserHolds(page));
        if (landmark === 'task-1') await typeAtTheEnd(page);
        if (landmark === 'finished-work') Object.assign(sources, await sourcesOnScreen(page));
      },
    });
    const { rows } = await platform.database.query<{ id: string }>(
      'select participant_id as id from leases where instance_id = $1',
      [visit.instanceId],
    );
    participant = rows[0]!.id;
  });
  after(() => platform?.stop());

  it('ends at the exit survey with the parameters that the study names', () => {
    const address = new URL(visit.exitAddress);
    assert.equal(address.pathname, '/demo/exit-survey');
    assert.equal(address.searchParams.get('uid'), participant);
    assert.equal(address.searchParams.get('newtest'), 'Y');
  });

  it('leaves every event once, in order and without a gap', async () => {
    const { rows } = await platform.database.query<StoredEvent>(
      'select seq, type, task from events where participant_id = $1 order by seq',
      [participant],
    );
    assert.deepEqual(
      rows.map(({ seq }) => Number(seq)),
      rows.map((_, index) => index + 1),
    );
    assert.equal(rows.length, visit.sent);
    const steps = rows.map(({ type }) => type).filter((type) => !['edit', 'focus', 'blur', 'kernel'].includes(type));
    assert.deepEqual(steps, [
      ...['open', 'run', 'output', 'start'],
      ...['run', 'output', 'run', 'output', 'next'],
      ...['run', 'output', 'run', 'output', 'next'],
      'finish',
    ]);
  });

  it('stores as the last snapshot what was on the screen', async () => {
    const { rows } = await platform.database.query<{ document: Document }>(
      'select document from snapshots where participant_id = $1 order by seq desc limit 1',
      [participant],
    );
    const cells = rows[0]!.document.tasks.flatMap((task) => task.cells).filter((cell) => cell.type === 'code');
    assert.deepEqual(Object.fromEntries(cells.map((cell) => [cell.id, cell.source])), sources);
    assert.ok(cells.some((cell) => cell.source.endsWith(TYPED)));
    const outputs = cells.map((cell) => [cell.id, printed(cell.outputs)]);
    const onScreen = Object.entries(visit.outputs).map(([cell, text]) => [cell, text.trim()]);
    assert.deepEqual(Object.fromEntries(outputs), Object.fromEntries(onScreen));
  });

  it('finishes the participant and stops the instance', async () => {
    const { rows } = await platform.database.query<{ state: string }>('select state from participants where id = $1', [
      participant,
    ]);
    assert.equal(rows[0]?.state, 'finished');
    const stopped = await eventually('the instance is stopped', async () => {
      const found = await platform.database.query<{ state: string }>(
        `select state from instances where id = $1 and state = 'stopped'`,
        [visit.instanceId],
      );
      return found.rows[0]?.state;
    });
    assert.equal(stopped, 'stopped');
  });

  it('never shows the token of an instance to the browser', () => {
    const token = instanceToken(platform.stack.environment['OBSERVATORY_SECRET']!, visit.instanceId);
    assert.ok(seen.length > 5);
    for (const everything of seen) assert.ok(!everything.includes(token));
  });

  it('counts the participant as completed, in the study and in the condition', async () => {
    const { rows } = await platform.database.query<{ name: string; value: string }>(
      `select name, sum(value) as value from counters where name in ('completed', 'inFlight') group by name order by name`,
    );
    assert.deepEqual(rows, [
      { name: 'completed', value: '2' },
      { name: 'inFlight', value: '0' },
    ]);
  });
});

async function everythingTheBrowserHolds(page: Page): Promise<string> {
  const stored = await page.evaluate('JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])');
  const cookies = await page.context().cookies();
  return [page.url(), await page.content(), String(stored), JSON.stringify(cookies)].join('\n');
}

async function typeAtTheEnd(page: Page): Promise<void> {
  const editor = page.locator('.code-cell:visible .cm-content').last();
  await editor.click();
  await page.keyboard.press('Control+End');
  await page.keyboard.press('Enter');
  // Whatever the editor indented by itself goes, so that the line is known to the letter.
  await page.keyboard.press('Shift+Home');
  await page.keyboard.insertText(TYPED);
}

/** The editors' text by cell, hidden or not, as the page shows it. */
async function sourcesOnScreen(page: Page): Promise<Record<string, string>> {
  const cells = await page.locator('.code-cell').all();
  const found: Record<string, string> = {};
  for (const cell of cells) {
    const lines = await cell.locator('.cm-line').allTextContents();
    found[(await cell.getAttribute('data-cell'))!] = lines.join('\n');
  }
  return found;
}

function printed(outputs: readonly Record<string, unknown>[]): string {
  return outputs
    .map((output) => {
      const data = output['data'] as Record<string, unknown> | undefined;
      const text = output['text'] ?? data?.['text/plain'] ?? '';
      return Array.isArray(text) ? text.join('') : (text as string);
    })
    .join('')
    .trim();
}
