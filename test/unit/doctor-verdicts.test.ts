import assert from 'node:assert/strict';
import { consulToken, nomadToken, permissionOf } from '../../src/doctor/acl.js';
import { isRouted, speakerOf } from '../../src/doctor/canary.js';
import { capacityOf, isEnough, moreToAsk } from '../../src/doctor/capacity.js';
import { clockProblem, readingOf } from '../../src/doctor/clock.js';
import { differences } from '../../src/doctor/difference.js';
import { forwardAuth } from '../../src/doctor/forward-auth.js';
import { dispatchProblems, gateOf, routingProblems } from '../../src/doctor/parent.js';
import { schemaProblem } from '../../src/doctor/schema.js';
import { isAtLeast } from '../../src/doctor/version.js';
import type { ParentJob } from '../../src/platform/nomad/inspect.js';

describe('the doctor judges', () => {
  it('a schema that is missing, older, newer or just right', () => {
    assert.equal(schemaProblem([], [1, 2])?.answer, 'nobody has migrated this database');
    assert.equal(schemaProblem([1], [1, 2, 3])?.answer, 'migrations 2, 3 of 3 missing');
    assert.equal(
      schemaProblem([1, 2, 3], [1, 2])?.answer,
      'the database is at migration 3, but this version of the Observatory knows only up to 2',
    );
    assert.equal(schemaProblem([1, 2], [1, 2]), undefined);
  });

  it('clocks, and blames this machine only when it differs from all others', () => {
    const at = (source: string, seconds: number) => readingOf(source, 0, 100, 50 + seconds * 1000, 0);
    assert.equal(clockProblem([at('Postgres', 0.2), at('Nomad', -1.9)]), undefined);
    assert.equal(clockProblem([at('Postgres', 0), at('Nomad', 3600)]), 'Nomad is 60 min ahead');
    assert.equal(
      clockProblem([at('Postgres', 90), at('Nomad', 91)]),
      'the clock of this machine is 90.0 s behind Postgres, Nomad',
    );
    assert.equal(clockProblem([at('Nomad', -9)]), 'Nomad is 9.0 s behind');
  });

  it('no clock by an answer that was too slow to tell, or by the part of a second that HTTP dates hide', () => {
    assert.equal(clockProblem([readingOf('Nomad', 0, 6000, 5_500, 0)]), undefined);
    assert.equal(clockProblem([readingOf('Nomad', 3_900, 3_910, 1_000, 1)]), undefined);
  });

  it('permissions by the words that Nomad was recorded to answer', () => {
    const found = /parameterized job not found/;
    assert.equal(permissionOf({ status: 500, text: 'parameterized job not found' }, found), 'permitted');
    assert.equal(permissionOf({ status: 403, text: 'Permission denied' }, found), 'denied');
    assert.equal(permissionOf({ status: 500, text: 'rpc error: Permission denied' }, found), 'denied');
    assert.equal(permissionOf({ status: 500, text: 'No cluster leader' }, found), 'unclear');
  });

  it('tokens of Nomad and Consul by the answers recorded', () => {
    assert.equal(nomadToken({ status: 200, text: '{}' }), 'valid');
    assert.equal(nomadToken({ status: 500, text: 'acl token lookup failed: missing secret id' }), 'none given');
    assert.equal(nomadToken({ status: 404, text: 'ACL token not found' }), 'unknown');
    const noUuid = 'acl token lookup failed: index error: UUID must be 36 characters';
    assert.equal(nomadToken({ status: 500, text: noUuid }), 'unknown');
    assert.equal(nomadToken({ status: 400, text: 'ACL support disabled' }), 'no ACLs');
    assert.equal(nomadToken({ status: 500, text: 'No cluster leader' }), 'unclear');
    assert.equal(consulToken({ status: 403, text: 'ACL not found' }, true), 'unknown');
    assert.equal(consulToken({ status: 403, text: 'ACL not found' }, false), 'none given');
    assert.equal(consulToken({ status: 401, text: 'ACL support disabled' }, false), 'no ACLs');
  });

  it('versions by number, not by letter', () => {
    assert.deepEqual(
      ['1.6.0', '1.10.2+ent', '1.5.9', 'v1.6'].map((version) => isAtLeast(version, '1.6')),
      [true, true, false, true],
    );
  });
});

const tags = [
  'traefik.enable=true',
  'traefik.http.routers.i-${NOMAD_META_instance_id}.rule=PathPrefix(`/proxy/${NOMAD_META_instance_id}/api/`)',
  'traefik.http.routers.i-${NOMAD_META_instance_id}.middlewares=observatory-gate@file',
];
const parentWith = (service: object | undefined, rules: Record<string, unknown> | null): ParentJob => ({
  ID: 'p',
  Stop: false,
  Version: 0,
  ParameterizedJob: rules,
  TaskGroups: [{ Name: 'g', Count: 1, Services: service === undefined ? null : [{ Name: 's', ...service }] }],
});
const rules = { Payload: 'forbidden', MetaRequired: ['instance_id', 'token_hash'], MetaOptional: ['profile'] };

