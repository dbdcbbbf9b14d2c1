/** How the HTTP API is declared: what is checked of a request, what is answered, and what the OpenAPI document says are one thing. */
import type { Readable } from 'node:stream';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import type { Logger } from '../../platform/log.js';
import type { Database } from '../../platform/postgres/database.js';
import type { Role } from '../access/role.js';
import type { Caller } from '../access/tokens.js';
import type { Exports } from '../export/download.js';

export const BASE = '/control/api/v1';

export interface ApiParts {
  readonly database: Database;
  readonly redis: Redis;
  readonly log: Logger;
  readonly exports: Exports;
  /** Without a pass for so long, nobody leads. */
  readonly staleAfterSeconds: number;
}

/** What the path may name. */
export const pathNames = ['study', 'participant', 'instance'] as const;
export type PathName = (typeof pathNames)[number];

/** A request that was checked: its caller has the role and sees the study that the path names. */
interface Asked<Q, B> extends Caller {
  readonly path: Readonly<Record<PathName, string>>;
  readonly query: Q;
  readonly body: B;
  readonly parts: ApiParts;
}

export interface Download {
  readonly fileName: string;
  readonly content: Readable;
}

export type Given = Asked<unknown, unknown>;

/** An operation, whatever its schemas are. */
export interface Endpoint {
  readonly method: 'GET' | 'POST';
  /** As the router has it. */
  readonly path: `${typeof BASE}/${string}`;
  readonly needs: Role;
  readonly study: boolean;
  readonly name: string;
  readonly summary: string;
  readonly description: string;
  readonly query: z.ZodObject;
  /** Null where none is taken. */
  readonly body: z.ZodObject | null;
  /** The content type of what is sent as a file. */
  readonly answer: z.ZodObject | string;
  /** Statuses that come of the state of things, with when they come. */
  readonly refusals: Readonly<Record<number, string>>;
  readonly handle: (asked: Given) => Promise<unknown>;
}

interface Declared<Q extends z.ZodObject, B extends z.ZodObject> {
  readonly method: 'GET' | 'POST';
  /** Below the base. */
  readonly path: `/${string}`;
  readonly needs: Role;
  /** The operation's id. */
  readonly name: string;
  readonly summary: string;
  readonly description?: string;
  readonly query?: Q;
  readonly body?: B;
  readonly refusals?: Readonly<Record<number, string>>;
}

interface Answering<Q extends z.ZodObject, B extends z.ZodObject, A extends z.ZodObject> extends Declared<Q, B> {
  readonly answer: A;
  readonly handle: (asked: Asked<z.output<Q>, z.output<B>>) => Promise<Told<z.input<A>>> | Told<z.input<A>>;
}

interface Sending<Q extends z.ZodObject, B extends z.ZodObject> extends Declared<Q, B> {
  /** The content type. */
  readonly file: string;
  readonly handle: (asked: Asked<z.output<Q>, z.output<B>>) => Promise<Download>;
}

type Told<T> = T extends Date ? T : T extends object ? { readonly [K in keyof T]: Told<T[K]> } : T;

type None = z.ZodObject<Record<never, never>, z.core.$strict>;
const none: None = z.strictObject({});

/** What answers in JSON: what the schema does not name is not told. */
export function endpoint<A extends z.ZodObject, Q extends z.ZodObject = None, B extends z.ZodObject = None>({
  answer,
  handle,
  ...declared
}: Answering<Q, B, A>): Endpoint {
  return {
    ...common(declared),
    answer,
    handle: async (asked) => answer.parse(await handle(asked as Asked<z.output<Q>, z.output<B>>)),
  };
}

/** What answers with a file. */
export function download<Q extends z.ZodObject = None, B extends z.ZodObject = None>({
  file,
  handle,
  ...declared
}: Sending<Q, B>): Endpoint {
  return {
    ...common(declared),
    answer: file,
    handle: (asked) => handle(asked as Asked<z.output<Q>, z.output<B>>),
  };
}

function common<Q extends z.ZodObject, B extends z.ZodObject>(
  declared: Declared<Q, B>,
): Omit<Endpoint, 'answer' | 'handle'> {
  const { method, path, needs, name, summary, description = '', query, body, refusals = {} } = declared;
  return {
    ...{ method, needs, name, summary, description, refusals },
    path: `${BASE}${path}`,
    study: path.split('/').includes(':study'),
    query: query ?? none,
    body: body ?? null,
  };
}
