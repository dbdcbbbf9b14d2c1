/** What pages and scripts of the original post: who may, and what they are told. */
import type { Context } from 'koa';
import { everHad, instancesHad } from '../../participants/lease.js';
import type { Participant } from '../../participants/participant.js';
import { sameSecret, submitKey } from '../../platform/identity.js';
import type { Database } from '../../platform/postgres/database.js';
import { parsed } from '../../platform/web/body.js';
import { pathParameter } from '../../platform/web/path-parameter.js';
import { Refusal } from '../../platform/web/refusal.js';
import { refusal } from '../../platform/web/refusal-pages.js';
import { refuseForeignNotebook, requireParticipant } from '../../platform/web/session.js';
import { hasToken, participantOfId } from '../../participants/pair.js';
import { keySchema, type Payload, readPayload, unwrap } from './payload.js';
import { storePayload } from './store.js';

interface Receiving {
  readonly database: Database;
  readonly secret: string;
}

/** `POST /submit`: the credential is of an instance that the named participant has or had. */
export async function receiveWrapped(ctx: Context, { database, secret }: Receiving): Promise<void> {
  const { key, payload } = unwrap(ctx.request.body);
  const participant = await namedParticipant(database, payload);
  const instances = await instancesHad(database, participant.id);
  if (!instances.some((instance) => sameSecret(key, submitKey(secret, instance)))) throw wrongCredential();
  await store(ctx, database, participant.id, payload);
}

/** `POST /proxy/<id>/submit`: of whoever has or had the instance, by the session or by the instance's credential. */
export async function receivePlain(ctx: Context, { database, secret }: Receiving): Promise<void> {
  const instance = pathParameter(ctx, 'id');
  const { 'auth-token': key } = parsed(keySchema, ctx.request.body);
  const payload = readPayload(ctx.request.body);
  if (key === undefined) {
    // Whose it is tells the session, whatever the payload says: the original replaced both fields as well.
    const participant = requireParticipant(ctx);
    if (!(await everHad(database, participant, instance))) refuseForeignNotebook();
    await store(ctx, database, participant, payload);
    return;
  }
  if (!sameSecret(key, submitKey(secret, instance))) throw wrongCredential();
  const participant = await namedParticipant(database, payload);
  if (!(await everHad(database, participant.id, instance))) throw wrongCredential();
  await store(ctx, database, participant.id, payload);
}

async function namedParticipant(database: Database, { user_id, token }: Payload): Promise<Participant> {
  if (user_id === undefined || token === undefined) {
    throw new Refusal(400, 'bad-request', 'Not as expected: user_id and token are needed beside auth-token.');
  }
  const participant = await participantOfId(database, user_id);
  if (participant === undefined) throw new Refusal(404, 'unknown-user', 'There is no participant of this user_id.');
  if (!hasToken(participant, token)) throw wrongCredential();
  return participant;
}

function wrongCredential(): Refusal {
  return new Refusal(403, 'wrong-credential', 'The credential does not belong to this participant.');
}

async function store(ctx: Context, database: Database, participantId: string, payload: Payload): Promise<void> {
  if (!(await storePayload(database, participantId, payload))) {
    throw refusal('ended');
  }
  ctx.body = { status: 'stored' };
}