describe('the doctor judges a parent job', () => {
  it('by the meta that the manager sends', () => {
    assert.deepEqual(dispatchProblems(parentWith({}, rules)), []);
    assert.deepEqual(dispatchProblems(parentWith({}, { ...rules, MetaOptional: null })), [
      'it does not take the meta profile, which the manager sends',
    ]);
    assert.deepEqual(dispatchProblems(parentWith({}, { ...rules, Payload: 'required', MetaRequired: ['person'] })), [
      'it requires a payload, and the manager sends none',
      'it does not take the meta instance_id, token_hash, which the manager sends',
      'it requires the meta person, which the manager does not send',
    ]);
    assert.deepEqual(dispatchProblems(parentWith({}, null)), ['it is not parameterized, so nothing can be dispatched']);
  });

  it('by the tags that make Traefik route and ask the gate', () => {
    assert.deepEqual(routingProblems(parentWith({ Tags: tags }, rules)), []);
    assert.equal(gateOf(parentWith({ Tags: tags }, rules)), 'observatory-gate@file');
    assert.deepEqual(routingProblems(parentWith({ Tags: tags.slice(1, 2) }, rules)), [
      'its tags lack traefik.enable=true',
      'its tags name no middleware (observatory-gate@file): nobody asks the gate, and every instance is open to everyone',
    ]);
    assert.deepEqual(routingProblems(parentWith({ Tags: tags, Provider: 'nomad' }, rules)), [
      'its service is registered in Nomad, not in Consul (provider = "consul")',
    ]);
    assert.equal(routingProblems(parentWith(undefined, rules)).length, 1);
  });

  it('by what Nomad’s plan of its file shows, in the words of the file', () => {
    const none = { Type: 'None' };
    const field = { Type: 'Edited', Name: 'MemoryMB', Old: '128', New: '256' };
    const resources = { Type: 'Edited', Name: 'Resources', Fields: [field, { ...field, Type: 'None', Name: 'CPU' }] };
    const task = { Type: 'Edited', Name: 'server', Objects: [resources, { ...none, Name: 'LogConfig' }] };
    const group = { Type: 'Edited', Name: 'instance', Tasks: [task] };
    assert.deepEqual(differences(none), []);
    assert.deepEqual(differences({ Type: 'Edited', TaskGroups: [group] }), [
      'instance.server.Resources.MemoryMB: "128" → "256"',
    ]);
  });
});

describe('the doctor judges the room for instances', () => {
  const failure = {
    NodesEvaluated: 2,
    NodesFiltered: 1,
    CoalescedFailures: 189,
    ConstraintFiltered: { 'missing drivers': 1 },
    DimensionExhausted: { memory: 1 },
    QuotaExhausted: null,
  };
  it('by what the scheduler would place, and says what ends first', () => {
    assert.deepEqual(capacityOf(200, { FailedTGAllocs: { instance: failure } }), {
      asked: 200,
      fits: 10,
      limit: 'memory is used up on 1 of 2 nodes, "missing drivers" excludes 1 of 2 nodes',
    });
    assert.deepEqual(capacityOf(5, { FailedTGAllocs: null }), { asked: 5, fits: 5, limit: '' });
  });

  it('as wrong when nothing more fits below the ceiling, or less than the pool’s least', () => {
    const capacity = (fits: number) => ({ asked: 10, fits, limit: '' });
    assert.equal(isEnough(capacity(0), { min: 2, maxInstances: 10, running: 4 }), false);
    assert.equal(isEnough(capacity(0), { min: 2, maxInstances: 10, running: 10 }), true);
    assert.equal(isEnough(capacity(1), { min: 2, maxInstances: 10, running: 0 }), false);
    assert.equal(isEnough(capacity(2), { min: 2, maxInstances: 10, running: 0 }), true);
    assert.equal(moreToAsk({ min: 2, maxInstances: 10, running: 10 }), 1);
  });
});

describe('the doctor hears', () => {
  const gate = {
    status: 'enabled',
    forwardAuth: { address: 'http://web:6201/gate', authResponseHeaders: ['Authorization'] },
  };
  it('from Traefik what its gate middleware does', () => {
    assert.deepEqual(forwardAuth(JSON.stringify(gate)), { address: 'http://web:6201/gate', problems: [] });
    const wrong = {
      ...gate.forwardAuth,
      address: 'http://web:6200/',
      trustForwardHeader: true,
      authResponseHeaders: [],
    };
    assert.equal(forwardAuth(JSON.stringify({ status: 'enabled', forwardAuth: wrong })).problems.length, 3);
    assert.deepEqual(forwardAuth('{"status":"enabled","headers":{}}').problems, [
      'it is no forwardAuth: it asks nobody',
    ]);
  });

  it('who answered below an instance’s path', () => {
    const jupyter = 'TornadoServer/6.5.1';
    const cases = [
      [{ status: 200, text: '[]', server: jupyter }, 'instance'],
      [{ status: 403, text: '{"message": "Forbidden"}', server: jupyter }, 'instance refusing'],
      [{ status: 401, text: '{"error":"no-session","message":"…"}', server: '' }, 'gate or web'],
      [
        { status: 403, text: '{"error":"not-allowed","message":"Only the proxy asks here."}', server: '' },
        'gate distrusting',
      ],
      [{ status: 404, text: '404 page not found', server: '' }, 'no route'],
      [{ status: 500, text: '', server: '' }, 'gate away'],
      [{ status: 502, text: 'Bad Gateway', server: '' }, 'instance away'],
      [{ status: 418, text: 'tea', server: '' }, 'unclear'],
    ] as const;
    for (const [told, speaker] of cases) assert.equal(speakerOf(told), speaker);
    assert.deepEqual(
      cases.filter(([, speaker]) => isRouted(speaker)).map(([, speaker]) => speaker),
      ['instance', 'instance refusing', 'gate distrusting', 'gate away', 'instance away'],
    );
  });
});
