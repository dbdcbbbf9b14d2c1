/** What a link says of who somebody is. */
import type { Context } from 'koa';
import { type Token, invitationState, invitedIdentity } from '../participants/invitations.js';
import type { Newcomer } from '../participants/participant.js';
import type { StoredStudy } from '../participants/study-store.js';
import type { Queryable } from '../platform/postgres/database.js';
import { refusal } from '../platform/web/refusal-pages.js';
import {
  invitationSchema,
  isRecruitmentService,
  originSchema,
  pairPartSchema,
  recruitmentServices,
  type RecruitmentService,
} from '../studies/recruitment.js';

export interface Offer {
  /** Without an identity: an open link. */
  readonly newcomer: Newcomer;
  /** What whoever has this identity must also show. */
  readonly secret?: { readonly parameter: string; readonly value: string };
  /** For the link to the next page. */
  readonly parameters: Readonly<Record<string, string>>;
}

export type Parameters = Readonly<Record<string, unknown>>;

/** Those of the address and of a form, whose own come first: the original used both. */
export function linkParameters(ctx: Context): Parameters {
  return { ...ctx.query, ...(ctx.request.body as Record<string, unknown> | undefined) };
}

/** The next page for whoever came with this offer. */
export function linkTo(page: string, study: StoredStudy, { parameters }: Offer): string {
  return `${page}?${new URLSearchParams({ study: study.id, ...parameters }).toString()}`;
}

/** The first of the study's ways in whose parameters the link has. What is there must be as it should. */
export async function readOffer(database: Queryable, study: StoredStudy, given: Parameters): Promise<Offer> {
  const origin = optional(originSchema, given['origin']);
  const pair = readPair(given);
  const { by } = study.page.entry;
  const withOrigin = (offer: Offer): Offer => ({
    ...offer,
    newcomer: { ...offer.newcomer, origin },
    parameters: { ...offer.parameters, ...(origin !== undefined && { origin }) },
  });
  for (const way of by) {
    if (way === 'invitation') {
      const offer = await invitationOffer(database, study, given, pair);
      if (offer) return withOrigin(offer);
    } else if (way === 'token-service' && pair) {
      const identity = `token-service:${pair.token}`;
      const newcomer = { identity, pair: { id: pair.token, token: pair.token2 } };
      return withOrigin({ newcomer, secret: { parameter: 'token', value: pair.token2 }, parameters: pair });
    } else if (isRecruitmentService(way)) {
      const offer = recruitedOffer(way, given);
      if (offer) return withOrigin(offer);
    }
  }
  return withOrigin({ newcomer: {}, parameters: {} });
}

function readPair(given: Parameters): { token: string; token2: string } | undefined {
  const token = optional(pairPartSchema, given['token']);
  const token2 = optional(pairPartSchema, given['token2']);
  if (token === undefined && token2 === undefined) return undefined;
  if (token === undefined || token2 === undefined) throw refusal('malformed-link');
  return { token, token2 };
}

async function invitationOffer(
  database: Queryable,
  study: StoredStudy,
  given: Parameters,
  pair: { token: string; token2: string } | undefined,
): Promise<Offer | undefined> {
  const invitation = optional(invitationSchema, given['invitation']);
  if (invitation === undefined && !pair) return undefined;
  const token: Token = pair ?? { invitation: invitation! };
  const identity = invitedIdentity(token);
  // A pair that was not issued here may be one that the token service knows.
  const isService = pair !== undefined && study.page.entry.by.includes('token-service');
  if (isService && (await invitationState(database, study.id, identity)) === undefined) return undefined;
  const newcomer = { identity, ...(pair && { pair: { id: pair.token, token: pair.token2 } }) };
  return { newcomer, parameters: token };
}

function recruitedOffer(service: RecruitmentService, given: Parameters): Offer | undefined {
  const schema = recruitmentServices[service];
  const names = Object.keys(schema.shape);
  if (service === 'mturk' && given['assignmentId'] === 'ASSIGNMENT_ID_NOT_AVAILABLE') {
    throw refusal('preview');
  }
  if (!names.some((name) => given[name] !== undefined)) return undefined;
  const { success, data } = schema.safeParse(given);
  if (!success) throw refusal('malformed-link');
  const recruitment = Object.fromEntries(
    Object.entries(data).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  const offer = {
    newcomer: { identity: `${service}:${recruitment[names[0]!]}`, recruitment },
    parameters: recruitment,
  };
  return service === 'limesurvey' ? { ...offer, secret: { parameter: 'tok', value: recruitment['tok']! } } : offer;
}

function optional(schema: { safeParse(value: unknown): { data?: string | undefined } }, value: unknown) {
  if (value === undefined) return undefined;
  const { data } = schema.safeParse(value);
  if (data === undefined) throw refusal('malformed-link');
  return data;
}
