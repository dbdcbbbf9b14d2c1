/** Questions at a terminal, each with a proposal; what the command line has said already is not asked. */
import { createInterface } from 'node:readline/promises';
import { StudyCommandError } from './study-command-error.js';

export interface Question<Answers> {
  readonly id: keyof Answers & string;
  readonly ask: string;
  readonly proposed: string | ((before: Answers) => string);
  readonly accepts: (text: string) => boolean;
  /** Said about anything else. */
  readonly expected: string;
}

export async function askAll<Answers extends Record<keyof Answers, string>>(
  questions: readonly Question<Answers>[],
  given: Partial<Answers>,
  silent: boolean,
): Promise<Answers> {
  const answers = { ...given } as Answers;
  for (const { id, accepts, expected } of questions) {
    const text = given[id];
    if (text !== undefined && !accepts(text))
      throw new StudyCommandError(`${id}: expected ${expected}, not "${text}".`);
  }
  const terminal = silent ? undefined : new Terminal();
  try {
    for (const question of questions) {
      if (given[question.id] !== undefined) continue;
      const proposed = typeof question.proposed === 'string' ? question.proposed : question.proposed(answers);
      const answer = terminal === undefined ? proposed : await terminal.ask(question, proposed);
      Object.assign(answers, { [question.id]: answer });
    }
  } finally {
    terminal?.close();
  }
  return answers;
}

class Terminal {
  private readonly lines = createInterface({ input: process.stdin, output: process.stdout });
  private readonly ended = new AbortController();

  constructor() {
    // Ctrl-C and Ctrl-D; without it the question would never be answered.
    this.lines.once('close', () => {
      this.ended.abort();
    });
  }

  async ask<Answers>({ ask, accepts, expected }: Question<Answers>, proposed: string): Promise<string> {
    for (;;) {
      const line = await this.lines.question(`${ask} [${proposed}]: `, { signal: this.ended.signal }).catch(() => {
        throw new StudyCommandError('\nNothing was written.');
      });
      const answer = line.trim() || proposed;
      if (accepts(answer)) return answer;
      console.log(`  Expected: ${expected}.`);
    }
  }

  close(): void {
    this.lines.close();
  }
}
