/** Where the page starts: reads its configuration, shows the notebook, and connects Python beside it. */
import { element } from './dom.js';
import { messagesFor, type Messages } from './messages.js';
import { Notebook } from './notebook.js';
import { isGone, type NotebookConfiguration } from './protocol.js';
import { reloadSoon } from './reload.js';
import { NotebookServer, ServerError } from './server.js';

const RETRY = 3000;

// Asked for at once, so that it arrives while the configuration does.
const kernelModule = import('./kernel.js');

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
  const loaded = await configuration(server, parent, messagesFor(document.documentElement.lang));
  document.documentElement.lang = loaded.study.language;
  const notebook = new Notebook({
    configuration: loaded,
    instance,
    server,
    texts: messagesFor(loaded.study.language),
    nonce: document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? '',
    openKernel: async (kernelParts) => {
      const { KernelSession } = await kernelModule;
      const session = new KernelSession(kernelParts);
      void session.connect();
      return session;
    },
  });
  notebook.start(parent);
}

void boot();
