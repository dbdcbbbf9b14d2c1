import assert from 'node:assert/strict';
import type { Evaluation, Job } from '../../src/local/nomad/types.js';
import { Contract, parentJob } from './client.js';

/** Nomad's filter expressions, asked of a real one (NOMAD_ADDR) and of the stand-in alike. */
describe('Nomad contract: filters', function () {
  this.timeout(60_000);
  const contract = new Contract();
  const parent = contract.id('filters');
  let child: string;
  let dead: string;

  before(async () => {
    await contract.start();
    await contract.register({ ...parentJob(parent, { command: '/bin/sleep', args: ['60'] }), Meta: { color: 'red' } });
    child = await contract.dispatched(parent, 'aaaaaaaaaaaa');
    dead = await contract.dispatched(parent, 'bbbbbbbbbbbb');
    await contract.withStatus(child, 'running');
    await contract.stop(dead);
    await contract.withStatus(dead, 'complete');
    await contract.isDead(dead);
  });

  after(() => contract.finish());

  const own = async (filter: string): Promise<string[]> => {
    const prefix = `&prefix=${encodeURIComponent(parent)}&per_page=5000`;
    const jobs = await contract.list<Job>('jobs', filter, prefix);
    const names = new Map([
      [parent, 'parent'],
      [child, 'child'],
      [dead, 'dead'],
    ]);
    return jobs.map(({ ID }) => names.get(ID) ?? ID).sort();
  };

  it('joins with and, or, not and parentheses, and binds or loosest', async () => {
    const P = `ParentID == "${parent}"`;
    const cases: [filter: string, found: string[]][] = [
      [P, ['child', 'dead']],
      [`(ParentID == "a" or ${P}) and Status != "dead"`, ['child']],
      [`Status != "dead" and (ParentID == "a" or ${P})`, ['child']],
      [`Status == "running" or ${P} and Status == "dead"`, ['child', 'dead', 'parent']],
      [`not ${P}`, ['parent']],
      [`not (${P} and Status == "dead")`, ['child', 'parent']],
      [`not not ${P}`, ['child', 'dead']],
      [`  ( ${P} )  `, ['child', 'dead']],
      [`ParentID=="${parent}"`, ['child', 'dead']],
    ];
    for (const [filter, found] of cases) assert.deepEqual(await own(filter), found, filter);
  });

  it('compares texts, numbers, lists and maps', async () => {
    const all = ['child', 'dead', 'parent'];
    const cases: [filter: string, found: string[]][] = [
      ['ID matches "/dispatch-[0-9]+-[0-9a-f]{8}$"', ['child', 'dead']],
      ['ID not matches "/dispatch-"', ['parent']],
      ['ID contains "/dispatch-"', ['child', 'dead']],
      ['"/dispatch-" not in ID', ['parent']],
      ['"*" in Datacenters', all],
      ['Datacenters contains "dc7"', []],
      ['Datacenters is not empty', all],
      ['ParentID is empty', ['parent']],
      ['"instance_id" in Meta', ['child', 'dead']],
      ['Meta.instance_id == aaaaaaaaaaaa', ['child']],
      ['Meta["instance_id"] != "aaaaaaaaaaaa"', ['dead', 'parent']],
      ['Meta.nothing == "x"', []],
      ['Meta.nothing is empty', all],
      ['Stop == true', ['dead']],
      ['Dispatched != "true"', ['parent']],
      ['Version == 1 and Priority == 50', ['dead']],
      ['TaskGroups.0.Name == "instance"', all],
      ['"/ID" == `' + parent + '`', ['parent']],
      ['Payload is empty', ['parent']],
    ];
    for (const [filter, found] of cases) assert.deepEqual(await own(filter), found, filter);
  });

  it('takes chains of 50', async () => {
    const chain = (field: string) =>
      [child, ...Array.from({ length: 49 }, (_, n) => `${child}-${n}`)].map((id) => `${field} == "${id}"`).join(' or ');
    assert.deepEqual(await own(chain('ID')), ['child']);
    const allocations = await contract.list<{ JobID: string }>('allocations', chain('JobID'));
    assert.deepEqual(
      allocations.map(({ JobID }) => JobID),
      [child],
    );
  });

  it('finds live allocations of a parent, without their task states', async () => {
    const live = ['pending', 'running', 'unknown'].map((status) => `ClientStatus == "${status}"`).join(' or ');
    const filter = `(Job.ParentID == "${parent}") and (${live})`;
    const rows = await contract.list<{ JobID: string; TaskStates: unknown }>(
      'allocations',
      filter,
      '&task_states=false',
    );
    assert.deepEqual(
      rows.map(({ JobID, TaskStates }) => [JobID, TaskStates]),
      [[child, null]],
    );
    const states = await contract.list<{ JobID: string }>(
      'allocations',
      `Job.Meta.instance_id == "bbbbbbbbbbbb" and TaskStates.server.State == "dead"`,
    );
    assert.equal(states.length, 1);
  });

  it('finds evaluations by status and job, also by fields that they leave out', async () => {
    const filter = `JobID == "${child}" and Status != "blocked" and BlockedEval == "" and StatusDescription is empty`;
    const found = await contract.list<Evaluation>('evaluations', filter);
    assert.deepEqual(
      found.map(({ TriggeredBy, Status }) => [TriggeredBy, Status]),
      [['job-register', 'complete']],
    );
  });

  it('refuses with 400 what it cannot read, and says where', async () => {
    const syntax: [filter: string, at: number, reason: string][] = [
      ['ID ==', 5, 'no match found'],
      ['ID', 2, 'no match found'],
      ['!ID == "x"', 0, 'no match found'],
      ['Priority > 3', 9, 'no match found'],
      ['ID == "x" and', 13, 'no match found'],
      ['ID == "x" AND ID == "y"', 10, 'no match found'],
      ['ID == "x")', 9, 'no match found'],
      ['(ID == "x"', 10, 'rule "grouping": Unmatched parentheses'],
      ['ID == "x', 8, 'rule "string": Unterminated string literal'],
      ['ID == 05', 7, 'rule "number": Invalid number literal'],
      ['ID in ["x"]', 6, 'rule "match": Invalid selector'],
      ['TaskGroups[0].Name == "x"', 11, 'rule "index": Invalid index'],
    ];
    for (const [filter, at, reason] of syntax) {
      const { status, text } = await contract.nomad('GET', `/v1/jobs?filter=${encodeURIComponent(filter)}`);
      const start = 'failed to create result paginator: failed to read filter expression';
      assert.deepEqual(
        [status, text.split(', expected')[0]],
        [400, `${start}: 1:${at + 1} (${at}): ${reason}`],
        filter,
      );
    }
  });

  it('refuses with 400 what does not fit what it looks at', async () => {
    const cases: [filter: string, reason: string][] = [
      ['id == "x"', 'error finding value in datum: /id at part 0: couldn\'t find key: struct field with name "id"'],
      ['ID.x == "y"', 'error finding value in datum: /ID/x: at part 1, invalid value kind: string'],
      ['Meta == "x"', 'unable to find suitable primitive comparison function for matching'],
      ['Stop == maybe', 'error getting match value in expression: strconv.ParseBool: parsing "maybe": invalid syntax'],
      ['Priority == x', 'error getting match value in expression: strconv.ParseInt: parsing "x": invalid syntax'],
      ['Priority matches "5"', 'Value of type int is not convertible to []byte'],
      ['Priority contains 5', 'Cannot perform in/contains operations on type int for selector: "Priority"'],
    ];
    for (const [filter, reason] of cases) {
      const route = `/v1/jobs?prefix=${encodeURIComponent(parent)}&filter=${encodeURIComponent(filter)}`;
      const { status, text } = await contract.nomad('GET', route);
      assert.deepEqual([status, text], [400, `failed to read result page: ${reason}`], filter);
    }
  });

  it('ends the connection without an answer when a record is asked whether it is empty', async () => {
    for (const filter of ['ParameterizedJob is not empty', 'Periodic is empty', 'Priority is empty']) {
      const route = `/v1/jobs?prefix=${encodeURIComponent(parent)}&filter=${encodeURIComponent(filter)}`;
      await assert.rejects(contract.nomad('GET', route), /fetch failed/, filter);
    }
  });
});
