/** How each route of the control area is asked in `control-access.test.ts`; one that is not here fails there. */
export interface Case {
  readonly path: string;
  readonly form?: Readonly<Record<string, string>>;
  /** What somebody gets who may ask it. */
  readonly allowed: number;
}

/** A study that the viewer and the researcher of the test may see. */
export const THEIRS = 'crypto-api';

/** A participant of that study. */
export const PERSON = 'person000001';
const PEOPLE = `/control/studies/${THEIRS}/participants`;
const THEIR_PERSON = `${PEOPLE}/${PERSON}`;

/** Instances that participants of that study have: one is retired, one replaced. */
export const HELD = ['00000000aa01', '00000000aa02'] as const;
const heldAt = (index: 0 | 1): string => `/control/instances/${HELD[index]}`;

/** An account that nobody signs in with. */
export const ACCOUNT = 'spare';
const account = `/control/users/${ACCOUNT}`;

export const cases: Readonly<Record<string, Case>> = {
  'GET /control': { path: '/control', allowed: 200 },
  'GET /control/events': { path: '/control/events', allowed: 200 },
  'GET /control/sign-in': { path: '/control/sign-in', allowed: 200 },
  'POST /control/sign-in': { path: '/control/sign-in', form: { name: 'nobody', password: 'wrong' }, allowed: 401 },
  // Without a provider in the settings; `control-oidc.test.ts` has one.
  'GET /control/sign-in/oidc': { path: '/control/sign-in/oidc', allowed: 404 },
  'GET /control/sign-in/oidc/callback': { path: '/control/sign-in/oidc/callback?code=x&state=y', allowed: 404 },
  'POST /control/sign-out': { path: '/control/sign-out', form: {}, allowed: 303 },
  'GET /control/password': { path: '/control/password', allowed: 200 },
  'GET /control/account': { path: '/control/account', allowed: 200 },
  'POST /control/account/tokens': {
    path: '/control/account/tokens',
    form: { name: 'nightly', days: '90' },
    allowed: 200,
  },
  // Those of others are not there.
  'GET /control/account/tokens/:token/revoke': { path: '/control/account/tokens/none/revoke', allowed: 404 },
  'POST /control/account/tokens/:token/revoke': { path: '/control/account/tokens/none/revoke', form: {}, allowed: 404 },
  'GET /control/studies/:study': { path: `/control/studies/${THEIRS}`, allowed: 200 },
  'GET /control/studies/:study/state': { path: `/control/studies/${THEIRS}/state?to=paused`, allowed: 200 },
  'POST /control/studies/:study/state': {
    path: `/control/studies/${THEIRS}/state`,
    form: { from: 'open', to: 'paused' },
    allowed: 303,
  },
  'POST /control/password': { path: '/control/password', form: { password: 'wrong' }, allowed: 403 },
  'POST /control/studies/:study/export': {
    path: `/control/studies/${THEIRS}/export`,
    form: { format: 'native' },
    allowed: 200,
  },
  'GET /control/studies/:study/participants': { path: PEOPLE, allowed: 200 },
  'GET /control/studies/:study/participants/:participant': { path: THEIR_PERSON, allowed: 200 },
  'GET /control/studies/:study/participants/:participant/tasks/:task': {
    path: `${THEIR_PERSON}/tasks/symmetric`,
    allowed: 404,
  },
  'POST /control/studies/:study/participants/:participant/data': {
    path: `${THEIR_PERSON}/data`,
    form: {},
    allowed: 200,
  },
  'GET /control/studies/:study/participants/:participant/replay': { path: `${THEIR_PERSON}/replay`, allowed: 200 },
  'GET /control/studies/:study/participants/:participant/replay/beginning': {
    path: `${THEIR_PERSON}/replay/beginning`,
    allowed: 404,
  },
  'GET /control/studies/:study/participants/:participant/replay/events': {
    path: `${THEIR_PERSON}/replay/events?after=0`,
    allowed: 200,
  },
  'GET /control/studies/:study/participants/:participant/withdraw': { path: `${THEIR_PERSON}/withdraw`, allowed: 200 },
  'POST /control/studies/:study/participants/:participant/withdraw': {
    path: `${THEIR_PERSON}/withdraw`,
    form: { reason: 'asked to' },
    allowed: 303,
  },
  'GET /control/studies/:study/participants/:participant/erase': { path: `${THEIR_PERSON}/erase`, allowed: 200 },
  'POST /control/studies/:study/participants/:participant/erase': {
    path: `${THEIR_PERSON}/erase`,
    form: { reason: 'asked to', confirm: PERSON },
    allowed: 303,
  },
  'GET /control/instances': { path: '/control/instances', allowed: 200 },
  'GET /control/instances/:instance': { path: heldAt(0), allowed: 200 },
  'GET /control/instances/:instance/retire': { path: `${heldAt(0)}/retire`, allowed: 200 },
  'POST /control/instances/:instance/retire': { path: `${heldAt(0)}/retire`, form: { from: 'leased' }, allowed: 303 },
  'GET /control/instances/:instance/replace': { path: `${heldAt(1)}/replace`, allowed: 200 },
  'POST /control/instances/:instance/replace': { path: `${heldAt(1)}/replace`, form: { from: 'leased' }, allowed: 303 },
  'GET /control/audit': { path: '/control/audit', allowed: 200 },
  'GET /control/users': { path: '/control/users', allowed: 200 },
  'GET /control/add-user': { path: '/control/add-user', allowed: 200 },
  'POST /control/add-user': { path: '/control/add-user', form: { name: 'newcomer', role: 'viewer' }, allowed: 200 },
  'GET /control/users/:user': { path: account, allowed: 200 },
  'GET /control/users/:user/rights': { path: `${account}/rights`, allowed: 200 },
  'POST /control/users/:user/rights': { path: `${account}/rights`, form: { role: 'researcher' }, allowed: 303 },
  'GET /control/users/:user/password': { path: `${account}/password`, allowed: 200 },
  'POST /control/users/:user/password': { path: `${account}/password`, form: {}, allowed: 200 },
  'GET /control/users/:user/disable': { path: `${account}/disable`, allowed: 200 },
  'POST /control/users/:user/disable': { path: `${account}/disable`, form: {}, allowed: 303 },
  'GET /control/users/:user/enable': { path: `${account}/enable`, allowed: 200 },
  'POST /control/users/:user/enable': { path: `${account}/enable`, form: {}, allowed: 303 },
};

