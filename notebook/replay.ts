/** Where the replay starts: asks for the notebook and its events, and lets them be played. */
import { allEvents, beginning } from './replay-data.js';
import { marksOf } from './replay-marks.js';
import { part, Player } from './replay-player.js';
import { Timeline } from './replay-timeline.js';
import { ReplayView } from './replay-view.js';

async function start(): Promise<void> {
  const state = part('state');
  try {
    const base = location.pathname.replace(/\/$/, '');
    const { document: notebook, language } = await beginning(base);
    const events = await allEvents(base, (count) => {
      state.textContent = `${count} events so far …`;
    });
    if (events.length === 0) {
      state.textContent = 'Nothing is recorded yet.';
      return;
    }
    const timeline = new Timeline(notebook, events);
    const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? '';
    const view = new ReplayView(part('notebook'), timeline, notebook, language, nonce);
    part('player').hidden = false;
    const player = new Player(timeline, view, marksOf(timeline.moments, notebook));
    player.goToMoment(timeline.endOf(Number(/^#seq=(\d+)$/.exec(location.hash)?.[1] ?? 0)));
    state.hidden = true;
  } catch (error) {
    state.textContent = 'The replay could not be loaded. Load the page again, or sign in again.';
    throw error;
  }
}

void start();
