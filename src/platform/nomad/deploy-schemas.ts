import { z } from 'zod';
import { numbers, taskStates } from './schemas.js';

/** What `observatory deploy` reads of Nomad's answers; empty inner lists come as null. */

const kind = z.enum(['None', 'Added', 'Deleted', 'Edited']);
const words = z.array(z.string()).nullish();

const fieldDiff = z.object({ Type: kind, Name: z.string(), Old: z.string(), New: z.string(), Annotations: words });
const objectDiff = z.object({
  Type: kind,
  Name: z.string(),
  Fields: z.array(fieldDiff).nullish(),
  get Objects() {
    return z.array(objectDiff).nullish();
  },
});
const content = { Type: kind, Fields: z.array(fieldDiff).nullish(), Objects: z.array(objectDiff).nullish() };
const taskDiff = z.object({ ...content, Name: z.string(), Annotations: words });
const groupDiff = z.object({
  ...content,
  Name: z.string(),
  Tasks: z.array(taskDiff).nullish(),
  Updates: z.record(z.string(), z.number()).nullish(),
});
const jobDiff = z.object({ ...content, ID: z.string(), TaskGroups: z.array(groupDiff).nullish() });

export type FieldDiff = z.infer<typeof fieldDiff>;
export type ObjectDiff = z.infer<typeof objectDiff>;
export type TaskDiff = z.infer<typeof taskDiff>;
export type GroupDiff = z.infer<typeof groupDiff>;
export type JobDiff = z.infer<typeof jobDiff>;

const unplaced = z.object({
  NodesEvaluated: z.number(),
  ConstraintFiltered: numbers,
  DimensionExhausted: numbers,
});
export type Unplaced = z.infer<typeof unplaced>;

export const jobPlan = z.object({
  JobModifyIndex: z.number(),
  Diff: jobDiff,
  FailedTGAllocs: z.record(z.string(), unplaced).nullish(),
  Warnings: z.string().nullish(),
});
export type JobPlan = z.infer<typeof jobPlan>;

export const jobValidation = z.object({ ValidationErrors: words, Error: z.string().nullish() });

export const nomadVariable = z.object({ Items: z.record(z.string(), z.string()) });

export const deployments = z.array(
  z.object({
    JobSpecModifyIndex: z.number(),
    Status: z.string(),
    StatusDescription: z.string(),
    TaskGroups: z.record(z.string(), z.object({ DesiredTotal: z.number(), HealthyAllocs: z.number() })),
  }),
);
export type Deployment = z.infer<typeof deployments>[number];

export const jobAllocations = z.array(
  z.object({
    ID: z.string(),
    NodeName: z.string(),
    CreateIndex: z.number(),
    TaskStates: taskStates,
  }),
);
export type JobAllocation = z.infer<typeof jobAllocations>[number];

export const namespace = z.object({ Name: z.string() });
