import { denied } from './acl.js';
import { byTopics } from './events.js';
import type { Call, Route } from './http.js';
import { readFiles } from './files.js';
import { readLogs } from './logs.js';
import type { Surroundings } from './reads.js';
import { allocationStats } from './stats.js';
import { NomadError } from './types.js';

function streamEvents({ store, acl }: Surroundings, call: Call): undefined {
  const index = call.query.get('index') ?? '0';
  if (!/^\d+$/.test(index)) {
    throw new NomadError(400, `Unable to parse index: strconv.Atoi: parsing ${JSON.stringify(index)}: invalid syntax`);
  }
  const topics = call.query.getAll('topic');
  const everything = topics.length === 0 || topics.some((topic) => topic.startsWith('*'));
  acl.checkStream(call.token, everything ? 'management' : 'read-job', call.namespace, denied());
  const ofTopics = byTopics(topics);
  const inNamespace = ({ Namespace }: { Namespace: string }) => call.namespace === '*' || Namespace === call.namespace;
  store.events.subscribe(call.response, (event) => inNamespace(event) && ofTopics(event), Number(index));
  return undefined;
}

/** Calls that stream, or read the files of a task. */
export const fileRoutes = (around: Surroundings): Route[] => [
  { method: 'GET', path: /^\/v1\/event\/stream$/, need: undefined, handle: (call) => streamEvents(around, call) },
  {
    method: 'GET',
    path: /^\/v1\/client\/fs\/logs\/([^/]*)$/,
    need: undefined,
    handle: (call) => readLogs(around, call),
  },
  {
    method: 'GET',
    path: /^\/v1\/client\/fs\/(ls|stat|cat|readat)\/([^/]*)$/,
    need: undefined,
    handle: (call) => readFiles(around, call),
  },
  {
    method: 'GET',
    path: /^\/v1\/client\/allocation\/([^/]+)\/stats$/,
    need: 'read-job',
    handle: (call) => allocationStats(around, call),
  },
  // Of services in Nomad itself, which there are none of.
  {
    method: 'GET',
    path: /^\/v1\/client\/allocation\/[^/]+\/checks$/,
    need: 'read-job',
    handle: () => ({ body: null }),
  },
];
