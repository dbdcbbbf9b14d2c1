/** What was asked for and cannot be, in words for whoever asked. */
export class StudyCommandError extends Error {}
