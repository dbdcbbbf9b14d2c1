/** The ways into a study, and what the link of each carries: names, length and characters. */
import { z } from 'zod';

/** Ids that others made up: any characters but control characters, which Postgres and logs choke on. */
const textSchema = z.string().regex(/^[^\p{Cc}\p{Cs}]{1,128}$/u);
const codeSchema = z.string().regex(/^[\w-]{1,64}$/);
/** 128 random bits, in hexadecimal. */
export const invitationSchema = z.string().regex(/^[0-9a-f]{32}$/);
/** The original's user ids and tokens. */
export const pairPartSchema = z.string().regex(/^[0-9a-z]{12}$/);

export const waysIn = [
  'link',
  'invitation',
  'token-service',
  'pid',
  'prolific',
  'mturk',
  'sona',
  'limesurvey',
] as const;
export type WayIn = (typeof waysIn)[number];

/** By recruiting service, the parameters of its links. The first of each is who somebody is. */
export const recruitmentServices = {
  pid: z.object({ pid: textSchema }),
  prolific: z.object({ PROLIFIC_PID: codeSchema, STUDY_ID: codeSchema.optional(), SESSION_ID: codeSchema.optional() }),
  mturk: z.object({ workerId: codeSchema, assignmentId: codeSchema.optional(), hitId: codeSchema.optional() }),
  sona: z.object({ survey_code: codeSchema }),
  /** `tok` belongs to its `uid`: who comes again with another one is somebody else. */
  limesurvey: z.object({ uid: textSchema, tok: textSchema }),
} as const;
export type RecruitmentService = keyof typeof recruitmentServices;

/** Where a participant was recruited, a number in the original; may stand in any link. */
export const originSchema = z.string().regex(/^-?\d{1,9}$/);
/** What the original takes for "unknown". */
export const UNKNOWN_ORIGIN = '0';

export const isRecruitmentService = (way: WayIn): way is RecruitmentService => Object.hasOwn(recruitmentServices, way);

/** All names that `%recruitment.…%` may have. */
export const recruitmentNames: readonly string[] = Object.values(recruitmentServices).flatMap(({ shape }) =>
  Object.keys(shape),
);
