/** Outputs as this page knows them, whatever a kernel or a stored document says (free of the DOM). */
import type { MimeBundle, Output } from './document.js';

/** Null for what is no output. */
export function outputFrom(type: unknown, content: Readonly<Record<string, unknown>>): Output | null {
  switch (type) {
    case 'stream':
      return { output_type: type, name: content.name === 'stderr' ? 'stderr' : 'stdout', text: text(content.text) };
    case 'error': {
      const traceback = Array.isArray(content.traceback) ? content.traceback.map(text) : [];
      return { output_type: type, ename: text(content.ename), evalue: text(content.evalue), traceback };
    }
    case 'display_data':
      return { output_type: type, data: bundle(content.data), metadata: bundle(content.metadata) };
    case 'execute_result': {
      const count = typeof content.execution_count === 'number' ? content.execution_count : null;
      const { data, metadata } = content;
      return { output_type: type, data: bundle(data), metadata: bundle(metadata), execution_count: count };
    }
    default:
      return null;
  }
}

export function bundle(value: unknown): MimeBundle {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as MimeBundle) : {};
}

/** nbformat allows a text as one string or as a list of lines. */
function text(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(text).join('');
  return value === undefined ? '' : JSON.stringify(value);
}
