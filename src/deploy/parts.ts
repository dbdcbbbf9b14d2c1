/** The jobs of a deployment, in the order that one needs the other. */
export const parts = ['postgres', 'redis', 'instance', 'web', 'manager', 'traefik'] as const;
export type Part = (typeof parts)[number];

/** For trying the system out: a study that counts has a Postgres and a Redis that somebody looks after. */
export const forEvaluation: readonly Part[] = ['postgres', 'redis'];

export const isPart = (name: string): name is Part => (parts as readonly string[]).includes(name);
