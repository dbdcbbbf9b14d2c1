import { isTrue } from './go-bool.js';
import type { Answer, Call, Route } from './http.js';
import { datacenter, nodeObject, nodeRow, version } from './node.js';
import { byName } from './page.js';
import { blocking, list, type Surroundings } from './reads.js';
import { search } from './search.js';
import { NomadError } from './types.js';
import { wholeAllocation } from './views.js';

/** The agent, the one node, namespaces, and what else belongs to the cluster and not to a job. */
export function clusterRoutes(around: Surroundings): Route[] {
  const { store, node, acl } = around;
  const address = () => node.address();
  const tell = (path: RegExp, need: Route['need'], body: (call: Call) => unknown): Route => ({
    method: 'GET',
    path,
    need,
    handle: (call) => ({ body: body(call) }),
  });
  const read = (path: RegExp, need: Route['need'], answer: (call: Call) => Answer): Route => ({
    method: 'GET',
    path,
    need,
    handle: (call) => blocking(store, call, () => answer(call)),
  });
  return [
    tell(/^\/v1\/status\/leader$/, 'anyone', address),
    tell(/^\/v1\/status\/peers$/, 'anyone', () => [address()]),
    tell(/^\/v1\/regions$/, 'anyone', () => ['global']),
    { ...tell(/^\/v1\/agent\/self$/, 'agent:read', () => agentSelf(around)), byAgent: true },
    tell(/^\/v1\/agent\/members$/, 'node:read', () => ({
      Members: [member(around)],
      ServerDC: datacenter,
      ServerName: node.name,
      ServerRegion: 'global',
    })),
    tell(/^\/v1\/agent\/health$/, 'anyone', () => ({
      client: { message: 'ok', ok: true },
      server: { message: 'ok', ok: true },
    })),
    tell(/^\/v1\/acl\/token\/self$/, 'anyone', ({ token }) => acl.self(token)),
    read(/^\/v1\/nodes$/, 'node:read', (call) => listNodes(around, call)),
    read(/^\/v1\/node\/([^/]+)\/allocations$/, 'node:read', () => ({
      body: [...store.allocations.values()].map(wholeAllocation),
      index: store.tables.allocations,
    })),
    read(/^\/v1\/node\/([^/]+)$/, 'node:read', (call) => getNode(around, call)),
    read(/^\/v1\/namespaces$/, undefined, (call) => listNamespaces(around, call)),
    read(/^\/v1\/namespace\/([^/]+)$/, undefined, (call) => getNamespace(around, call)),
    read(/^\/v1\/operator\/scheduler\/configuration$/, 'operator:read', () => schedulerConfiguration()),
    // Batch jobs have none, ever.
    read(/^\/v1\/deployments$/, 'read-job', () => ({ body: [] })),
    {
      method: 'PUT',
      path: /^\/v1\/system\/gc$/,
      need: 'management',
      handle: () => {
        around.jobs.collectGarbage();
        return { body: undefined };
      },
    },
    {
      method: 'PUT',
      path: /^\/v1\/search$/,
      need: undefined,
      handle: (call) => ({ body: search(around, call), index: store.lastIndex, read: true }),
    },
  ];
}

function listNodes({ store, node }: Surroundings, call: Call): Answer {
  const row = () => nodeRow(node, store, isTrue(call.query.get('resources')));
  const seen = () => nodeObject(node, store);
  const order = byName<{ ID: string }>(({ ID }) => ID);
  return list(call, { items: [{ ID: node.id }], order, seen, row, index: store.tables.nodes });
}

function getNode({ store, node }: Surroundings, { params: [id = ''] }: Call): Answer {
  if (id.length !== 36) throw new NomadError(500, 'node lookup failed: index error: UUID must be 36 characters');
  if (id !== node.id) return { body: 'node not found', plain: true, status: 404, index: store.tables.nodes };
  return { body: { ...nodeObject(node, store), Drain: false }, index: store.tables.nodes };
}

const namespace = (name: string) => ({
  Capabilities: null,
  CreateIndex: 1,
  Description: name === 'default' ? 'Default shared namespace' : '',
  Hash: '',
  Meta: null,
  ModifyIndex: 1,
  Name: name,
  NodePoolConfiguration: null,
  Quota: '',
});

function listNamespaces({ namespaces, acl }: Surroundings, call: Call): Answer {
  const items = namespaces.filter((name) => acl.seesNamespace(call.token, name)).map((Name) => ({ ID: Name, Name }));
  const row = ({ Name }: { Name: string }) => namespace(Name);
  return list(call, { items, order: byName<{ ID: string }>(({ ID }) => ID), seen: row, row, index: 1 });
}

function getNamespace({ namespaces, acl }: Surroundings, { params: [name = ''], token }: Call): Answer {
  if (!acl.seesNamespace(token, name)) throw new NomadError(403, 'Permission denied');
  if (!namespaces.includes(name)) return { body: 'Namespace not found', plain: true, status: 404, index: 1 };
  return { body: namespace(name), index: 1 };
}

function schedulerConfiguration(): Answer {
  const SchedulerConfig = {
    CreateIndex: 1,
    MemoryOversubscriptionEnabled: false,
    ModifyIndex: 1,
    PauseEvalBroker: false,
    PreemptionConfig: {
      BatchSchedulerEnabled: false,
      ServiceSchedulerEnabled: false,
      SysBatchSchedulerEnabled: false,
      SystemSchedulerEnabled: true,
    },
    RejectJobRegistration: false,
    SchedulerAlgorithm: 'binpack',
  };
  return { body: { Index: 1, KnownLeader: true, LastContact: 0, NextToken: '', SchedulerConfig }, index: 1 };
}

function member({ node }: Surroundings) {
  const port = node.address().split(':')[1] ?? '';
  return {
    Addr: '127.0.0.1',
    DelegateCur: 4,
    DelegateMax: 5,
    DelegateMin: 2,
    Name: `${node.name}.global`,
    Port: Number(port),
    ProtocolCur: 2,
    ProtocolMax: 5,
    ProtocolMin: 1,
    Status: 'alive',
    Tags: { build: version, dc: datacenter, id: node.id, port, raft_vsn: '3', region: 'global', role: 'nomad' },
  };
}

function agentSelf(around: Surroundings) {
  const { store, acl, node } = around;
  const known = String(store.lastIndex);
  return {
    config: {
      ACL: { Enabled: acl.enabled },
      Region: 'global',
      Datacenter: datacenter,
      NodeName: node.name,
      Server: { Enabled: true },
      Client: { Enabled: true },
      Version: { Revision: '', Version: version, VersionMetadata: 'observatory.standin', VersionPrerelease: '' },
    },
    member: member(around),
    stats: {
      client: { node_id: node.id, known_servers: node.address() },
      nomad: { leader: 'true', leader_addr: node.address(), server: 'true' },
      raft: { applied_index: known, last_log_index: known, state: 'Leader' },
    },
  };
}
