/** The OpenAPI document, made of the schemas that read the requests and write the answers. */
import { STATUS_CODES } from 'node:http';
import { z } from 'zod';
import { packageVersion } from '../../platform/root.js';
import { PROBLEM_TYPE } from '../../platform/web/problem.js';
import { BASE, type Endpoint, pathNames } from './endpoint.js';
import { pathSchemas } from './plain.js';
import { problem } from './problem.js';

type Json = Readonly<Record<string, unknown>>;

export function openApi(endpoints: readonly Endpoint[]): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const route of endpoints) {
    const path = route.path.slice(BASE.length).replace(/:(\w+)/g, '{$1}');
    (paths[path] ??= {})[route.method.toLowerCase()] = operation(route);
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Developer Observatory: the control area',
      version: packageVersion,
      description:
        'What the control pages do, for programs. A token is made on the page of your account, or with `observatory users token add`. It has its user’s role and studies. Answers may get more fields.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: BASE }],
    security: [{ token: [] }],
    paths,
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
      responses: Object.fromEntries(
        Object.entries(common).map(([status, description]) => [nameOf(Number(status)), refusal(description)]),
      ),
      schemas: schemas(endpoints),
    },
  };
}

function operation(route: Endpoint): Json {
  const { name, summary, description, needs, body, answer } = route;
  const role = `Needs the role ${needs}.`;
  const content =
    typeof answer === 'string'
      ? { [answer]: { schema: { type: 'string', format: 'binary' } } }
      : { 'application/json': { schema: reference(answer) } };
  return {
    operationId: name,
    tags: [
      route.path
        .slice(BASE.length)
        .split('/')
        .findLast((part) => tags.has(part)) ?? 'overview',
    ],
    summary,
    description: description === '' ? role : `${description} ${role}`,
    parameters: [...pathParameters(route), ...queryParameters(route)],
    ...(body && { requestBody: { required: true, content: { 'application/json': { schema: reference(body) } } } }),
    responses: { 200: { description: 'Done.', content }, ...refusals(route) },
  };
}

const tags = new Set(['studies', 'participants', 'instances', 'audit']);

/** What may be refused anywhere. */
const common: Readonly<Record<number, string>> = {
  400: 'The body is no JSON, or is refused with a reason.',
  401: 'No token, or one that does not work (any more).',
  403: 'The token’s user has not the role, or no right to this study; or the token may only read.',
  404: 'There is none of this id, or no such place in the list.',
  413: 'The body is too large.',
  415: 'The body is not said to be JSON.',
  422: 'A field is not as expected, or not known.',
  429: 'Too many requests, or too many wrong tokens.',
};

function refusals({ path, needs, study, query, body, refusals: own }: Endpoint): Record<string, Json> {
  const isOfOne = path.includes('/:');
  const statuses = [
    ...[401, 422, 429],
    ...(isOfOne || 'after' in query.shape ? [404] : []),
    ...(study || needs !== 'viewer' ? [403] : []),
    ...(body ? [400, 413, 415] : []),
  ];
  return Object.fromEntries([
    ...statuses.map((status) => [status, { $ref: `#/components/responses/${nameOf(status)}` }]),
    ...Object.entries(own).map(([status, description]) => [status, refusal(description)]),
  ]) as Record<string, Json>;
}

const nameOf = (status: number): string => STATUS_CODES[status]!.replaceAll(' ', '');

const refusal = (description: string): Json => ({
  description,
  content: { [PROBLEM_TYPE]: { schema: reference(problem) } },
});

function pathParameters({ path }: Endpoint): Json[] {
  return pathNames
    .filter((name) => path.split('/').includes(`:${name}`))
    .map((name) => ({ name, in: 'path', required: true, ...parameter(pathSchemas[name]) }));
}

function queryParameters({ query }: Endpoint): Json[] {
  return Object.entries(query.shape as Record<string, z.ZodType>).map(([name, schema]) => ({
    ...{ name, in: 'query', required: !schema.safeParse(undefined).success },
    ...parameter(schema),
  }));
}

/** In the types of what the text becomes: a number in an address is a number. */
function parameter(schema: z.ZodType): Json {
  const { description, ...rest } = z.toJSONSchema(schema, { io: 'output' });
  delete rest.$schema;
  return { ...(description !== undefined && { description }), schema: rest };
}

const idOf = (schema: z.ZodType): string | undefined => schema.meta()?.id;

function reference(schema: z.ZodType): Json {
  return { $ref: `#/components/schemas/${idOf(schema)}` };
}

function schemas(endpoints: readonly Endpoint[]): Json {
  const answers = endpoints.flatMap(({ answer }) => (typeof answer === 'string' ? [] : [answer]));
  const bodies = endpoints.flatMap(({ body }) => body ?? []);
  return { ...described([...answers, problem], 'output'), ...described(bodies, 'input') };
}

/** Each by its name, with those that it is made of. */
function described(all: readonly z.ZodType[], io: 'input' | 'output'): Record<string, Json> {
  const found: Record<string, Json> = {};
  for (const schema of new Set(all)) {
    const { $defs = {}, ...rest } = z.toJSONSchema(schema, {
      io,
      unrepresentable: 'any',
      override: ({ zodSchema, jsonSchema }) => {
        if (zodSchema._zod.def.type === 'date') Object.assign(jsonSchema, { type: 'string', format: 'date-time' });
        // More fields may come with another version.
        if (io === 'output' && jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
      },
    });
    delete rest.$schema;
    const named = { [idOf(schema)!]: rest, ...$defs };
    Object.assign(found, JSON.parse(JSON.stringify(named).replaceAll('"#/$defs/', '"#/components/schemas/')));
  }
  for (const each of Object.values(found)) delete (each as Record<string, unknown>)['id'];
  return Object.fromEntries(Object.entries(found).sort(([a], [b]) => a.localeCompare(b)));
}
