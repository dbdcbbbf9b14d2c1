import type { Context } from 'koa';
import type { Role, Visitor } from './role.js';

/** What a handler gets of the request, checked already. */
export interface Visit {
  readonly visitor: Visitor;
  /** The id of the session: for its own stream alone, never shown or stored. */
  readonly session: string;
  /** For the hidden field `token` of every form. */
  readonly token: string;
  /** Of a POST; empty otherwise. */
  readonly form: URLSearchParams;
  /** What `:study` in the path names; a study that the visitor may see. Empty for a route without one. */
  readonly study: string;
}

interface AnyRoute {
  readonly method: 'GET' | 'POST';
  /** Below /control. */
  readonly path: `/control${string}`;
}

type Handler = (ctx: Context, visit: Visit) => void | Promise<void>;

/** Nobody gets to the handler who is not signed in, has not the role, or may not see the study that the path names. */
export interface GuardedRoute extends AnyRoute {
  readonly needs: Role;
  /** Whether it is about one study: its path has `:study`. */
  readonly study: boolean;
  readonly handler: Handler;
}

/** For whoever is not signed in yet. */
export interface OpenRoute extends AnyRoute {
  readonly needs: 'nobody';
  readonly study: false;
  readonly handler: (ctx: Context, visit: Pick<Visit, 'form'>) => void | Promise<void>;
}

export type ControlRoute = GuardedRoute | OpenRoute;

const guarded =
  (method: 'GET' | 'POST') =>
  (path: AnyRoute['path'], needs: Role, handler: Handler): GuardedRoute => ({
    ...{ method, path, needs, handler },
    study: path.split('/').includes(':study'),
  });

/** What is looked at; changes nothing. */
export const page = guarded('GET');

/** What a form does; the handler has it audited. */
export const action = guarded('POST');
