import { PlainParticipant } from '../../browser/running-platform.js';
import { poll } from '../../poll.js';
import type { FaultStack } from './fault-stack.js';

/** Someone at work, through Traefik and the web app as everybody is. */
export interface AtWork {
  readonly who: PlainParticipant;
  /** `/proxy/<id>/` */
  readonly notebook: string;
}

export async function startWork(stack: FaultStack, seconds = 60): Promise<AtWork> {
  const who = new PlainParticipant(stack.publicUrl);
  await who.consent();
  return { who, notebook: await notebookOf(who, seconds) };
}

/** After their instance may have been lost, perhaps more than once: at work with one that answers. */
export async function workOn(who: PlainParticipant, seconds = 60): Promise<AtWork> {
  const look = async () => {
    const notebook = await who.assigned();
    return notebook !== undefined && (await answersTo({ who, notebook })) ? { who, notebook } : undefined;
  };
  return poll('an instance that answers', look, seconds);
}

export const notebookOf = (who: PlainParticipant, seconds = 60): Promise<string> =>
  poll('an instance is assigned', () => who.assigned(), seconds);

export const instanceOf = ({ notebook }: AtWork): string => notebook.split('/')[2] ?? '';

/** Whether the instance answers its participant. */
export async function answersTo({ who, notebook }: AtWork): Promise<boolean> {
  return (await who.request(`${notebook}api/kernels`)).status === 200;
}

export async function finishWork({ who, notebook }: AtWork): Promise<void> {
  const response = await who.request(`${notebook}finish`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-observatory': '1' },
    body: JSON.stringify({ seq: 0 }),
  });
  if (response.status !== 200) throw new Error(`finish was answered with ${response.status}: ${await response.text()}`);
}
