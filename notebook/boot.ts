/** Where the page starts: reads its configuration, shows the notebook, and connects Python beside it. */
import { begun } from './begin.js';
import { element } from './dom.js';
import { IndexedEventStore } from './indexed-event-store.js';
import { messagesFor, type Messages } from './messages.js';
import { Notebook } from './notebook.js';
import { OtherPages } from './other-pages.js';
import { OutboxStore } from './outbox-store.js';
import { isGone, type NotebookConfiguration } from './protocol.js';
import { reloadSoon } from './reload.js';
import { resume } from './resume.js';
import { NotebookServer, ServerError } from './server.js';

const RETRY = 3000;

// Asked for at once, so that it arrives while the configuration does.
const kernelModule = import('./kernel.js');
const eventStore = new IndexedEventStore();

async function configuration(
  server: NotebookServer,
  parent: HTMLElement,
  texts: Messages,
): Promise<NotebookConfiguration> {
  for (;;) {
    try {
      return await server.configuration();
    } catch (error) {
      const isLost = error instanceof ServerError && isGone(error.status);
      const text = isLost ? (reloadSoon() ? texts.moved : texts.movedManual) : texts.loadFailed;
      parent.replaceChildren(element('p', { class: 'loading', role: 'alert' }, text));
      if (isLost) await new Promise(() => undefined); // the page is about to be loaded again
      await new Promise((resolve) => setTimeout(resolve, RETRY));
    }
  }
}

async function boot(): Promise<void> {
  const parent = document.getElementById('notebook');
  const instance = parent?.dataset.instance;
  if (!parent || instance === undefined) throw new Error('the page has no element "notebook" with an instance');
  const server = new NotebookServer(instance);
  const page = randomId();
  const others = new OtherPages(page);
  const loaded = await configuration(server, parent, messagesFor(document.documentElement.lang));
  const { language } = loaded.study;
  document.documentElement.lang = language;
  // Older pages stop before this one reads what they kept.
  others.takeOver();
  const store = new OutboxStore(eventStore, loaded.participant);
  const resumption = resume(loaded, await store.events());
  store.remove(resumption.outdated);
  store.add(resumption.renumbered);
  const notebook = new Notebook({
    ...{ resumption, store, page, others, instance, server },
    texts: messagesFor(language),
    nonce: document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? '',
    openKernel: async (kernelParts) => {
      const { KernelSession } = await kernelModule;
      const session = new KernelSession({ ...kernelParts, begun });
      void session.connect();
      return session;
    },
  });
  notebook.start(parent);
}

/** 128 random bits; `crypto.randomUUID` is there only over https and on localhost. */
function randomId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** What earlier versions kept here. */
function removeOldCopies(): void {
  try {
    const old = Object.keys(localStorage).filter((key) => key.startsWith('observatory:'));
    for (const key of old) localStorage.removeItem(key);
  } catch {
    // a browser that forbids it has none
  }
}

removeOldCopies();
void boot();
