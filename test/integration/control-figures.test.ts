/** The numbers of a study's page that are taken from the record: each is counted here once more, in another way. */
import assert from 'node:assert/strict';
import { loadStudy } from '../../bench/load-study.js';
import { firstDocument, readWork } from '../../src/control/participants/work.js';
import { readFigures } from '../../src/control/study/figures.js';
import { readStops, readTaskTimes, type TaskTimes } from '../../src/control/study/task-times.js';
import { leave } from '../../src/participants/leave.js';
import { publishStudy } from '../../src/participants/study-store.js';
import { forgetEverybody, type Person, workingPerson } from './old-people.js';
import { RunningWeb } from './running-web.js';
import { Staff } from './staff.js';

const STUDY = 'crypto-api';
const PAGE = `/control/studies/${STUDY}`;
const TASKS = ['symmetric', 'asymmetric'];

describe('the figures of a study', function () {
  this.timeout(120_000);
  let web: RunningWeb;
  before(async () => {
    web = await RunningWeb.start({ OBSERVATORY_INSTANCE_HOUR_COST: '0.50 EUR' });
    await web.withCaps({ perAddressAndDay: null });
  });
  after(() => web?.stop());
  afterEach(() => forgetEverybody(web));

  interface Event {
    readonly participant: string;
    readonly condition: number;
    readonly type: string;
    readonly task: string | null;
    readonly page: string;
    readonly at: Date;
    readonly clock: number;
    readonly focus: number;
  }

  /** As the notebook in docs/analysis has it: event by event, page by page. */
  async function countedAgain(): Promise<Map<string, number[][]>> {
    const { rows } = await web.database.query<Event>(
      `select participant_id as participant, condition, type, task, e.page, at, clock, focus_seconds as focus
       from events e join participants p on p.id = e.participant_id order by participant_id, seq`,
    );
    const people = new Map<string, Event[]>();
    for (const event of rows) people.set(event.participant, [...(people.get(event.participant) ?? []), event]);
    const times = new Map<string, number[][]>();
    for (const events of people.values()) {
      const sums = new Map<string, number[]>();
      let current = [0, 0, 0];
      let arrivedAt = events[0]!.at;
      const last = new Map<string, Event>();
      for (const event of events) {
        const before = last.get(event.page);
        if (before) {
          current[0]! += event.focus - before.focus;
          current[1]! += (event.clock - before.clock) / 1000;
        }
        last.set(event.page, event);
        if (!['start', 'next', 'skip', 'time-up', 'finish'].includes(event.type)) continue;
        current[2]! += (event.at.getTime() - arrivedAt.getTime()) / 1000;
        const sum = sums.get(event.task!) ?? [0, 0, 0];
        sums.set(
          event.task!,
          sum.map((value, index) => value + current[index]!),
        );
        [current, arrivedAt] = [[0, 0, 0], event.at];
      }
      for (const [task, sum] of sums)
        for (const condition of [events[0]!.condition, 'all']) {
          const key = `${task} ${condition}`;
          times.set(key, [...(times.get(key) ?? []), sum]);
        }
    }
    return times;
  }

  function assertSame(shown: readonly TaskTimes[], counted: ReadonlyMap<string, number[][]>): void {
    const keys = [...counted.keys()].filter((key) => TASKS.includes(key.split(' ')[0]!));
    assert.deepEqual(shown.map(({ task, condition }) => `${task} ${condition ?? 'all'}`).sort(), keys.sort());
    for (const { task, condition, participants, focus, open, wall } of shown) {
      const all = counted.get(`${task} ${condition ?? 'all'}`)!;
      assert.equal(participants, all.length);
      for (const [index, quartiles] of [focus, open, wall].entries()) {
        const expected = [0.25, 0.5, 0.75].map((part) =>
          quantile(
            all.map((sum) => sum[index]!),
            part,
          ),
        );
        for (const [nth, value] of expected.entries())
          assert.ok(
            Math.abs(value - quartiles[nth]!) < 1e-6,
            `${task} ${condition}: ${quartiles.join()} for ${expected.join()}`,
          );
      }
    }
  }

  function quantile(values: readonly number[], part: number): number {
    const sorted = [...values].sort((a, b) => a - b);
    const at = (sorted.length - 1) * part;
    const [low, high] = [sorted[Math.floor(at)]!, sorted[Math.ceil(at)]!];
    return low + (high - low) * (at - Math.floor(at));
  }

  /** Somebody who works with the first task, closes the notebook for an hour, and leaves the task on another page. */
  async function withBreak(): Promise<Person> {
    const person = await workingPerson(web);
    const { typist } = person;
    const begun = Date.now() - 7_200_000;
    const at = (seconds: number) => ({ at: new Date(begun + seconds * 1000).toISOString() });
    const document = (await firstDocument(web.database, person.id))!;
    const [introduction, first] = document.tasks.map(({ id }) => id) as [string, string];
    const open = { width: 1, height: 1, language: 'en', resumed: false };
    await typist.send(
      typist.event('open', open, { ...at(0), clock: 500 }),
      typist.event('start', { to: 1 }, { ...at(30), clock: 30_500, focusSeconds: 20, task: introduction }),
      typist.event('focus', {}, { ...at(90), clock: 90_500, focusSeconds: 50, task: first }),
    );
    typist.reload();
    await typist.send(
      typist.event('open', { ...open, resumed: true }, { ...at(3_690), clock: 400 }),
      typist.event('blur', {}, { ...at(3_700), clock: 10_400, focusSeconds: 5, task: first }),
      typist.event('next', { to: 2 }, { ...at(3_720), clock: 30_400, focusSeconds: 7, task: first }),
    );
    return person;
  }

  it('have the time of each task as it is counted event by event, for many made-up participants', async () => {
    await loadStudy(web.database, { study: web.study, participants: 60, events: 3_000 });
    const counted = await countedAgain();
    assert.ok(counted.get('symmetric all')!.length > 30);
    assertSame(await readTaskTimes(web.database, STUDY, TASKS), counted);
  });

  it('count no time of a break in focus or on an open page, and all of it by the calendar', async () => {
    const person = await withBreak();
    const shown = await readTaskTimes(web.database, STUDY, TASKS);
    const [own] = shown.filter(({ condition }) => condition === null);
    assert.deepEqual([own!.focus[1], own!.open[1], own!.wall[1]], [37, 90, 3_690]);
    assertSame(shown, await countedAgain());
    const document = (await firstDocument(web.database, person.id))!;
    const work = await readWork(web.database, person.id, document);
    assert.deepEqual([work[1]!.focusSeconds, work[1]!.openSeconds], [37, 90]);
  });

  it('stay what they are when somebody makes up clocks and tasks', async () => {
    const [{ typist }] = [await withBreak()];
    const { typist: another } = await workingPerson(web);
    const far = { task: 'symmetric', clock: 1.7e308, focusSeconds: 1.7e308 };
    await another.send(
      another.event('open', { width: 1, height: 1, language: 'en', resumed: false }, { clock: 0 }),
      another.event('next', { to: 2 }, far),
      another.event('skip', { to: 9_000_000 }, { ...far, clock: 0 }),
      another.event('next', { to: 3 }, far),
      another.event('next', { to: 3 }, { task: 'made-up' }),
    );
    assert.ok(typist.seq > 0);
    const shown = await readTaskTimes(web.database, STUDY, TASKS);
    for (const { open, focus } of shown)
      for (const value of [...open, ...focus]) assert.ok(value <= 1e9, String(value));
    assert.deepEqual(
      [...new Set(shown.map(({ task }) => task))].sort(),
      [...TASKS].sort().filter((task) => shown.some((one) => one.task === task)),
    );
  });

  it('tell at which task those were who left, what was used, and what that costs', async () => {
    const person = await withBreak();
    await leave(web.database, { participant: person.id, to: 'withdrawn', reason: 'test', actor: 'test' });
    const done = await workingPerson(web);
    assert.equal((await done.typist.finish()).status, 200);
    await web.database.query(
      `update instances set created_at = now() - interval '10 hours', leased_at = now() - interval '9 hours',
         state = 'stopped', stopped_at = now() - interval '7 hours' where study_id = $1`,
      [STUDY],
    );
    await web.makeReady(3);
    const figures = await readFigures(web.database, STUDY);
    const { condition } = (
      await web.database.query<{ condition: number }>(`select condition from participants where id = $1`, [person.id])
    ).rows[0]!;
    const second = figures.tasks.get(condition)![2]!.id;
    assert.deepEqual(figures.stops, [{ condition, task: second, participants: 1 }]);
    // In another order for newcomers: who has left did so in theirs.
    const conditions = web.study.conditions.map(({ document, ...condition }) => ({
      ...condition,
      document: { ...document, tasks: document.tasks.toReversed() },
    }));
    await publishStudy(web.database, { ...web.study, conditions });
    assert.deepEqual(await readStops(web.database, STUDY), figures.stops);
    await web.withCaps({ perAddressAndDay: null });
    const { instances, running, hours, warm } = figures.hours;
    assert.deepEqual([instances, running, Math.round(hours), Math.round(warm)], [2, 0, 6, 2]);
    const { periods, width } = figures.arrivals;
    assert.equal(width, 'hour');
    assert.deepEqual(
      [sum(periods.map(({ arrived }) => arrived)), sum(periods.map(({ finished }) => finished))],
      [2, 1],
    );

    const researcher = await Staff.with(web, 'rita', 'researcher', [STUDY]);
    const page = await researcher.page(PAGE);
    const row = new RegExp(`<tr data-dropouts="${second}">(.*?)</tr>`, 's').exec(page)![1]!;
    assert.match(row, /<td>1 of 2 \(50 %\)<\/td>\s*$/);
    assert.match(page, /data-test="each">6 h, €3\.00</);
    assert.match(page, /6 h of 2 instances; of these 2 h before/);
    assert.match(page, /divided by the 1 who finished/);
    for (const name of ['funnel', 'dropouts', 'cells', 'times', 'arrivals'])
      assert.match(page, new RegExp(`data-test="plot-${name}"><svg `), name);
    assert.doesNotMatch(page, /\sstyle=/);
  });

  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
});
