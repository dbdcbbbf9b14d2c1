import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Answer, Inquiry } from '../../platform/inquiry.js';
import { readParent } from '../../platform/nomad/inspect.js';
import { type Check, type Finding, notTried, well, wrong } from '../check.js';
import type { Ground } from '../ground.js';
import { serviceOf } from '../parent.js';

const POLICY = 'as in consul/policies/manager.hcl';

export function consulPermissionChecks(ground: Ground): Check[] {
  const { consul, settings } = ground;
  const key = `${settings.OBSERVATORY_CONSUL_PREFIX}/doctor/${randomUUID()}`;
  return [
    { name: 'consul session', needs: ['consul token'], run: (signal) => makesSession(consul, signal) },
    { name: 'consul keys', needs: ['consul token'], run: (signal) => writesKey(consul, key, signal) },
    {
      name: 'consul lock',
      needs: ['consul session', 'consul keys'],
      run: (signal) => locks(consul, `${key}-lock`, signal),
    },
    { name: 'consul services', needs: ['consul token'], run: (signal) => seesServices(ground, signal) },
  ];
}

const session = z.object({ ID: z.string() });

async function createSession(consul: Inquiry, signal: AbortSignal): Promise<Answer> {
  const body = { Name: 'observatory doctor', TTL: '10s', LockDelay: '0s', Behavior: 'delete' };
  return consul.ask('PUT', '/v1/session/create', { body, signal });
}

const destroySession = (consul: Inquiry, id: string, signal: AbortSignal): Promise<Answer> =>
  consul.ask('PUT', `/v1/session/destroy/${id}`, { signal });

async function makesSession(consul: Inquiry, signal: AbortSignal): Promise<Finding> {
  const tried = 'PUT /v1/session/create, and destroyed again';
  const made = await createSession(consul, signal);
  if (made.status !== 200) {
    return wrong(tried, `${made.status} ${made.text}`, `Let the token write sessions: session_prefix "", ${POLICY}.`);
  }
  const { status, text } = await destroySession(consul, session.parse(JSON.parse(made.text)).ID, signal);
  return status === 200 ? well(tried, 'done') : wrong(tried, `destroy: ${status} ${text}`, 'See Consul’s log.');
}

async function writesKey(consul: Inquiry, key: string, signal: AbortSignal): Promise<Finding> {
  const folder = key.slice(0, key.indexOf('/doctor/'));
  const tried = `a key below ${folder}/doctor/ written, read and deleted`;
  const path = `/v1/kv/${key}`;
  const steps = [
    ['write', await consul.ask('PUT', path, { body: 'doctor', signal })],
    ['read', await consul.ask('GET', path, { signal })],
    ['delete', await consul.ask('DELETE', path, { signal })],
  ] as const;
  const failed = steps.find(([, { status }]) => status !== 200);
  if (failed === undefined) return well(tried, 'done');
  const [step, { status, text }] = failed;
  return wrong(
    tried,
    `${step}: ${status} ${text}`,
    `Let the token write keys below "${folder}/" (key_prefix, ${POLICY}), or correct OBSERVATORY_CONSUL_PREFIX.`,
  );
}

/** What makes a manager the leader, on a key of the doctor's own; it goes with its session. */
async function locks(consul: Inquiry, key: string, signal: AbortSignal): Promise<Finding> {
  const tried = `a lock below ${key.slice(0, key.lastIndexOf('/'))}/ taken and given back`;
  const { ID } = session.parse(JSON.parse((await createSession(consul, signal)).text));
  try {
    const { status, text } = await consul.ask('PUT', `/v1/kv/${key}`, {
      query: { acquire: ID },
      body: 'doctor',
      signal,
    });
    if (status === 200 && text === 'true') return well(tried, 'done');
    return wrong(tried, `${status} ${text}`, 'No manager could lead. See Consul’s log for this call.');
  } finally {
    await destroySession(consul, ID, signal);
  }
}

const verdicts = z.array(z.object({ Resource: z.string(), Allow: z.boolean() }));

/** Consul leaves out of its lists what a token may not see, without a word; so it is asked for its judgement. */
async function seesServices({ consul, nomad, profiles }: Ground, signal: AbortSignal): Promise<Finding> {
  const path = '/v1/internal/acl/authorize';
  const parents = await Promise.allSettled(profiles.map(({ job }) => readParent(nomad, job, signal)));
  const known = parents.flatMap((one) => (one.status === 'fulfilled' && one.value ? (serviceOf(one.value) ?? []) : []));
  const names = [...new Set(known.length > 0 ? known : profiles.map(({ job }) => job))];
  const tried = `reading nodes and the services ${names.join(', ')}`;
  const wanted = [
    ...names.map((name) => ({ Resource: 'service', Access: 'read', Segment: name })),
    { Resource: 'node', Access: 'read', Segment: 'any' },
  ];
  const { status, text } = await consul.ask('POST', path, { body: wanted, signal });
  // Without ACLs there is nothing to judge.
  if (/acl support disabled/i.test(text)) return well(tried, 'this Consul has no ACLs');
  if (status !== 200) return notTried(`this Consul does not tell what a token may do (${path}: ${status})`);
  const refused = verdicts.parse(JSON.parse(text)).flatMap(({ Allow }, index) => (Allow ? [] : (wanted[index] ?? [])));
  if (refused.length === 0) return well(tried, 'permitted');
  const rules = refused.map(({ Resource, Segment }) =>
    Resource === 'node' ? 'node_prefix "" { policy = "read" }' : `service "${Segment}" { policy = "read" }`,
  );
  return wrong(
    tried,
    `the token lacks ${rules.join(' and ')}, so Consul shows it no instances`,
    'Add this to the policy of the token: the manager waits for ever for instances that it cannot see.',
  );
}
