/** What a zod schema takes, as JSON Schema: for editors, and to know which fields there are at a place. */
import { z } from 'zod';

export type JsonSchema = z.core.JSONSchema.JSONSchema;

export function jsonSchema(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ jsonSchema: made }) => {
      // The bounds of what a number can hold tell nobody anything.
      if (made.minimum === Number.MIN_SAFE_INTEGER) delete made.minimum;
      if (made.maximum === Number.MAX_SAFE_INTEGER) delete made.maximum;
    },
  });
}

/** The names of all fields that may stand at the path; of alternatives, those of each. */
export function fieldsAt(schema: JsonSchema, path: readonly PropertyKey[]): string[] {
  return [...new Set(at(schema, path).flatMap(({ properties }) => Object.keys(properties ?? {})))];
}

function at(schema: JsonSchema, path: readonly PropertyKey[]): JsonSchema[] {
  const alternatives = alternativesOf(schema);
  const [first, ...rest] = path;
  if (first === undefined) return alternatives;
  const inside = alternatives.flatMap(({ properties, additionalProperties, items }) =>
    typeof first === 'number' ? [items] : [properties?.[String(first)] ?? additionalProperties],
  );
  return inside.filter(isSchema).flatMap((one) => at(one, rest));
}

function alternativesOf(schema: JsonSchema): JsonSchema[] {
  const others = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].filter(isSchema);
  return [schema, ...others.flatMap(alternativesOf)];
}

const isSchema = (one: unknown): one is JsonSchema => typeof one === 'object' && one !== null && !Array.isArray(one);
