import { z } from 'zod';

/** Only the fields that we use; Nomad leaves empty inner lists and objects as null. */

const parsedTask = z.looseObject({ Templates: z.array(z.looseObject({ EmbeddedTmpl: z.string() })).nullish() });

export const parsedJob = z.looseObject({
  ID: z.string(),
  Type: z.string().optional(),
  TaskGroups: z.array(
    z.looseObject({
      Services: z.array(z.looseObject({ Name: z.string() })).nullish(),
      Tasks: z.array(parsedTask).nullish(),
    }),
  ),
});
/** A job as the parse call gives it and the register call takes it. */
export type JobDefinition = z.infer<typeof parsedJob>;

export const registered = z.object({ JobModifyIndex: z.number() });

export const dispatched = z.object({ DispatchedJobID: z.string().min(1) });

const meta = z.record(z.string(), z.string()).nullish();

export const job = z.object({
  ID: z.string(),
  Status: z.string(),
  Stop: z.boolean(),
  Version: z.number(),
  JobModifyIndex: z.number(),
  Meta: meta,
  TaskGroups: z.array(z.object({ Services: z.array(z.object({ Name: z.string() })).nullish() })),
});
export type Job = z.infer<typeof job>;

export const jobList = z.array(
  z.object({
    ID: z.string(),
    Status: z.string(),
    Stop: z.boolean(),
    // Nanoseconds, beyond what a double holds exactly; good to a microsecond, which is more than anyone needs here.
    SubmitTime: z.number(),
    CreateIndex: z.number(),
    JobModifyIndex: z.number(),
    ParentID: z.string(),
    Meta: meta,
  }),
);
export type JobStub = z.infer<typeof jobList>[number];

/** What a task went through, by its name. */
export const taskStates = z
  .record(
    z.string(),
    z.object({
      Failed: z.boolean(),
      Events: z.array(z.object({ Type: z.string(), DisplayMessage: z.string() })).nullish(),
    }),
  )
  .nullish();

export const allocationList = z.array(
  z.object({
    ID: z.string(),
    JobID: z.string(),
    ClientStatus: z.enum(['pending', 'running', 'complete', 'failed', 'lost', 'unknown']),
    ClientDescription: z.string(),
    NodeName: z.string(),
    CreateIndex: z.number(),
    TaskStates: taskStates,
  }),
);
export type AllocationStub = z.infer<typeof allocationList>[number];

/** Nodes by what excludes them. */
export const numbers = z.record(z.string(), z.number()).nullish();

const placementFailure = z.object({
  NodesEvaluated: z.number(),
  NodesFiltered: z.number(),
  NodesExhausted: z.number(),
  ConstraintFiltered: numbers,
  DimensionExhausted: numbers,
});

export const evaluationList = z.array(
  z.object({
    ID: z.string(),
    JobID: z.string(),
    Status: z.string(),
    FailedTGAllocs: z.record(z.string(), placementFailure).nullish(),
  }),
);
export type Evaluation = z.infer<typeof evaluationList>[number];

export const anyAnswer = z.unknown();
