import type { Inquiry } from '../../platform/inquiry.js';
import { jobPath } from '../../platform/nomad/http.js';

import { permissionOf } from '../acl.js';
import { type Check, type Finding, well, wrong } from '../check.js';
import type { Ground } from '../ground.js';

/** No job has this id: what is asked of it changes nothing, and is refused in other words than what is not permitted. */
const NOBODY = 'observatory-doctor-asks-only';

interface Probe {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** What else than a 200 shows that the call was let through. */
  readonly letThrough: RegExp;
}

/** A job that Nomad can plan; it is never registered. */
const plannable = {
  ID: NOBODY,
  Name: NOBODY,
  Type: 'batch',
  Datacenters: ['*'],
  ParameterizedJob: { Payload: 'forbidden' },
  TaskGroups: [
    {
      Name: 'instance',
      Count: 1,
      RestartPolicy: { Attempts: 0, Mode: 'fail' },
      ReschedulePolicy: { Attempts: 0, Unlimited: false },
      EphemeralDisk: { SizeMB: 10 },
      Tasks: [
        {
          Name: 'server',
          Driver: 'raw_exec',
          Config: { command: '/bin/true' },
          Resources: { CPU: 1, MemoryMB: 10 },
          LogConfig: { MaxFiles: 1, MaxFileSizeMB: 1 },
        },
      ],
    },
  ],
};

const probes = {
  'list-jobs': { method: 'GET', path: '/v1/jobs', query: { prefix: NOBODY }, letThrough: /$^/ },
  'read-job': { method: 'GET', path: jobPath(NOBODY), letThrough: /job not found/ },
  'dispatch-job': {
    method: 'POST',
    path: `${jobPath(NOBODY)}/dispatch`,
    body: { Meta: {} },
    letThrough: /parameterized job not found/,
  },
  'submit-job': {
    method: 'POST',
    path: `${jobPath(NOBODY)}/plan`,
    body: { Job: plannable, Diff: false },
    letThrough: /$^/,
  },
} satisfies Record<string, Probe>;

type Capability = keyof typeof probes;

/** What the manager cannot do without it. */
const purposes: Readonly<Record<Capability, string>> = {
  'list-jobs': 'see its instances',
  'read-job': 'see the parent job and hear of changes',
  'dispatch-job': 'start an instance',
  'submit-job': 'stop an instance or register the parent job',
};

export function capabilityChecks({ nomad, settings }: Ground): Check[] {
  const namespace = settings.NOMAD_NAMESPACE;
  const capabilities = Object.entries(probes).map(([capability, probe]): Check => ({
    name: `nomad ${capability}`,
    needs: ['nomad namespace'],
    run: (signal) => isPermitted(nomad, capability as Capability, probe, namespace, signal),
  }));
  return [
    ...capabilities,
    // Nomad asks for read-job here.
    { name: 'nomad event stream', needs: ['nomad read-job'], run: (signal) => streams(nomad, signal) },
  ];
}

async function isPermitted(
  nomad: Inquiry,
  capability: Capability,
  { method, path, query, body, letThrough }: Probe,
  namespace: string,
  signal: AbortSignal,
): Promise<Finding> {
  const tried = `${method} ${path}${path.includes(NOBODY) ? ', a job that does not exist' : ''}`;
  const answer = await nomad.ask(method, path, {
    signal,
    ...(query && { query }),
    ...(body !== undefined && { body }),
  });
  switch (permissionOf(answer, letThrough)) {
    case 'permitted':
      return well(tried, 'permitted');
    case 'denied':
      return denied(tried, answer, capability, namespace);
    case 'unclear':
      return wrong(tried, `${answer.status} ${answer.text}`, 'See Nomad’s log for this call.');
  }
}

function denied(
  tried: string,
  { status, text }: { status: number; text: string },
  capability: Capability,
  namespace: string,
): Finding {
  return wrong(
    tried,
    `${status} ${text}: the token lacks ${capability}, so the manager cannot ${purposes[capability]}`,
    `Add "${capability}" to the capabilities of namespace "${namespace}" in the token's policy.`,
  );
}

/** The first line comes at once: a heartbeat, or what happened last. */
async function streams(nomad: Inquiry, signal: AbortSignal): Promise<Finding> {
  const tried = 'GET /v1/event/stream';
  const heard = await nomad.beginning('/v1/event/stream?topic=Job&topic=Allocation&topic=Evaluation', signal);
  if (heard.status === 200) return well(tried, 'events come');
  return wrong(
    tried,
    `${heard.status} ${heard.text}`,
    'Without it the manager notices changes only on its timer. Let the token read jobs in this namespace.',
  );
}
