import { createInterface } from 'node:readline/promises';
import { text } from 'node:stream/consumers';
import { Writable } from 'node:stream';
import { UsersError } from '../control/access/users.js';

/** A password that nobody sees: typed twice at a terminal without echo, or the first line of what is piped in. */
export async function readPassword(): Promise<string> {
  if (!process.stdin.isTTY) {
    const [line = ''] = (await text(process.stdin)).split(/\r?\n/, 1);
    return line;
  }
  const silent = new Writable({
    write: (_chunk, _encoding, done) => {
      done();
    },
  });
  const terminal = createInterface({ input: process.stdin, output: silent, terminal: true });
  const ended = new AbortController();
  terminal.once('SIGINT', () => {
    ended.abort();
  });
  const ask = async (question: string): Promise<string> => {
    process.stderr.write(question);
    const answer = await terminal.question('', { signal: ended.signal });
    process.stderr.write('\n');
    return answer;
  };
  try {
    const password = await ask('Password: ');
    if ((await ask('Again: ')) !== password) throw new UsersError('The two are not the same. Nothing was changed.');
    return password;
  } catch (error) {
    if (ended.signal.aborted) throw new UsersError('\nNothing was changed.');
    throw error;
  } finally {
    terminal.close();
  }
}
