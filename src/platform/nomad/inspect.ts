import { z } from 'zod';
import { type Answer, Inquiry } from '../inquiry.js';
import type { Settings } from '../settings.js';
import { jobPath } from './http.js';
import { numbers } from './schemas.js';

/** The Nomad calls that find out what is wrong: every answer counts, none is repeated. */

export const nomadInquiry = (settings: Settings): Inquiry =>
  inquiryAt(settings, settings.NOMAD_ADDR, settings.NOMAD_TOKEN);

/** With the web app's own address and token; undefined where it is to have no access to Nomad. */
export function webNomadInquiry(settings: Settings): Inquiry | undefined {
  const { OBSERVATORY_WEB_NOMAD_ADDR: address, OBSERVATORY_WEB_NOMAD_TOKEN: token } = settings;
  return address === undefined ? undefined : inquiryAt(settings, address, token);
}

function inquiryAt(settings: Settings, address: string, token: string | undefined): Inquiry {
  return new Inquiry({
    base: address,
    headers: token === undefined ? {} : { 'X-Nomad-Token': token },
    query: {
      namespace: settings.NOMAD_NAMESPACE,
      ...(settings.NOMAD_REGION === undefined ? {} : { region: settings.NOMAD_REGION }),
    },
    ca: settings.NOMAD_CACERT,
    cert: settings.NOMAD_CLIENT_CERT,
    key: settings.NOMAD_CLIENT_KEY,
  });
}

const names = z.array(z.string()).nullish();
const service = z.looseObject({ Name: z.string(), Provider: z.string().nullish(), Tags: names });

/** A parameterized job; loose, because it is given back to Nomad as it is. */
const parentJob = z.looseObject({
  ID: z.string(),
  Stop: z.boolean(),
  Version: z.number(),
  ParameterizedJob: z
    .looseObject({ Payload: z.string().nullish(), MetaRequired: names, MetaOptional: names })
    .nullish(),
  TaskGroups: z
    .array(z.looseObject({ Name: z.string(), Count: z.number(), Services: z.array(service).nullish() }))
    .min(1),
});
export type ParentJob = z.infer<typeof parentJob>;

const failure = z.looseObject({
  NodesEvaluated: z.number(),
  NodesFiltered: z.number(),
  CoalescedFailures: z.number(),
  ConstraintFiltered: numbers,
  DimensionExhausted: numbers,
  QuotaExhausted: names,
});
export type PlacementFailure = z.infer<typeof failure>;

const plan = z.looseObject({
  Diff: z.unknown(),
  FailedTGAllocs: z.record(z.string(), failure).nullish(),
});
export type Plan = z.infer<typeof plan>;

const stubs = z.array(z.looseObject({ ID: z.string(), Status: z.string() }));

const taskState = z.looseObject({
  Events: z.array(z.looseObject({ Type: z.string(), DisplayMessage: z.string() })).nullish(),
});
const allocations = z.array(
  z.looseObject({
    ID: z.string(),
    ClientStatus: z.string(),
    NodeName: z.string(),
    TaskStates: z.record(z.string(), taskState).nullish(),
  }),
);
export type InspectedAllocation = z.infer<typeof allocations>[number];

/** An answer that is not the one that a further step needs. */
export class Unexpected extends Error {
  constructor(
    readonly call: string,
    readonly status: number,
    readonly words: string,
  ) {
    super(`${call} was answered with ${status}: ${words}`);
  }
}

/** What is in the answer, when it is a 200 of the shape expected. */
export function contentOf<T>(call: string, { status, text }: Answer, shape: z.ZodType<T>): T {
  if (status !== 200) throw new Unexpected(call, status, text);
  const parsed = shape.safeParse(jsonOf(text));
  if (!parsed.success) throw new Unexpected(call, status, `not understood: ${parsed.error.message}`);
  return parsed.data;
}

/** Undefined for what is none, such as the page of a proxy. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Undefined when Nomad has no such job. */
export async function readParent(nomad: Inquiry, id: string, signal: AbortSignal): Promise<ParentJob | undefined> {
  const answer = await nomad.ask('GET', jobPath(id), { signal });
  return answer.status === 404 ? undefined : contentOf(`GET ${jobPath(id)}`, answer, parentJob);
}

/** HCL2 with its variables, in Nomad's own reading. */
export async function parseJob(
  nomad: Inquiry,
  hcl: string,
  variables: string,
  signal: AbortSignal,
): Promise<ParentJob> {
  const body = { JobHCL: hcl, Variables: variables, Canonicalize: true };
  // What was only read is not registered, so it has neither a version nor a stop.
  const read = parentJob.extend({ Stop: z.boolean().nullish(), Version: z.number().nullish() });
  const job = contentOf('POST /v1/jobs/parse', await nomad.ask('POST', '/v1/jobs/parse', { body, signal }), read);
  return { ...job, Stop: job.Stop ?? false, Version: job.Version ?? 0 };
}

/** What Nomad would do with the job; it does nothing. */
export async function planJob(nomad: Inquiry, job: ParentJob, diff: boolean, signal: AbortSignal): Promise<Plan> {
  const path = `${jobPath(job.ID)}/plan`;
  return contentOf(`POST ${path}`, await nomad.ask('POST', path, { body: { Job: job, Diff: diff }, signal }), plan);
}

/** Children of the parent that are not dead, by the filter also those of one instance id alone. */
export async function liveChildren(nomad: Inquiry, filter: string, signal: AbortSignal): Promise<string[]> {
  const query = { filter: `${filter} and Status != "dead"`, per_page: '5000' };
  const jobs = contentOf('GET /v1/jobs', await nomad.ask('GET', '/v1/jobs', { query, signal }), stubs);
  return jobs.map(({ ID }) => ID);
}

export async function allocationsOfJob(
  nomad: Inquiry,
  id: string,
  signal: AbortSignal,
): Promise<InspectedAllocation[]> {
  const path = `${jobPath(id)}/allocations`;
  return contentOf(`GET ${path}`, await nomad.ask('GET', path, { signal }), allocations);
}