/** How each operation of the HTTP API is asked in `api-access.test.ts`, by its name; one that is not here fails there. */
export interface ApiCase {
  /** Below /control/api/v1. */
  readonly path: string;
  readonly body?: object;
}

const api = { study: `/studies/${THEIRS}`, person: `/studies/${THEIRS}/participants/${PERSON}` };

export const apiCases: Readonly<Record<string, ApiCase>> = {
  readSelf: { path: '/self' },
  readOverview: { path: '/overview' },
  listStudies: { path: '/studies' },
  readStudy: { path: api.study },
  changeStudyState: { path: `${api.study}/state`, body: { from: 'open', to: 'paused' } },
  exportStudy: { path: `${api.study}/export` },
  listParticipants: { path: `${api.study}/participants` },
  readParticipant: { path: api.person },
  readEvents: { path: `${api.person}/events` },
  exportParticipant: { path: `${api.person}/data` },
  withdrawParticipant: { path: `${api.person}/withdraw`, body: {} },
  eraseParticipant: { path: `${api.person}/erase`, body: { reason: 'asked to' } },
  listInstances: { path: '/instances' },
  readInstance: { path: `/instances/${HELD[0]}` },
  retireInstance: { path: `/instances/${HELD[0]}/retire`, body: { from: 'leased' } },
  replaceInstance: { path: `/instances/${HELD[1]}/replace`, body: { from: 'leased' } },
  listAudit: { path: '/audit' },
  listStudyAudit: { path: `${api.study}/audit` },
};
