import { z } from 'zod';
import type { Inquiry } from '../../platform/inquiry.js';
import { jobPath } from '../../platform/nomad/http.js';
import { permissionOf } from '../acl.js';
import { type Check, type Finding, notTried, well, wrong } from '../check.js';
import type { Ground } from '../ground.js';
import { tokenIsValid } from './nomad.js';
import { reach } from './service.js';

const NOBODY = 'observatory-doctor-asks-only';
const TOKEN = 'OBSERVATORY_WEB_NOMAD_TOKEN';
const POLICY = 'jobs/policies/web.hcl';

/** The web app's own way to Nomad, where it has one: the control pages show an instance's memory and log by it. */
export function webNomadChecks({ webNomad, settings }: Ground): Check[] {
  if (webNomad === undefined) return [];
  const service = { name: 'Nomad', inquiry: webNomad, setting: 'OBSERVATORY_WEB_NOMAD_ADDR' } as const;
  const token = { setting: TOKEN, given: settings.OBSERVATORY_WEB_NOMAD_TOKEN !== undefined };
  return [
    { name: 'web nomad', needs: [], run: (signal) => reach(service, signal) },
    { name: 'web nomad token', needs: ['web nomad'], run: (signal) => tokenIsValid(webNomad, token, signal) },
    { name: 'web nomad read-job', needs: ['web nomad token'], run: (signal) => readsJobs(webNomad, signal) },
    { name: 'web nomad read-logs', needs: ['web nomad read-job'], run: (signal) => readsLogs(webNomad, signal) },
    { name: 'web nomad no more', needs: ['web nomad token'], run: (signal) => mayNotStop(webNomad, signal) },
  ];
}

async function readsJobs(nomad: Inquiry, signal: AbortSignal): Promise<Finding> {
  const path = jobPath(NOBODY);
  return judged(`GET ${path}, a job that does not exist`, await nomad.ask('GET', path, { signal }), {
    letThrough: /job not found/,
    capability: 'read-job',
    purpose: 'an instance’s memory',
  });
}

const allocations = z.array(z.object({ ID: z.string(), TaskStates: z.record(z.string(), z.unknown()).nullish() }));

/** Nomad looks for the allocation before it looks at the token, so only a real one shows whether logs may be read. */
async function readsLogs(nomad: Inquiry, signal: AbortSignal): Promise<Finding> {
  const query = { per_page: '1', filter: 'ClientStatus == "running"' };
  const { status, text } = await nomad.ask('GET', '/v1/allocations', { query, signal });
  const [running] = status === 200 ? allocations.parse(JSON.parse(text)) : [];
  if (running === undefined) return notTried('nothing runs in this namespace, so there is no log to try it with');
  const path = `/v1/client/fs/logs/${running.ID}`;
  const [task = ''] = Object.keys(running.TaskStates ?? {});
  const end = { task, type: 'stderr', plain: 'true', origin: 'end', offset: '1' };
  return judged('GET /v1/client/fs/logs', await nomad.ask('GET', path, { query: end, signal }), {
    // What was started but has not written yet.
    letThrough: /not started|no such file/i,
    capability: 'read-logs',
    purpose: 'an instance’s log',
  });
}

interface Wanted {
  readonly letThrough: RegExp;
  readonly capability: string;
  readonly purpose: string;
}

function judged(tried: string, answer: { status: number; text: string }, wanted: Wanted): Finding {
  const { letThrough, capability, purpose } = wanted;
  switch (permissionOf(answer, letThrough)) {
    case 'permitted':
      return well(tried, 'permitted');
    case 'denied':
      return wrong(
        tried,
        `${answer.status} ${answer.text}: ${TOKEN} lacks ${capability}, so the control pages do not show ${purpose}`,
        `Give its token the policy ${POLICY}.`,
      );
    case 'unclear':
      return wrong(tried, `${answer.status} ${answer.text}`, 'See Nomad’s log for this call.');
  }
}

/** Participants' pages come from the same process: whoever broke it should not get the cluster as well. */
async function mayNotStop(nomad: Inquiry, signal: AbortSignal): Promise<Finding> {
  const path = `${jobPath(NOBODY)}/dispatch`;
  const tried = `POST ${path}, a job that does not exist`;
  const answer = await nomad.ask('POST', path, { body: { Meta: {} }, signal });
  if (permissionOf(answer, /parameterized job not found/) === 'denied') return well(tried, 'refused, as it should be');
  const ofAll = await nomad.ask('GET', '/v1/acl/token/self', { signal });
  if (/acl support disabled/i.test(ofAll.text))
    return notTried('this Nomad has no ACLs, so whoever reaches it may do everything');
  return wrong(
    tried,
    'permitted: the web app may start jobs, though it only reads',
    `Give ${TOKEN} a token with the policy ${POLICY} alone.`,
  );
}
