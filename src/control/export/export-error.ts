/** What whoever exports or imports can act on. */
export class ExportError extends Error {}
