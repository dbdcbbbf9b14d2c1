import assert from 'node:assert/strict';
import type { Evaluation } from '../../src/local/nomad/types.js';
import { Contract, parentJob } from './client.js';
import { eventually } from './support.js';

interface Failure {
  CoalescedFailures: number;
  ConstraintFiltered: Record<string, number> | null;
  DimensionExhausted: Record<string, number> | null;
  NodesAvailable: Record<string, number>;
  NodesEvaluated: number;
  NodesExhausted: number;
  NodesFiltered: number;
  ResourcesExhausted: Record<string, { CPU: number; MemoryMB: number }> | null;
}

interface Plan {
  CreatedEvals: { Status: string; ClassEligibility?: Record<string, boolean> }[] | null;
  Diff: unknown;
  FailedTGAllocs: Record<string, Failure> | null;
}

type Parent = ReturnType<typeof parentJob> & { Constraints?: object[] };

/** Why a job finds no place, asked of a real Nomad (NOMAD_ADDR) and of the stand-in alike. */
describe('Nomad contract: placement', function () {
  this.timeout(60_000);
  const contract = new Contract();
  const parent = contract.id('placement');

  before(() => contract.start());
  after(() => contract.finish());

  function job(change: (job: Parent) => void = () => undefined): Parent {
    const given: Parent = parentJob(parent, { command: '/bin/sleep', args: ['60'] });
    change(given);
    return given;
  }

  async function failureOf(change: (job: Parent) => void): Promise<[Failure | undefined, boolean | undefined]> {
    const reply = await contract.nomad<Plan>('POST', `/v1/job/${parent}/plan`, { Job: job(change), Diff: false });
    assert.equal(reply.status, 200, reply.text);
    const [created] = reply.json.CreatedEvals ?? [];
    return [reply.json.FailedTGAllocs?.instance, Object.values(created?.ClassEligibility ?? {})[0]];
  }

  const tasks = (given: Parent) => given.TaskGroups.flatMap(({ Tasks }) => Tasks);

  it('tells in a plan with a count how many more would find no place', async () => {
    const huge = (count: number) => (given: Parent) => {
      given.TaskGroups.forEach((group) => (group.Count = count));
      tasks(given).forEach((task) => (task.Resources.MemoryMB = 9_999_999));
    };
    const [failure] = await failureOf(huge(5));
    assert.deepEqual([failure?.CoalescedFailures, failure?.DimensionExhausted], [4, { memory: 1 }]);
    const [none] = await failureOf((given) => given.TaskGroups.forEach((group) => (group.Count = 2)));
    assert.equal(none, undefined);
  });

  it('names the one resource that is exhausted, and what was asked of it', async () => {
    const cases: [change: (job: Parent) => void, dimension: string, asked: object][] = [
      [(given) => tasks(given).forEach((task) => (task.Resources.CPU = 999_999)), 'cpu', { CPU: 999_999, MemoryMB: 0 }],
      [
        (given) => tasks(given).forEach((task) => (task.Resources.MemoryMB = 9_999_999)),
        'memory',
        { CPU: 0, MemoryMB: 9_999_999 },
      ],
      [
        (given) => given.TaskGroups.forEach((group) => (group.EphemeralDisk.SizeMB = 999_999_999)),
        'disk',
        { CPU: 0, MemoryMB: 0 },
      ],
    ];
    for (const [change, dimension, asked] of cases) {
      const [failure, eligible] = await failureOf(change);
      assert.deepEqual(failure?.DimensionExhausted, { [dimension]: 1 });
      assert.deepEqual([failure?.NodesEvaluated, failure?.NodesExhausted, failure?.NodesFiltered], [1, 1, 0]);
      const { CPU, MemoryMB } = failure?.ResourcesExhausted?.server ?? {};
      assert.deepEqual({ CPU, MemoryMB }, asked);
      assert.equal(eligible, true, 'room may come');
    }
  });

  it('names what filtered the node: a driver, or a constraint', async () => {
    const cases: [change: (job: Parent) => void, reason: string][] = [
      [(given) => tasks(given).forEach((task) => (task.Driver = 'docker2')), 'missing drivers'],
    ];
    for (const [LTarget, Operand, RTarget] of [
      ['${attr.kernel.name}', '=', 'windows'],
      ['${node.class}', '=', 'gpu'],
      ['${attr.nomad.version}', 'version', '>= 9.0'],
      ['${meta.nothing}', 'is_set', ''],
      ['${attr.kernel.name}', 'regexp', '^darwin'],
    ]) {
      const change = (given: Parent) => (given.Constraints = [{ LTarget, Operand, RTarget }]);
      cases.push([change, `${LTarget} ${Operand} ${RTarget}`]);
    }
    for (const [change, reason] of cases) {
      const [failure, eligible] = await failureOf(change);
      assert.deepEqual(failure?.ConstraintFiltered, { [reason]: 1 });
      assert.deepEqual([failure?.NodesEvaluated, failure?.NodesExhausted, failure?.NodesFiltered], [1, 0, 1]);
      assert.equal(failure?.DimensionExhausted, null);
      assert.equal(eligible, false, 'this node will not do');
    }
  });

  it('places where the constraints are met', async () => {
    const [failure] = await failureOf((given) => {
      given.Constraints = [
        { LTarget: '${attr.kernel.name}', Operand: '=', RTarget: 'linux' },
        { LTarget: '${attr.nomad.version}', Operand: 'semver', RTarget: '>= 1.0.0, < 2.0.0' },
        { LTarget: '${node.datacenter}', Operand: 'regexp', RTarget: '^dc' },
      ];
    });
    assert.equal(failure, undefined);
  });

  it('looks at no node of another datacenter', async () => {
    const [failure] = await failureOf((given) => (given.Datacenters = ['nowhere']));
    assert.deepEqual([failure?.NodesAvailable, failure?.NodesEvaluated], [{}, 0]);
  });

  it('refuses a namespace and a node pool that do not exist', async () => {
    for (const [field, words] of [
      ['Namespace', 'namespace'],
      ['NodePool', 'node pool'],
    ] as const) {
      const given = { ...job(), [field]: 'nowhere' };
      const reply = await contract.nomad('PUT', '/v1/jobs', { Job: given });
      assert.equal(reply.status, 500);
      assert.match(reply.text, new RegExp(`\\* job "${parent}" is in nonexistent ${words} "nowhere"`));
    }
  });

  it('keeps a blocked evaluation for a child without a place, found among all', async () => {
    const driverless = job((given) => tasks(given).forEach((task) => (task.Driver = 'docker2')));
    await contract.register(driverless);
    const child = await contract.dispatched(parent);
    const blocked = await eventually('blocked evaluation', async () => {
      const all = await contract.list<Evaluation>('evaluations', 'Status == "blocked"');
      return all.find(({ JobID }) => JobID === child);
    });
    assert.deepEqual(blocked.FailedTGAllocs?.instance?.ConstraintFiltered, { 'missing drivers': 1 });
    assert.equal(blocked.TriggeredBy, 'queued-allocs');
    const one = await contract.nomad<Evaluation>('GET', `/v1/evaluation/${blocked.ID}`);
    assert.deepEqual(one.json.ID, blocked.ID);
    const summary = await contract.summary(child);
    assert.equal(summary.Summary.instance?.Queued, 1);
    await contract.stop(child);
    await eventually('canceled', async () => {
      const reply = await contract.nomad<Evaluation>('GET', `/v1/evaluation/${blocked.ID}`);
      return reply.json.Status === 'canceled';
    });
  });

  it('tells in a plan what would change, field by field', async () => {
    await contract.register(job());
    const changed = job((given) => {
      tasks(given).forEach((task) => {
        task.Resources.CPU = 60;
        task.Config.args = ['61'];
      });
      given.Priority = 60;
    });
    const plan = await contract.nomad<Plan>('POST', `/v1/job/${parent}/plan`, { Job: changed, Diff: true });
    const edited = (Name: string, Old: string, New: string) => ({ Annotations: null, Name, New, Old, Type: 'Edited' });
    const same = (Name: string, value: string) => ({ Annotations: null, Name, New: value, Old: value, Type: 'None' });
    const config = {
      Fields: [edited('args[0]', '60', '61'), same('command', '/bin/sleep')],
      Name: 'Config',
      Objects: null,
    };
    const amounts = ['Cores', 'DiskMB', 'IOPS'].map((name) => same(name, '0'));
    const resources = [edited('CPU', '50', '60'), ...amounts, same('MemoryMB', '32'), same('MemoryMaxMB', '0')];
    const objects = [
      { ...config, Type: 'Edited' },
      { Fields: resources, Name: 'Resources', Objects: null, Type: 'Edited' },
    ];
    const task = { Annotations: ['forces create/destroy update'], Fields: null, Name: 'server', Objects: objects };
    const group = { Fields: null, Name: 'instance', Objects: null, Tasks: [{ ...task, Type: 'Edited' }] };
    assert.deepEqual(plan.json.Diff, {
      Fields: [edited('Priority', '50', '60')],
      ID: parent,
      Objects: null,
      TaskGroups: [{ ...group, Type: 'Edited', Updates: { create: 1 } }],
      Type: 'Edited',
    });
    const unchanged = await contract.nomad<{ Diff: { Type: string } }>('POST', `/v1/job/${parent}/plan`, {
      Job: job(),
      Diff: true,
    });
    assert.equal(unchanged.json.Diff.Type, 'None');
  });
});
