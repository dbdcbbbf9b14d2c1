/** Batches that go on where a record ends are stored together, in the one statement that carries most of a study's events. */
import assert from 'node:assert/strict';
import { pino } from 'pino';
import { GroupCommit } from '../../src/submit/group-commit.js';
import { forgetEverybody, workingPerson } from './old-people.js';
import { linesInto, type LogLine, RunningWeb } from './running-web.js';

describe('batches that are stored together', function () {
  this.timeout(120_000);
  let web: RunningWeb;
  const lines: LogLine[] = [];
  before(async () => {
    web = await RunningWeb.start();
  });
  afterEach(() => forgetEverybody(web));
  after(() => web?.stop());

  async function senders(count: number) {
    const people = [];
    for (let n = 0; n < count; n += 1) {
      const { id, typist } = await workingPerson(web);
      await typist.send(typist.event('open', { width: 1, height: 1, language: 'en', resumed: false }));
      const event = (more: object = {}) => JSON.stringify([{ ...typist.event('run', { source: 'x' }), ...more }]);
      people.push({ sender: { participant: id, instance: typist.instance }, event });
    }
    return people;
  }

  const group = () => new GroupCommit(web.database, pino({ level: 'warn' }, linesInto(lines)));
  const stored = async (): Promise<number> => {
    const { rows } = await web.database.query<{ n: number }>(
      `select count(*)::int as n from events where type = 'run'`,
    );
    return rows[0]!.n;
  };

  it('are those that continue; what does not is left to the other way, and nothing is wrong with that', async () => {
    const [one, two, three] = await senders(3);
    const commit = group();
    const batch = (who: typeof one, first: number) =>
      commit.store({ sender: who!.sender, page: 'p1', first, last: first, json: who!.event() });
    assert.deepEqual(await Promise.all([batch(one, 2), batch(two, 2), batch(three, 5)]), [true, true, false]);
    assert.equal(await stored(), 2);
    assert.deepEqual(lines, []);
  });

  it('are left to the other way when Postgres refuses one of them, and the log says so without what was typed', async () => {
    const [one, two] = await senders(2);
    const commit = group();
    const results = await Promise.all(
      [one!, two!].map(({ sender, event }, nth) =>
        commit.store({ sender, page: 'p1', first: 2, last: 2, json: event(nth === 0 ? { at: 'never' } : {}) }),
      ),
    );
    assert.deepEqual(results, [false, false]);
    assert.equal(await stored(), 0);
    assert.equal(lines.length, 1);
    assert.match(lines[0]!.msg, /each comes alone/);
    assert.doesNotMatch(JSON.stringify(lines), /never/);
  });
});
